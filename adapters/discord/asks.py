"""Describes what somebody wants on Discord, as read from an event, before the assistant reads it. Values only."""

from dataclasses import dataclass

import discord

from adapters.chat import Message
from adapters.discord.surfaces.answers import Surface
from adapters.platform import request


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask(request.Ask):
    """Somebody wants something.

    `channel` is where it was asked, as discord.py has it, None where Parley isn't a member. `known` are messages that
    Discord handed over with the question, which can be read even where the channel can't. `sees` says that Discord said
    with the question that the asker may read what was said there.
    """

    surface: Surface
    channel: discord.abc.Messageable | None
    known: tuple[Message, ...] = ()
    sees: bool = False
