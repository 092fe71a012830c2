"""`parley history backup`, `restore` and `embed`: what is done with the history as a whole, a server running or not."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from adapters.text.counts import counted
from bot import config, terminal
from bot.cli.options import AsJson, Conf, Db, existing
from bot.config import Config
from bot.runtime import copies

File = Annotated[Path, typer.Argument(metavar="FILE", help="The backup's file.")]


def backup(
    file: File,
    *,
    without_vectors: Annotated[
        bool, typer.Option("--without-vectors", help="Leave out what a model can make again.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace an earlier backup.")] = False,
    db: Db = None,
    conf: Conf = None,
    as_json: AsJson = False,
) -> None:
    """Copy the history to a file, also while `parley run` serves it."""
    database = existing(db or config.read(conf).history.path)
    made = copies.back_up(database, file, without_vectors=without_vectors, force=force)
    if as_json:
        terminal.print_json(made.document())
    else:
        terminal.say(made.sentence())


def restore(file: File, *, db: Db = None, conf: Conf = None, as_json: AsJson = False) -> None:
    """Put a backup in the history's place, and keep what was there; what was erased since stays erased."""
    restored = copies.restore(file, db or config.read(conf).history.path)
    if as_json:
        terminal.print_json(restored.document())
        return
    for sentence in restored.sentences():
        terminal.say(sentence)


def embed(*, db: Db = None, conf: Conf = None, as_json: AsJson = False) -> None:
    """Read all messages for their meaning now, so that no question waits for it; can be stopped and gone on with."""
    settings = config.read(conf)
    made = asyncio.run(_made(settings, existing(db or settings.history.path)))
    if as_json:
        terminal.print_json({"vectors": made})
    else:
        terminal.say(f"{counted(made, 'message was', 'messages were')} read.")


async def _made(settings: Config, database: Path) -> int:
    """Return how many vectors were lacking."""
    from bot.runtime.composition import opened
    from bot.runtime.renewal import renew_all

    with terminal.progress() as bar:
        task = bar.add_task("reading messages", total=None)
        async with opened(settings, database) as assistant:
            return await renew_all(assistant.services, lambda count: bar.update(task, completed=count))
