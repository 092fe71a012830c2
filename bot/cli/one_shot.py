"""One request from the command line: through the assistant as from any chat, then printed for people or programs."""

import asyncio
from dataclasses import replace
from pathlib import Path

from rich.status import Status

from adapters.chat import Intent, Person, Place, Request
from adapters.console import progress_in, tell
from bot.cli.options import existing, find_channel
from bot.config import Config
from bot.conversation.permissions import OWNER
from bot.intents import Result
from bot.runtime.composition import opened
from bot.terminal import err, out, print_json
from bot.understanding.everywhere import is_of_everything

YOU = Person("owner", "the owner")
NOWHERE = Place("console", "", "")


def serve(
    config: Config,
    intent: Intent,
    *,
    database: Path | None = None,
    channel: str | None = None,
    workspace: str | None = None,
    as_json: bool = False,
) -> None:
    """Serve `intent` and print what was found. Without a channel it is about every channel, or about its own text.

    A history opens only for what is about channels.
    `database` is the history's file, the configured one if None. Raises NothingFound where there is none yet.
    """
    if channel is not None or is_of_everything(intent):
        database = existing(database or config.history.path)
    result = asyncio.run(_serve(config, intent, database, channel, workspace))
    if as_json:
        print_json(result.document())
    else:
        tell(result.reply(), out, err, config.zone)


async def _serve(
    config: Config, intent: Intent, database: Path | None, channel: str | None, workspace: str | None
) -> Result:
    with Status("starting …", console=err) as status:
        async with opened(config, database) as assistant:
            place = replace(NOWHERE, workspace=workspace or "")
            if channel is not None:
                place = (await find_channel(assistant.services.history, channel, workspace)).place
            request = Request(intent, place, YOU, progress=progress_in(status), access=OWNER)
            return await assistant.work(request)
