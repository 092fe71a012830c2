"""How the commands' table looks on Slack: the slash commands' names, their usage lines, and what a typed line means.

Pure. The manifest, the listeners and the help for nonsense are all read from here.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from adapters.chat import Command, Intent, Option, Reply
from adapters.text.markup import plain_from_slack
from bot.understanding.parse import build, parse, wished

HOME = "/parley"
OWN_NAMES = {
    "summarize": "/summarize",
    "translate": "/translate",
    "ask": "/ask",
    "sentiment": "/mood",
    "catchup": "/catchup",
}
WINDOW = "last 50 | since 2h | today | this week | unread"


def slash_commands(commands: Sequence[Command]) -> Mapping[str, Command]:
    """The commands with a slash of their own, by its name. The others are words after `/parley`."""
    return {OWN_NAMES[command.name]: command for command in commands if command.name in OWN_NAMES}


def words_of_home(commands: Sequence[Command]) -> tuple[Command, ...]:
    """The commands that are words after `/parley`."""
    return tuple(command for command in commands if command.typed and command.name not in OWN_NAMES)


def typed(command: Command) -> str:
    """What people type for it: `/mood`, `/parley privacy`."""
    return OWN_NAMES.get(command.name) or f"{HOME} {command.name}"


def in_own_names(reply: Reply, commands: Sequence[Command]) -> Reply:
    """The assistant's words with the names that commands have on Slack, where they stand as code."""

    def said(text: str) -> str:
        for command in commands:
            text = re.sub(rf"`/{re.escape(command.name)}\b", f"`{typed(command)}", text)
        return text

    return replace(reply, text=said(reply.text), notes=tuple(map(said, reply.notes)))


def usage(command: Command) -> str:
    """What may stand after the command's name: `[last 50 | since 2h | …] [text]`."""
    options = [f"[{_hint(option)}]" for option in command.options]
    return " ".join((*options, *((f"[{command.argument}]",) if command.argument else ())))


def _hint(option: Option) -> str:
    return {"window": WINDOW, "language": f"{option.name} LANGUAGE"}.get(option.kind, option.name)


def read_slash(name: str, text: str, commands: Sequence[Command], now: datetime, zone: ZoneInfo) -> Intent | Reply:
    """The intent of a slash command's line, or the words that help whoever typed nonsense."""
    line = plain_from_slack(text).strip()
    if name == HOME:
        return _read_home(line, commands, now, zone)
    command = slash_commands(commands).get(name)
    if command is None:
        return Reply(f"I don't know the command `{name}`.", notes=(f"I answer to {known(commands)}.",))
    return _checked(name, command, line, now, zone)


def _read_home(line: str, commands: Sequence[Command], now: datetime, zone: ZoneInfo) -> Intent | Reply:
    name, _, rest = line.partition(" ")
    if not name:
        return Intent("help")
    command = _named(name.lstrip("/"), commands)
    if command is not None:
        return _checked(f"{HOME} {name}", command, rest.strip(), now, zone)
    if rest:
        return parse(line, commands, now, zone)
    return Reply(f"I don't know “{name}”.", notes=(f"I answer to {known(commands)}.",))


def _named(name: str, commands: Sequence[Command]) -> Command | None:
    wanted = name.casefold()
    return next((each for each in commands if each.typed and wanted in (each.name, *each.aliases)), None)


def _checked(name: str, command: Command, line: str, now: datetime, zone: ZoneInfo) -> Intent | Reply:
    intent = build(command, line, now, zone)
    if command.name == "summarize" and (wish := wished(intent.argument)):
        return replace(intent, argument=wish)  # "in 3 bullets", "only about the outage"
    if intent.argument and not command.argument:
        return Reply(f"I don't understand “{intent.argument}” there.", notes=(f"Usage: `{name} {usage(command)}`",))
    return intent


def known(commands: Sequence[Command]) -> str:
    """The slash commands in a sentence."""
    words = [command.name for command in words_of_home(commands)]
    home = f"{HOME} {'|'.join(words)}" if words else HOME
    return ", ".join((*(f"`{name}`" for name in slash_commands(commands)), f"`{home}`"))
