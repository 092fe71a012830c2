"""The options that several commands of the command line share, and how they become a window and a channel."""

from datetime import UTC, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Literal

import typer

from adapters.chat import Channel, Window
from bot.config import Config
from bot.errors import NothingFound, UsageError
from bot.history import History, HistoryThread
from bot.terminal import is_text
from bot.understanding.times.windows import duration, moment

Db = Annotated[Path | None, typer.Option("--db", help="The history's file.", show_default="in the user's data folder")]
Conf = Annotated[Path | None, typer.Option("--config", help="The configuration's file.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
ChannelName = Annotated[str, typer.Option("--channel", help="The channel's name or id.")]
AnyChannel = Annotated[
    str | None, typer.Option("--channel", help="The channel's name or id; without it, all that the history holds.")
]
Workspace = Annotated[str | None, typer.Option("--workspace", help="The workspace, where channels share a name.")]
Since = Annotated[str | None, typer.Option("--since", metavar="WHEN", help="2h, 3 days, yesterday, 2026-03-09 …")]
Until = Annotated[str | None, typer.Option("--until", metavar="WHEN", help="Up to and without this time.")]
Last = Annotated[int | None, typer.Option("--last", min=1, metavar="N", help="The newest N messages.")]
Thread = Annotated[str | None, typer.Option("--thread", metavar="ID", help="One thread, by its first message.")]
To = Annotated[str, typer.Option("--to", metavar="L", help="The language to translate into, such as pt.")]
From = Annotated[str | None, typer.Option("--from", metavar="L", help="The language it is in; guessed without it.")]
Force = Annotated[bool, typer.Option("--force", help="Overwrite a file that Parley didn't write.")]
LogLevel = Annotated[
    Literal["debug", "info", "warning", "error"] | None, typer.Option("--log-level", help="What is logged at least.")
]
LogFormat = Annotated[
    Literal["auto", "human", "json"] | None,
    typer.Option("--log-format", help="Lines for people or JSON; auto looks for a terminal."),
]
Keep = Annotated[Path | None, typer.Option("--out", metavar="DIR", help="Keep the tour and its history here.")]
Words = Annotated[list[str] | None, typer.Argument(metavar="[TEXT…|-]", help="The text; - reads one a line.")]


def only_text(value: str) -> str:
    """Return an argument's words. Raises BadParameter for bytes that aren't UTF-8."""
    if not is_text(value):
        raise typer.BadParameter("It isn't text in UTF-8.")
    return value


def existing(path: Path) -> Path:
    """Return the history's file, which reading commands must not create. Raises NothingFound."""
    if not path.exists():
        raise NothingFound(f"There is no history at {path} yet.", "Bring one in with: parley import PATH")
    if not path.is_file():
        raise UsageError(f"The history {path} isn't a plain file.", "Name another with --db.")
    return path


def window(
    config: Config,
    last: int | None = None,
    since: str | None = None,
    until: str | None = None,
    thread: str | None = None,
) -> Window:
    """Return the window that the options speak of. Raises UsageError for a time that is none."""
    within = duration(since) if since else None
    start = _moment("--since", since, config) if within is None else None
    return Window(last=last, since=start, until=_moment("--until", until, config), within=within, thread=thread)


def _moment(option: str, words: str | None, config: Config) -> datetime | None:
    if not words:
        return None
    at = moment(words, datetime.now(UTC), config.zone)
    if at is None:
        raise UsageError(f"I don't know that time: {option} {words!r}.", "Try 2h, '3 days', yesterday or 2026-03-09.")
    return at


def given_text(words: list[str] | None) -> str | None:
    """Return the text on the line, or None for `-`, which reads standard input. Raises UsageError without any."""
    if words == ["-"]:
        return None
    text = " ".join(words or ()).strip()
    if not is_text(text):
        raise UsageError("The text isn't in UTF-8.", "Convert it, such as with iconv.")
    if not text:
        raise UsageError("There is no text.", "Write it after the command, or - to read one text a line.")
    return text


async def find_channel(history: HistoryThread, name: str, workspace: str | None) -> Channel:
    """Return the one channel of that name or id. Raises NothingFound, or UsageError when several answer to it."""
    channels = await history.run(lambda store: store.channels(name, workspace))
    if not channels:
        raise NothingFound(f"There is no channel {name} in the history.", await history.run(lambda h: _known(h, name)))
    if len(channels) > 1:
        places = ", ".join(sorted(each.workspace_name or each.place.workspace for each in channels))
        raise UsageError(f"Several workspaces have a channel {name}: {places}.", "Say which with --workspace.")
    return channels[0]


def _known(history: History, name: str) -> str:
    names = sorted({channel.name for channel in history.channels()})
    near = get_close_matches(name.lstrip("#"), names, n=3) or names[:10]
    return f"There is: {', '.join(near)}." if near else "The history is empty; bring one in with: parley import PATH"
