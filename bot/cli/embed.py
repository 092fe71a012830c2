"""`parley history embed`: makes the vectors that messages lack at once, where no `parley run` does."""

import asyncio
from pathlib import Path

from bot import config, terminal
from bot.cli.options import AsJson, Conf, Db, existing
from bot.config import Config


def embed(*, db: Db = None, conf: Conf = None, as_json: AsJson = False) -> None:
    """Read all messages for their meaning now, so that no question waits for it; can be stopped and gone on with."""
    settings = config.read(conf)
    made = asyncio.run(_made(settings, existing(db or settings.history.path)))
    if as_json:
        terminal.print_json({"vectors": made})
    else:
        terminal.say(f"{made:,} messages were read." if made != 1 else "1 message was read.")


async def _made(settings: Config, database: Path) -> int:
    """Return how many vectors were lacking."""
    from bot.runtime.composition import opened
    from bot.runtime.renewal import renew_all

    with terminal.progress() as bar:
        task = bar.add_task("reading messages", total=None)
        async with opened(settings, database) as assistant:
            return await renew_all(assistant.services, lambda count: bar.update(task, completed=count))
