"""What somebody wants, as read from an event and before the assistant has heard of it. Values only."""

from dataclasses import dataclass

import discord

from adapters.chat import Intent, Message, Person, Place, Reply, Typed
from adapters.discord.surfaces.answers import Surface


@dataclass(frozen=True, slots=True)
class Ask:
    """Somebody wants something. `key` is the same however often Discord delivers it.

    `meant` is what they typed or chose, or a reply that needs no assistant. `replied_to` is the text that it is
    about, or the reply that says why it can't be read. `channel` is where it was asked, as discord.py has it,
    None where Parley is no member. `message` is what was said, or what it is about. `known` are messages that Discord
    handed over with the question, which can be read even where the channel can't. `public` says that everyone there
    sees the answer, `shared` that somebody passes it on, `elsewhere` that `place` is another channel than the one that
    the answer is shown in, `sees` that Discord said with the question that the asker may read what was said there.
    `locale` is the language of the asker's client, "" where Discord doesn't tell.
    """

    key: str
    place: Place
    asker: Person
    meant: Intent | Typed | Reply
    surface: Surface
    channel: discord.abc.Messageable | None
    message: Message | None = None
    replied_to: str | Reply | None = None
    known: tuple[Message, ...] = ()
    locale: str = ""
    public: bool = False
    shared: bool = False
    elsewhere: bool = False
    sees: bool = False
