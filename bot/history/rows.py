"""Messages as rows and back. Times are whole microseconds since 1970, so that what comes out is what went in."""

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from adapters.chat import Channel, Message, Person, Place, Reaction
from bot.redaction import redacted

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Row = Sequence[Any]

CHANNEL = "channel.platform, channel.workspace, channel.id, channel.name, channel.kind, channel.workspace_name"
MESSAGE = """channel.platform, channel.workspace, channel.id, message.thread, message.id, message.author,
    message.author_name, message.text, message.sent_at, message.edited_at, message.from_bot, message.notice,
    message.permalink, message.reply_to, message.reactions"""


def microseconds(time: datetime) -> int:
    """Return an aware time as a whole number, exactly."""
    since = time - EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def moment(number: int) -> datetime:
    """Return the time that `microseconds` made `number` of, in UTC."""
    return EPOCH + timedelta(microseconds=number)


def moment_or_none(number: int | None) -> datetime | None:
    """Return what `moment` does, or None where there may be none."""
    return None if number is None else moment(number)


def clean(text: str) -> str:
    """Return `text` as UTF-8 can hold it: halves of surrogate pairs are joined, lone ones become U+FFFD."""
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def id_list(ids: Iterable[str]) -> str:
    """Return many ids as the one value that json_each takes apart again."""
    return json.dumps([clean(each) for each in ids])


def message_row(message: Message) -> tuple[tuple[Any, ...], int]:
    """Return the columns of table message, without key and channel, and how many secrets its text had."""
    text, secrets = redacted(clean(message.text))
    row = (
        clean(message.id),
        _clean_or_none(message.place.thread),
        clean(message.author.id),
        clean(message.author.name),
        text,
        microseconds(message.sent_at),
        microseconds(message.edited_at) if message.edited_at else None,
        message.from_bot,
        message.notice,
        _clean_or_none(message.permalink),
        _clean_or_none(message.reply_to),
        _packed(message.reactions),
    )
    return row, secrets


def carried_rows(message: Message) -> list[tuple[str, str, str, str]]:
    """Return for each of the others whose words stand in the message: author, channel, id, and its text without any."""
    alone, _ = redacted(clean(message.alone)) if message.carried else ("", 0)
    return [(clean(each.author), clean(each.channel), clean(each.id), alone) for each in message.carried]


def message_from(row: Row, shared: dict[Any, Any] | None = None) -> Message:
    """Return the message in the columns that MESSAGE names; what equals a value in `shared` is that value."""
    platform, workspace, channel, thread, id_, author, name, text, sent, edited, bot, notice, link, reply, reactions = (
        row
    )
    shared = {} if shared is None else shared
    place, person = Place(platform, workspace, channel, thread), Person(author, name)
    return Message(
        id_,
        shared.setdefault(place, place),
        shared.setdefault(person, person),
        text,
        moment(sent),
        moment_or_none(edited),
        bool(bot),
        bool(notice),
        link,
        reply,
        tuple(Reaction(emoji, count) for emoji, count in json.loads(reactions)) if reactions else (),
    )


def messages_from(found: Iterable[Row]) -> list[Message]:
    """Return the messages of many rows, which share what says where they stand and who wrote them: it saves memory."""
    shared: dict[Any, Any] = {}
    return [message_from(row, shared) for row in found]


def channel_from(row: Row) -> Channel:
    """Return the channel in the columns that CHANNEL names."""
    platform, workspace, id_, name, kind, workspace_name = row
    return Channel(Place(platform, workspace, id_), name, kind, workspace_name)


def document(message: Message) -> dict[str, Any]:
    """Return the message as JSON holds it: one line of an export."""
    return {
        "platform": message.place.platform,
        "workspace": message.place.workspace,
        "channel": message.place.channel,
        "thread": message.place.thread,
        "id": message.id,
        "author": {"id": message.author.id, "name": message.author.name},
        "text": message.text,
        "sent_at": message.sent_at.isoformat(),
        "edited_at": message.edited_at.isoformat() if message.edited_at else None,
        "from_bot": message.from_bot,
        "notice": message.notice,
        "permalink": message.permalink,
        "reply_to": message.reply_to,
        "reactions": {reaction.emoji: reaction.count for reaction in message.reactions},
    }


def _clean_or_none(text: str | None) -> str | None:
    return None if text is None else clean(text)


def _packed(reactions: tuple[Reaction, ...]) -> str | None:
    return json.dumps([(clean(each.emoji), each.count) for each in reactions]) if reactions else None
