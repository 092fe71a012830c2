"""The commands' table as Discord's app commands: typed options, completion, localised names, and context menus.

Every command works in servers, in direct messages and, installed to a user, anywhere. Discord gets them only when
they have changed.
"""

import inspect
import logging
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import discord
from discord import app_commands
from discord.http import Route

from adapters.chat import Command, Option
from adapters.discord.completion import COMPLETIONS, Choice
from adapters.discord.words import Translator

log = logging.getLogger(__name__)

OnCommand = Callable[[discord.Interaction, Command, Mapping[str, str]], Awaitable[None]]
OnMenu = Callable[[discord.Interaction, str, discord.Message], Awaitable[None]]
Tree = app_commands.CommandTree[Any]

TRANSLATE, SUMMARISE, ASK = "Translate", "Summarise from here", "Ask about this"
MENUS: Mapping[str, str] = {TRANSLATE: "text", SUMMARISE: "window", ASK: "question"}  # and what each does with it
MOST_DESCRIPTION = 100
ELSEWHERE = Option("channel", "which channel; this one without it", "channel")
NAME = re.compile(r"[-_a-z0-9]{1,32}")
EVERYWHERE = app_commands.AppCommandContext(guild=True, dm_channel=True, private_channel=True)
ANYBODY = app_commands.AppInstallationType(guild=True, user=True)


def build_tree(client: discord.Client, commands: Sequence[Command], on_command: OnCommand, on_menu: OnMenu) -> Tree:
    """Return the tree with a slash command for every row of the table, and the context menus whose command is there."""
    tree: Tree = app_commands.CommandTree(client, allowed_contexts=EVERYWHERE, allowed_installs=ANYBODY)
    for command in commands:
        if command.typed:
            tree.add_command(slash_command(command, on_command))
    offered = {command.entrances.menu for command in commands}
    for menu, kind in MENUS.items():
        if kind in offered:
            tree.add_command(context_menu(menu, on_menu))
    return tree


def context_menu(name: str, on_menu: OnMenu) -> app_commands.ContextMenu:
    """Return an entry under Apps in a message's menu."""

    async def callback(interaction: discord.Interaction, message: discord.Message) -> None:
        await on_menu(interaction, name, message)

    return app_commands.ContextMenu(name=name, callback=callback)


def slash_command(command: Command, on_command: OnCommand) -> app_commands.Command[Any, ..., None]:
    """Return one row as a slash command; its argument is an option like the others."""
    options = {f"option_{number}": option for number, option in enumerate(options_of(command))}

    async def callback(interaction: discord.Interaction, **given: Any) -> None:
        texts = {options[key].name: _text(value) for key, value in given.items() if value is not None}
        await on_command(interaction, command, texts)

    described: Any = callback
    described.__signature__ = inspect.Signature(
        [INTERACTION, *(_parameter(key, each) for key, each in options.items())]
    )
    described = app_commands.describe(**{key: option.summary[:MOST_DESCRIPTION] for key, option in options.items()})(
        described
    )
    described = app_commands.rename(**{key: option.name for key, option in options.items()})(described)
    description = command.summary[:MOST_DESCRIPTION]
    slash = app_commands.Command[Any, ..., None](name=command.name, description=description, callback=described)
    for key, option in options.items():
        if option.kind in COMPLETIONS:
            slash.autocomplete(key)(_completion(COMPLETIONS[option.kind], option.first))
    return slash


def options_of(command: Command) -> tuple[Option, ...]:
    """Return the command's options, with its argument among them; required ones go first, as Discord wants it.

    What reads a window of a channel can read another one than that where it is asked.
    """
    argument = (argument_of(command),) if command.argument else ()
    elsewhere = (ELSEWHERE,) if takes_window(command) else ()
    return tuple(sorted((*argument, *command.options, *elsewhere), key=lambda option: not option.required))


def takes_window(command: Command) -> bool:
    """Return whether the command reads messages of a channel."""
    return any(option.kind == "window" for option in command.options)


def argument_of(command: Command) -> Option:
    """Return the command's argument as an option.

    One that is described by several words has them as its description.
    """
    name = command.argument if NAME.fullmatch(command.argument) else "words"
    return Option(name, f"the {name}" if name == command.argument else command.argument)


CHANNEL = app_commands.AppCommandChannel | app_commands.AppCommandThread  # as Discord tells, where Parley isn't too
INTERACTION = inspect.Parameter("interaction", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=discord.Interaction)


def _parameter(key: str, option: Option) -> inspect.Parameter:
    kind: Any = CHANNEL if option.kind == "channel" else str
    return inspect.Parameter(
        key,
        inspect.Parameter.KEYWORD_ONLY,
        annotation=kind if option.required else kind | None,
        default=inspect.Parameter.empty if option.required else None,
    )


def _text(value: Any) -> str:
    return value if isinstance(value, str) else str(value.id)


def _completion(complete: Callable[[str, Sequence[str]], Sequence[Choice]], first: Sequence[str]) -> Any:
    async def choices(_: discord.Interaction, current: str) -> list[app_commands.Choice[str]]:
        return [app_commands.Choice(name=name, value=value) for name, value in complete(current, first)]

    return choices


async def sync(tree: Tree) -> bool:
    """Give Discord the commands if it has others, and return whether it had."""
    await tree.set_translator(Translator())
    words = Translator()
    wanted = [await command.get_translated_payload(tree, words) for command in tree.get_commands(type=None)]
    route = Route(
        "GET",
        "/applications/{application_id}/commands?with_localizations=true",
        application_id=tree.client.application_id,
    )
    if same(wanted, await tree.client.http.request(route)):
        return False
    await tree.sync()
    log.info("Discord has %d commands", len(wanted))
    return True


def same(wanted: Sequence[Mapping[str, Any]], known: Sequence[Mapping[str, Any]]) -> bool:
    """Return whether Discord knows these commands and no others.

    It leaves out what is empty, and adds keys of its own.
    """
    by_name = {(each.get("type", 1), each["name"]): each for each in known}
    if by_name.keys() != {(each.get("type", 1), each["name"]) for each in wanted}:
        return False
    return all(_within(each, by_name[each.get("type", 1), each["name"]]) for each in wanted)


def _within(wanted: Any, known: Any) -> bool:
    if isinstance(wanted, Mapping):
        return (
            all(_within(value, known.get(key)) for key, value in wanted.items()) if known else not any(wanted.values())
        )
    if isinstance(wanted, Sequence) and not isinstance(wanted, str):
        known = known or ()
        return len(wanted) == len(known) and all(map(_within, _ordered(wanted), _ordered(known)))
    return wanted == known or not (wanted or known) or (wanted is True and known is None)


def _ordered(values: Sequence[Any]) -> Sequence[Any]:
    """Return the value with numbers in order: Discord sorts contexts and kinds of channels, not options."""
    return sorted(values) if all(isinstance(value, int) for value in values) else values
