"""Reads what a Discord message says as plain text, the same from an export and from the gateway.

Knows the parts of a message, not where they are read from; `adapters.imports.discord` and `adapters.discord` do.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from adapters.chat import Carried
from adapters.text.coerce import mapping, mappings, string
from adapters.text.markup import NO_NAMES, Names, plain_from_discord

EPOCH = datetime(2015, 1, 1, tzinfo=UTC)  # of Discord's ids
CROSSPOSTED = "[crossposted]"  # in place of another server's announcement that may not stay
MOST_PREVIEWED = 300  # characters of a page that a link leads to
DIRECT = "0"  # the guild of direct messages, as exports call it


@dataclass(frozen=True, slots=True)
class DiscordContent:
    """Holds what somebody put into a message: `embeds` as Discord's API writes them, `files` and `stickers` by name.

    `poll` is a question and its answers, `buttons` are the labels of what can be pressed.
    """

    content: str = ""
    embeds: Sequence[Mapping[str, Any]] = ()
    files: Sequence[str] = ()
    stickers: Sequence[str] = ()
    poll: tuple[str, Sequence[str]] = ("", ())
    buttons: Sequence[str] = ()


def plain_text(own: DiscordContent, forwarded: DiscordContent | None = None, names: Names = NO_NAMES) -> str:
    """Return what was written and forwarded, what embeds say besides, a poll; names of files and stickers below."""
    parts = _said(own, names)
    if forwarded is not None:
        passed_on = [*_said(forwarded, names), *_attached(forwarded)]
        parts.append("\n".join(["[forwarded] " + "".join(passed_on[:1]), *passed_on[1:]]).rstrip())
    return "\n".join(filter(None, (*parts, *_attached(own))))


def alone_text(own: DiscordContent, names: Names = NO_NAMES, *, crossposted: bool = False) -> str:
    """Return what the same says without the words that it passes on."""
    return CROSSPOSTED if crossposted else plain_text(own, DiscordContent(), names)


def carried_of(message: str) -> tuple[Carried, ...]:
    """Return what is known of a message that is passed on: Discord names its id, which says when, and no author."""
    return (Carried("", message, "", sent_at(message)),)


def sent_at(message: str) -> datetime | None:
    """Return when the message with this id was sent."""
    return EPOCH + timedelta(milliseconds=int(message) >> 22) if message else None


def titled(title: str, text: str) -> str:
    """Return the first message of a post with the post's title, under which people look for it."""
    return f"[post: {title}] {text}".rstrip() if title and _letters(title) not in _letters(text) else text


def poll_text(question: str, answers: Iterable[str]) -> str:
    """Return a poll on one line."""
    return f"[poll: {question}] {' / '.join(answers)}".rstrip()


def _said(written: DiscordContent, names: Names) -> list[str]:
    """Return the content, each embed that says more than it does, and the poll."""
    parts = [text] if (text := plain_from_discord(written.content, names)) else []
    for embed in written.embeds:
        quoted = _embed(embed, names, short=string(embed.get("url")) in written.content)
        if quoted and _letters(quoted) not in _letters("".join(parts)):
            parts.append(quoted)
    question, answers = written.poll
    if question:
        parts.append(poll_text(question, answers))
    return parts


def _letters(text: str) -> str:
    """Return the letters and digits of a text, by which two forms of it are compared."""
    return "".join(filter(str.isalnum, text.casefold()))


def permalink(workspace: str, channel: str, message: str) -> str:
    """Return the address of a message; those of direct messages are under @me."""
    return f"https://discord.com/channels/{'@me' if workspace == DIRECT else workspace}/{channel}/{message}"


def _attached(written: DiscordContent) -> Iterator[str]:
    """Yield a line for each file and each sticker."""
    yield from (f"[file: {name}]" if name else "[file]" for name in written.files)
    yield from (f"[sticker: {name}]" for name in written.stickers)
    if written.buttons:
        yield " ".join(f"[{label}]" for label in written.buttons)


def _embed(embed: Mapping[str, Any], names: Names, *, short: bool) -> str:
    """Return what an embed says; of the preview of a link that stands in the message only how it begins."""
    described = string(embed.get("description"))
    rows = [
        string(mapping(embed.get("author")).get("name")),
        string(embed.get("title")),
        described[:MOST_PREVIEWED] if short and embed.get("url") else described,
    ]
    fields = ((string(field.get("name")), string(field.get("value"))) for field in mappings(embed.get("fields")))
    rows += [": ".join(filter(None, field)) for field in fields]
    rows.append(string(mapping(embed.get("footer")).get("text")) if any(rows) else "")
    return "\n".join(plain_from_discord(row, names) for row in rows if row) or string(embed.get("url"))
