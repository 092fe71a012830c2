"""An item of DiscordChatExporter's JSON to a Message, and a file's head to the channel it is about.

Takes decoded JSON of any shape and never raises: what is missing is said in words, what is of the wrong type counts as
missing.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from adapters.chat import Channel, ChannelKind, Message, Person, Place, Reaction
from adapters.payloads.discord import DiscordContent, alone_text, carried_of, permalink, plain_text, titled
from adapters.text.coerce import mapping, mappings, string
from adapters.text.coerce import name as as_name
from adapters.text.markup import NO_NAMES, Names

KINDS: Mapping[str, ChannelKind] = {
    "DirectTextChat": "direct",
    "DirectGroupTextChat": "group",
    "GuildPrivateThread": "private",
}
HANGING = ("GuildPublicThread", "GuildNewsThread")
# The types of posts. The exporter knows no names for slash commands (20) and context menu commands (23).
POSTED = {"Default", "Reply", "ChatInputCommand", "ContextMenuCommand", "20", "23"}
# What Discord says with the words of somebody else: a thread's beginning, what was withheld, how a poll ended.
COPIES = {"21", "ThreadStarterMessage", "24", "AutoModerationAction", "46", "PollResult"}
MOST_COUNT = 1_000_000_000
MOST_LEVELS = 4  # that rows and containers of buttons lie in each other


@dataclass(frozen=True, slots=True)
class ExportedChannel:
    """Holds where a file's messages stand: the channel as it is stored, the id that links name, the thread it is.

    `title` is the thread's name, for its first message; "" where the file begins later.
    """

    channel: Channel
    linked: str
    thread: str | None
    title: str = ""


def read_room(head: Mapping[str, Any]) -> ExportedChannel | str:
    """Return the channel that a file is about, or why it can't be known."""
    guild, channel = mapping(head.get("guild")), mapping(head.get("channel"))
    workspace, own, kind = snowflake(guild.get("id")), snowflake(channel.get("id")), string(channel.get("type"))
    if not workspace or not own:
        return "names no guild or no channel"
    hangs = kind in HANGING and bool(snowflake(channel.get("categoryId")))
    identifier = snowflake(channel.get("categoryId")) if hangs else own
    name = as_name(channel.get("category" if hangs else "name")) or identifier
    whole = not string(mapping(head.get("dateRange")).get("after"))
    place = Place("discord", workspace, identifier)
    return ExportedChannel(
        Channel(place, name, KINDS.get(kind, "public"), as_name(guild.get("name"))),
        linked=own,
        thread=own if hangs else None,
        title=as_name(channel.get("name")) if hangs and whole else "",
    )


def read_message(item: Any, room: ExportedChannel, names: Names = NO_NAMES, *, first: bool = False) -> Message | str:
    """Return the message, or why there is none, going on from "the message …"; `first` is the first of its file."""
    message = mapping(item)
    identifier, sent_at = snowflake(message.get("id")), _moment(message.get("timestamp"))
    author = mapping(message.get("author"))
    if not message:
        return "isn't a JSON object"
    if not identifier:
        return "has no id"
    if sent_at is None:
        return "has no timestamp that can be read"
    if not snowflake(author.get("id")):
        return "has no author"
    place, forwarded = room.channel.place, mapping(message.get("forwardedMessage"))
    # A forum's post and its thread share an id: it is the thread's first message and stands in none.
    thread = room.thread if room.thread != identifier else None
    kind = string(message.get("type")) or "Default"
    title = room.title if kind in POSTED and (first or room.thread == identifier) else ""
    written, reference = _written(message), mapping(message.get("reference"))
    text = plain_text(written, _written(forwarded) if forwarded else None, names)
    crossposted = kind == "Default" and not forwarded and _leads_elsewhere(reference, room)
    passed_on = bool(forwarded) or crossposted
    return Message(
        id=identifier,
        place=Place(place.platform, place.workspace, place.channel, thread) if thread else place,
        author=read_person(author),
        text="" if kind in COPIES else titled(title, text),
        sent_at=sent_at,
        edited_at=_moment(message.get("timestampEdited")),
        from_bot=author.get("isBot") is True,
        notice=kind not in POSTED,
        permalink=permalink(place.workspace, room.linked, identifier),
        reply_to=snowflake(reference.get("messageId")) or None,
        reactions=_reactions(message.get("reactions")),
        carried=carried_of(snowflake(reference.get("messageId"))) if passed_on else (),
        alone=titled(title, alone_text(written, names, crossposted=crossposted)) if passed_on else "",
    )


def _leads_elsewhere(reference: Mapping[str, Any], room: ExportedChannel) -> bool:
    """Return whether it names another channel: what that one published stands here, because somebody follows it."""
    return snowflake(reference.get("channelId")) not in {"", room.linked}


def read_person(author: Mapping[str, Any]) -> Person:
    """Return the person by their nickname, else their name, else their id."""
    identifier = snowflake(author.get("id"))
    names = (as_name(author.get(key)) for key in ("nickname", "name"))
    return Person(identifier, next(filter(None, names), identifier))


def _written(message: Mapping[str, Any]) -> DiscordContent:
    return DiscordContent(
        content=string(message.get("content")),
        embeds=tuple(mappings(message.get("embeds"))),
        files=[as_name(file.get("fileName")) for file in mappings(message.get("attachments"))],
        stickers=[as_name(sticker.get("name")) for sticker in mappings(message.get("stickers"))],
        poll=_poll(mapping(message.get("poll"))),
        buttons=list(_buttons(message.get("components"), 0)),
    )


def _poll(poll: Mapping[str, Any]) -> tuple[str, list[str]]:
    """Return a poll's question and answers, as Discord's API and those who write it down have them."""
    answers = mappings(poll.get("answers"))
    return _said(poll.get("question")), [
        answer for each in answers if (answer := _said(each.get("poll_media") or each))
    ]


def _said(value: Any) -> str:
    return as_name(value) or as_name(mapping(value).get("text"))


def _buttons(components: Any, level: int) -> Iterator[str]:
    """Yield the labels of buttons, in rows and by themselves."""
    for each in mappings(components) if level <= MOST_LEVELS else ():
        if label := as_name(each.get("label")):
            yield label
        yield from _buttons(each.get("components"), level + 1)


def _reactions(value: Any) -> tuple[Reaction, ...]:
    """Return reactions by their emoji's name, or the emoji itself where it is one of Unicode's."""
    lines = []
    for reaction in mappings(value):
        emoji, count = as_name(mapping(reaction.get("emoji")).get("name")), reaction.get("count")
        if emoji and isinstance(count, int) and 0 < count <= MOST_COUNT:
            lines.append(Reaction(emoji, int(count)))
    return tuple(lines)


def _moment(value: Any) -> datetime | None:
    """Return a time in ISO 8601 with its offset, in UTC, or None for anything else."""
    try:
        read = datetime.fromisoformat(string(value))
        return (read if read.tzinfo else read.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def snowflake(value: Any) -> str:
    """Return a snowflake, which is a number in a string, or "" for anything else."""
    text = value if isinstance(value, str) else ""
    return text if text.isascii() and text.isdecimal() and len(text) <= 20 else ""  # noqa: PLR2004 - 64 bits
