"""What somebody asks for: who, where, what, and how the answer gets back to them.

Nothing here calls Discord, so that an acknowledgement waits for nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import discord

from adapters.chat import EVERYTHING, Command, Intent, Message, Person, Place, Reply
from adapters.discord.delivery import Delivery, InChannel, ToInteraction
from adapters.discord.reading import message_of, person_of, place_of, text_of, words_for
from adapters.discord.settings import DiscordSettings
from adapters.parse import read_words
from adapters.when import window


@dataclass(frozen=True, slots=True)
class Ask:
    """Somebody wants something. `key` is the same however often Discord delivers it.

    `meant` is the intent, or a reply that needs no assistant. `channel` is where it was asked, as discord.py has it;
    `locale` the language of the asker's client, "" where Discord doesn't tell. `known` are messages that Discord handed
    over with the question, which can be read even where the channel can't.
    """

    key: str
    place: Place
    asker: Person
    meant: Intent | Reply
    delivery: Delivery
    channel: discord.abc.Messageable | None
    message: Message | None = None
    known: tuple[Message, ...] = ()
    locale: str = ""
    public: bool = False


def of_message(
    message: discord.Message, own: Iterable[int], commands: Sequence[Command], settings: DiscordSettings
) -> Ask:
    """What a message asks for whose words are for Parley; `own` are the ids that mean Parley in it."""
    place, said = place_of(message.channel), message_of(message)
    words = words_for(message, own)
    target = target_of(message)
    intent = read_words(words, place.thread, commands, settings.clock.now(), settings.zone)
    if target is not None and not intent.argument and takes_text(intent.name, commands):
        intent = replace(intent, argument=text_of(target))
    return Ask(
        key=f"message:{message.channel.id}:{message.id}",
        place=place,
        asker=person_of(message.author),
        meant=intent,
        delivery=InChannel(message.channel, settings, message),
        channel=message.channel,
        message=replace(said, text=words),
        known=(message_of(target),) if target else (),
        public=place.workspace != "0",
    )


def target_of(message: discord.Message) -> discord.Message | None:
    """The message that this one replies to, where Discord sent it along."""
    resolved = message.reference.resolved if message.reference else None
    return resolved if isinstance(resolved, discord.Message) else None


def takes_text(name: str, commands: Sequence[Command]) -> bool:
    """Whether that command works on a text in a language, so that a message can be its text."""
    command = next((command for command in commands if command.name == name), None)
    return command is not None and any(option.kind == "language" for option in command.options)


def of_command(
    interaction: discord.Interaction, command: Command, given: Mapping[str, str], settings: DiscordSettings
) -> Ask:
    """What a slash command asks for; `given` are its options by name."""
    return of_interaction(interaction, read_options(command, given, settings.clock.now(), settings), settings)


def of_interaction(interaction: discord.Interaction, meant: Intent | Reply, settings: DiscordSettings) -> Ask:
    """An intent that somebody chose by a command, a menu or a button."""
    place = place_in(interaction)
    channel = interaction.channel
    return Ask(
        key=f"interaction:{interaction.id}",
        place=place,
        asker=person_of(interaction.user),
        meant=meant,
        delivery=ToInteraction(interaction, settings),
        channel=channel if isinstance(channel, discord.abc.Messageable) else None,
        locale=interaction.locale.value,
    )


def place_in(interaction: discord.Interaction) -> Place:
    """Where the interaction happened, also in a server that has no Parley."""
    if interaction.channel is not None and getattr(interaction.channel, "guild", None):
        return place_of(interaction.channel)
    return Place("discord", str(interaction.guild_id or 0), str(interaction.channel_id))


def read_options(
    command: Command, given: Mapping[str, str], now: datetime, settings: DiscordSettings
) -> Intent | Reply:
    """The intent of a command's options, or the words that help whoever gave a window that isn't one."""
    kinds = {option.name: option.kind for option in command.options}
    meant = EVERYTHING
    for name, text in given.items():
        if kinds.get(name) == "window":
            meant, rest = window(text, now, settings.zone)
            if rest:
                return Reply(f"I don't understand “{rest}” as a window.", notes=(WINDOWS,))
    options = {name: text for name, text in given.items() if kinds.get(name, "window") != "window"}
    return Intent(command.name, given.get(command.argument, "").strip(), meant, options)


WINDOWS = "Try “last 50”, “since 2h”, “today”, “this week” or “unread”."
