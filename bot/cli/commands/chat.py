"""`parley chat`: the console adapter joined to the assistant, about one channel or the only one there is."""

import sys
from pathlib import Path

from adapters import ADAPTERS, load
from adapters.chat import Channel
from bot.cli.options import find_channel
from bot.config import Config
from bot.conversation.permissions import OWNER
from bot.errors import NothingFound, UsageError
from bot.history import HistoryThread
from bot.intents import commands
from bot.runtime.composition import opened
from bot.terminal import complain, err, is_text, note, out

MOST_NAMED = 10


async def talk(config: Config, database: Path, channel: str | None, workspace: str | None) -> None:
    """Serve the terminal until its input ends."""
    async with opened(config, database) as assistant:
        about = await _channel(assistant.services.history, channel, workspace)
        note(f"About #{about.name}. Ask, or type /help; /quit ends.")
        adapter = load(ADAPTERS, "console").load_adapter()(about.place, out, _line, config.zone, OWNER, err)
        await adapter.run(assistant, commands())


async def _channel(history: HistoryThread, name: str | None, workspace: str | None) -> Channel:
    if name is not None:
        return await find_channel(history, name, workspace)
    known = await history.run(lambda store: store.channels(None, workspace))
    if len(known) == 1:
        return known[0]
    if not known:
        raise NothingFound("The history is empty.", "Bring an export in with: parley import PATH")
    names = ", ".join(channel.name for channel in known[:MOST_NAMED])
    more = f" and {len(known) - MOST_NAMED:,} more" if len(known) > MOST_NAMED else ""
    raise UsageError("There is more than one channel.", f"Say which with --channel: {names}{more}.")


def _line() -> str:
    if sys.stdin.isatty():
        return input("> ")
    line = sys.stdin.readline()
    if not line:
        raise EOFError
    if is_text(line):
        return line
    complain("That line isn't text in UTF-8.", "Convert the input, such as with iconv.")
    return ""
