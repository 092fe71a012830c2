"""Reads what an event asks for: who, where, what, and where the answer goes.

Nothing here calls Discord, so that an acknowledgement waits for nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import discord

from adapters.chat import EVERYTHING, Command, Intent, Message, Place, Reply, Typed, Window, offered
from adapters.discord.asks import Ask
from adapters.discord.commands import ELSEWHERE, MENUS, SUMMARISE, TRANSLATE, argument_of, takes_window
from adapters.discord.completion import english_name
from adapters.discord.messages import message_of, person_of, place_of, target_of, words_for, words_in
from adapters.discord.reader import NO_CONTENT
from adapters.discord.settings import DiscordSettings
from adapters.discord.surfaces import actions
from adapters.discord.surfaces.answers import Note, Open
from adapters.payloads.discord import DIRECT
from adapters.platform.replies import OLD_BUTTON
from adapters.text.coerce import mapping, mappings, string

NO_WORDS = Reply("There are no words in that message.")
GONE = Reply("I can't see the message that you replied to; it may be deleted.")
QUESTION = "question"


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads events for one table of commands."""

    commands: Sequence[Command]
    settings: DiscordSettings

    # Messages

    def said(self, message: discord.Message, own: Iterable[int]) -> Ask:
        """Return what a message asks for whose words are for Parley; `own` are the ids that mean Parley in it."""
        place, words, target = place_of(message.channel), words_for(message, own), target_of(message)
        replies = message.type is discord.MessageType.reply
        key = f"message:{message.channel.id}:{message.id}"
        return Ask(
            key=key,
            place=place,
            asker=person_of(message.author),
            meant=Typed(words),
            surface=Open(message.channel, self.settings, message, message.author, key),
            channel=message.channel,
            message=replace(message_of(message), text=words),
            replied_to=(self._text_of(target) if target else GONE) if replies else None,
            known=(message_of(target),) if target else (),
            public=place.workspace != DIRECT,
            sees=place.workspace == DIRECT,
        )

    def _text_of(self, message: discord.Message) -> str | Reply:
        """Return what the message says; where it says nothing, or Discord doesn't tell, the reply that says so."""
        if words := words_in(message):
            return words
        seen = self.settings.message_content or bool(message.attachments or message.stickers)
        return NO_WORDS if seen else Reply(NO_CONTENT[0], notes=NO_CONTENT[1:])

    def flagged(self, message: discord.Message, language: str, user: discord.User | discord.Member) -> Ask:
        """Return a translation for everyone: once for each message, version and language, whoever wants it."""
        command = offered(self.commands, "text")
        version = int(message.edited_at.timestamp()) if message.edited_at else 0
        key = f"flag:{message.channel.id}:{message.id}:{version}:{language}"
        return Ask(
            key=key,
            place=place_of(message.channel),
            asker=person_of(user),
            meant=Intent(command.name if command else "", words_in(message), options={"to": language}),
            surface=Open(message.channel, self.settings, message, user, key),
            channel=message.channel,
            message=message_of(message),
            known=(message_of(message),),
            public=message.guild is not None,
        )

    def has(self, name: str) -> bool:
        """Return whether there is such a command."""
        return any(command.name == name for command in self.commands)

    # Commands, menus and buttons

    def slash(self, interaction: discord.Interaction, command: Command, given: Mapping[str, str]) -> Ask:
        """Return what a slash command asks for; `given` are its options by name."""
        options = {option.name for option in command.options}
        words = given.get(argument_of(command).name, "")
        typed = Typed(words, command.name, {name: text for name, text in given.items() if name in options})
        ask = self.chosen(interaction, typed)
        if takes_window(command) and (elsewhere := given.get(ELSEWHERE.name)):
            ask = _in_channel(ask, interaction, int(elsewhere))
        return ask

    def menu(self, interaction: discord.Interaction, name: str, message: discord.Message) -> Ask:
        """Return what a context menu's entry asks for about a message, in the language of the person's client."""
        meant: Intent | Reply = Reply(f"I don't know “{name}”.")
        command = offered(self.commands, MENUS.get(name, "nothing"))
        if command and name == TRANSLATE:
            meant = Intent(command.name)  # into the language of the request
        elif command and name == SUMMARISE:
            language = english_name(interaction.locale.value)
            meant = Intent(command.name, f"in {language}" if language else "", Window(since=message.created_at))
        ask = self.chosen(interaction, meant)
        about = self._text_of(message)
        return replace(ask, message=message_of(message), known=(message_of(message),), replied_to=about)

    def pressed(self, interaction: discord.Interaction, kind: str, payload: str) -> Ask:
        """Return what a button asks for: its intent, for the person alone or, where it shares, for everyone."""
        intent = actions.decode(payload) if kind in (actions.DO, actions.SHARE) else None
        return self.chosen(interaction, intent or OLD_BUTTON, shared=kind == actions.SHARE and intent is not None)

    def submitted(self, interaction: discord.Interaction, payload: str, known: Sequence[Message]) -> Ask:
        """Return what the form of *Ask about this* asks: about the message and what followed it."""
        question = typed(interaction)
        number = int(payload) if payload.isascii() and payload.isdecimal() else 0
        since = Window(since=discord.utils.snowflake_time(number)) if number else EVERYTHING
        command = offered(self.commands, "question")
        meant = Intent(command.name if command else "", question, since)
        ask = self.chosen(interaction, meant if question else Reply("You asked nothing."))
        return replace(ask, message=known[0] if known else None, known=tuple(known))

    def chosen(self, interaction: discord.Interaction, meant: Intent | Typed | Reply, *, shared: bool = False) -> Ask:
        """Return an intent that somebody chose, answered to them alone unless they share it."""
        return Ask(
            key=f"interaction:{interaction.id}",
            place=place_in(interaction),
            asker=person_of(interaction.user),
            meant=meant,
            surface=Note(interaction, self.settings, self.settings.clock.elapsed(), private=not shared),
            channel=_room_of(interaction),
            locale=interaction.locale.value,
            private=not shared,
            public=shared,
            shared=shared,
            sees=interaction.guild_id is None or interaction.permissions.read_message_history,
        )


def _room_of(interaction: discord.Interaction) -> discord.abc.Messageable | None:
    """Return the channel where it happened, or None where Parley isn't a member: a server, talk between others."""
    channel, guild = interaction.channel, interaction.guild_id
    is_there = interaction.client.get_guild(guild) is not None if guild else interaction.context.dm_channel
    return channel if is_there and isinstance(channel, discord.abc.Messageable) else None


def _in_channel(ask: Ask, interaction: discord.Interaction, number: int) -> Ask:
    """Return the same ask about another channel or thread of the server, answered to the asker alone."""
    room = interaction.guild.get_channel_or_thread(number) if interaction.guild else None
    place = place_of(room) if room else Place("discord", ask.place.workspace, str(number))
    channel = room if isinstance(room, discord.abc.Messageable) else None
    return replace(ask, place=place, channel=channel, elsewhere=place != ask.place, sees=False)


def place_in(interaction: discord.Interaction) -> Place:
    """Return where the interaction happened, also in a server that Parley isn't a member of."""
    if interaction.channel is not None and getattr(interaction.channel, "guild", None):
        return place_of(interaction.channel)
    return Place("discord", str(interaction.guild_id or DIRECT), str(interaction.channel_id))


def typed(interaction: discord.Interaction) -> str:
    """Return what was written into a form, whatever shape its rows have."""
    data: Any = interaction.data
    return _value(mapping(data)).strip()


def _value(item: Mapping[str, Any]) -> str:
    inner = (*mappings(item.get("components")), mapping(item.get("component")))
    return string(item.get("value")) or next(filter(None, (_value(each) for each in inner if each)), "")
