"""`parley digest`: what was decided, is to do, is open and is new in one channel, several or all, as a digest tells."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer
from rich.status import Status

from adapters.chat import Intent, Request, Window
from adapters.console import progress_in, tell
from bot import config, terminal
from bot.cli.options import AsJson, Conf, Db, Until, Workspace, existing, find_channel, window
from bot.intents import Result

Channels = Annotated[
    list[str] | None, typer.Option("--channel", help="A channel's name or id, as often as needed; all without it.")
]
Since = Annotated[str, typer.Option("--since", metavar="WHEN", help="2h, 3 days, yesterday, 2026-03-09 …")]
WEEK = "7 days"


def digest_command(
    channel: Channels = None,
    *,
    since: Since = WEEK,
    until: Until = None,
    workspace: Workspace = None,
    db: Db = None,
    conf: Conf = None,
    as_json: AsJson = False,
) -> None:
    """Say what was decided, who does what, what is still open and what is new, channel by channel."""
    settings = config.read(conf)
    wanted = window(settings, since=since, until=until)
    found = asyncio.run(_digest(settings, existing(db or settings.history.path), channel or [], workspace, wanted))
    if as_json:
        terminal.print_json(found.document())
    else:
        tell(found.reply(), terminal.out, terminal.err, settings.zone)


async def _digest(
    settings: config.Config, database: Path, names: list[str], workspace: str | None, wanted: Window
) -> Result:
    from bot.cli.one_shot import NOWHERE, YOU
    from bot.conversation.permissions import OWNER
    from bot.intents.digest import digest
    from bot.runtime.composition import opened

    with Status("starting …", console=terminal.err) as status:
        async with opened(settings, database) as assistant:
            history = assistant.services.history
            named = [await find_channel(history, name, workspace) for name in names]
            known = named or await history.run(lambda store: store.channels(None, workspace))
            where = f"#{named[0].name.removeprefix('#')}" if len(named) == 1 else "these channels"
            request = Request(Intent("digest", window=wanted), NOWHERE, YOU, progress=progress_in(status), access=OWNER)
            return await digest(request, assistant.services, [each.place for each in known], where)
