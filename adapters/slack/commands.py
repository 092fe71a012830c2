"""Lays out the commands' table for Slack: the slash commands' names, their usage lines, and what a typed line means.

Pure. The manifest, the listeners and the help for nonsense are all read from here.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from adapters.chat import Command, Reply, Typed
from adapters.text.markup import plain_from_slack

HOME = "/parley"
LABELLED = re.compile(r"<@([UW][A-Z0-9]+)\|[^<>]*>")  # a person, with a name that may be an old one


def slash_commands(commands: Sequence[Command]) -> Mapping[str, Command]:
    """Return the commands with a slash of their own, by its name. The others are words after `/parley`."""
    return {f"/{command.entrances.slash}": command for command in commands if command.entrances.slash}


def words_of_home(commands: Sequence[Command]) -> tuple[Command, ...]:
    """Return the commands that are words after `/parley`."""
    return tuple(command for command in commands if command.typed and not command.entrances.slash)


def typed(command: Command) -> str:
    """Return what people type for it: `/mood`, `/parley privacy`."""
    slash = command.entrances.slash
    return f"/{slash}" if slash else f"{HOME} {command.name}"


def in_own_names(reply: Reply, commands: Sequence[Command]) -> Reply:
    """Return the assistant's words with the names that commands have on Slack, where they stand as code."""

    def said(text: str) -> str:
        for command in commands:
            text = re.sub(rf"`/{re.escape(command.name)}\b", f"`{typed(command)}", text)
        return text

    return replace(reply, text=said(reply.text), notes=tuple(map(said, reply.notes)))


def read_slash(name: str, text: str, commands: Sequence[Command]) -> Typed | Reply:
    """Return which command was typed with what line after it, or the words that help whoever typed an unknown one."""
    line = plain_from_slack(LABELLED.sub(r"<@\1>", text)).strip()
    if name == HOME:
        return _read_home(line, commands)
    command = slash_commands(commands).get(name)
    if command is None:
        return Reply(f"I don't know the command `{name}`.", notes=(f"I answer to {known(commands)}.",))
    return Typed(line, command.name)


def _read_home(line: str, commands: Sequence[Command]) -> Typed | Reply:
    name, _, rest = line.partition(" ")
    wanted = name.lstrip("/").casefold()
    command = next((each for each in commands if each.typed and wanted in (each.name, *each.aliases)), None)
    if command is not None:
        return Typed(rest.strip(), command.name)
    if rest or not name:
        return Typed(line)
    return Reply(f"I don't know “{name}”.", notes=(f"I answer to {known(commands)}.",))


def known(commands: Sequence[Command]) -> str:
    """Return the slash commands in a sentence."""
    words = [command.name for command in words_of_home(commands)]
    home = f"{HOME} {'|'.join(words)}" if words else HOME
    return ", ".join((*(f"`{name}`" for name in slash_commands(commands)), f"`{home}`"))
