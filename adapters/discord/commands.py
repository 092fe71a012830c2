"""The commands' table as Discord's app commands: typed options, completion, and where they may be used.

Every command works in servers, in direct messages and, installed to a user, anywhere.
"""

import inspect
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import discord
from discord import app_commands

from adapters.chat import Command, Option

OnCommand = Callable[[discord.Interaction, Command, Mapping[str, str]], Awaitable[None]]

MOST_CHOICES = 25
MOST_DESCRIPTION = 100
WINDOWS = ("last 50", "last 200", "since 2h", "today", "yesterday", "this week", "last 7 days", "unread")
EVERYWHERE = app_commands.AppCommandContext(guild=True, dm_channel=True, private_channel=True)
ANYBODY = app_commands.AppInstallationType(guild=True, user=True)


def build_tree(client: discord.Client, commands: Sequence[Command], on_command: OnCommand) -> app_commands.CommandTree:
    """The tree with a slash command for every row of the table."""
    tree = app_commands.CommandTree(client, allowed_contexts=EVERYWHERE, allowed_installs=ANYBODY)
    for command in commands:
        tree.add_command(slash_command(command, on_command))
    return tree


def slash_command(command: Command, on_command: OnCommand) -> app_commands.Command[Any, ..., None]:
    """One row as a slash command; its argument is an option like the others."""

    async def callback(interaction: discord.Interaction, **given: Any) -> None:
        await on_command(
            interaction, command, {name: _text(value) for name, value in given.items() if value is not None}
        )

    options = options_of(command)
    made: Any = callback
    made.__signature__ = inspect.Signature([_INTERACTION, *map(_parameter, options)])
    made.__discord_app_commands_param_description__ = {each.name: each.summary[:MOST_DESCRIPTION] for each in options}
    slash = app_commands.Command[Any, ..., None](
        name=command.name, description=command.summary[:MOST_DESCRIPTION], callback=made
    )
    for option in options:
        if option.kind in COMPLETIONS:
            slash.autocomplete(option.name)(_completion(COMPLETIONS[option.kind]))
    return slash


def options_of(command: Command) -> tuple[Option, ...]:
    """The command's options, with its argument as the first of them; required ones go first, as Discord wants it."""
    argument = (Option(command.argument, f"The {command.argument}."),) if command.argument else ()
    return tuple(sorted((*argument, *command.options), key=lambda option: not option.required))


_INTERACTION = inspect.Parameter("interaction", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=discord.Interaction)


def _parameter(option: Option) -> inspect.Parameter:
    kind: Any = discord.abc.GuildChannel | discord.Thread if option.kind == "channel" else str
    default = inspect.Parameter.empty if option.required else None
    return inspect.Parameter(
        option.name,
        inspect.Parameter.KEYWORD_ONLY,
        annotation=kind if option.required else kind | None,
        default=default,
    )


def _text(value: Any) -> str:
    return value if isinstance(value, str) else str(value.id)


def _completion(complete: Callable[[str], Sequence[str]]) -> Any:
    async def choices(_: discord.Interaction, current: str) -> list[app_commands.Choice[str]]:
        return [app_commands.Choice(name=each, value=each) for each in complete(current)[:MOST_CHOICES]]

    return choices


def complete_window(typed: str) -> Sequence[str]:
    """Windows in words that begin like, or hold, what was typed."""
    return _matching(typed, WINDOWS)


def _matching(typed: str, known: Sequence[str]) -> Sequence[str]:
    wanted = typed.casefold().strip()
    return sorted((each for each in known if wanted in each.casefold()), key=lambda each: not each.startswith(wanted))


COMPLETIONS: Mapping[str, Callable[[str], Sequence[str]]] = {"window": complete_window}
