"""Quoting a message to people and programs: its time as they read it, a part that fits, the link to the whole."""

import re
from datetime import UTC
from typing import Any
from zoneinfo import ZoneInfo

from adapters.chat import Message, Source
from adapters.text import dates
from adapters.text.links import literal
from adapters.text.markup import markdown_from_plain
from nlp.text.pastes import without_pastes

LONG = 600  # characters of a quotation
ELLIPSIS = "…"
SENTENCE_END = re.compile(r"(?<=[.!?…؟۔।。！？])\s+|(?<=[。！？])(?![」』）])|\n+")  # noqa: RUF001 - stops of other scripts


def sentences(text: str) -> list[str]:
    """Return the sentences of a message that hold a word, without pasted code, logs and data."""
    return [part.strip() for part in SENTENCE_END.split(without_pastes(text)) if any(map(str.isalpha, part))]


def shortened(text: str, limit: int = LONG) -> str:
    """Return `text` in one piece of at most `limit` characters, cut at a space where it is longer."""
    text = text.strip()
    if len(text) <= limit:
        return text
    cut = text[: limit - len(ELLIPSIS)]
    return (cut.rsplit(maxsplit=1)[0] if len(cut.split()) > 1 else cut) + ELLIPSIS


def source_of(message: Message, channel: str = "") -> Source:
    """Return the message as the proof of something; `channel` is where it was said, among several."""
    return Source(message.id, message.author.name, message.sent_at, message.text, message.permalink, channel)


def source_document(message: Message, channel: str = "") -> dict[str, Any]:
    """Return the same as JSON types."""
    return {
        **({"channel": channel} if channel else {}),
        "id": message.id,
        "author": message.author.name,
        "sent_at": message.sent_at.astimezone(UTC).isoformat(),
        "text": message.text,
        "permalink": message.permalink,
    }


def signature(
    message: Message, zone: ZoneInfo, this_year: int, *, within_a_day: bool = False, channel: str = ""
) -> str:
    """Return author and time in Markdown, the time linked where the platform gives a link: `Ana, [3 May 09:12](…)`.

    Only the hour is told where everything lies `within_a_day`. The channel comes first where there are several.
    """
    at = message.sent_at.astimezone(zone)
    time = f"{at:%H:%M}" if within_a_day else dates.moment(at, this_year)
    where = f"{markdown_from_plain(channel)} · " if channel else ""
    return f"{where}{markdown_from_plain(message.author.name)}, " + (
        f"[{time}]({message.permalink})" if message.permalink else time
    )


def quoted(text: str) -> str:
    """Return `text` as a Markdown quotation."""
    return "\n".join(f"> {line}" for line in literal(text).splitlines())
