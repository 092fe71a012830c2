"""A reply as Discord's messages: pages of Markdown under the limit, with proof and notes in small print below.

Pure. Sources are links in the text and not an embed, because where Parley may not embed links an embed is dropped
without a word, and the proof with it. What doesn't fit a few messages goes into a file.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from adapters.chat import Attachment, Reply, Source
from adapters.markup import discord_from_markdown, markdown_from_plain
from adapters.pages import pages, utf16_length

LIMIT = 2_000  # UTF-16 units of a message
MOST_PAGES = 4
MOST_SMALL_PRINT = 1_600
MOST_QUOTED = 80
WHOLE = "-# The whole answer is in the file below."


@dataclass(frozen=True, slots=True)
class Rendered:
    """The messages that say a reply, in order; the files go with the last one."""

    pages: tuple[str, ...]
    files: tuple[Attachment, ...] = ()


def render(reply: Reply, zone: ZoneInfo) -> Rendered:
    """The messages that say the reply."""
    text = discord_from_markdown(reply.text).strip() or "…"
    parts, files = pages(text, LIMIT, measure=utf16_length), reply.files
    if len(parts) > MOST_PAGES:
        files = (Attachment("answer.md", reply.text.encode(), "text/markdown", "The whole answer as text"), *files)
        parts = [*pages(text, LIMIT - utf16_length(WHOLE) - 1, measure=utf16_length)[:1], WHOLE]
    return Rendered(tuple(joined([*parts, *small_print(reply, zone)])), files)


def small_print(reply: Reply, zone: ZoneInfo) -> list[str]:
    """Sources, then notes, as one text of lines under the limit; none where there is nothing to say."""
    lines = [_source(number, source, zone) for number, source in enumerate(reply.sources, 1)]
    notes = [f"-# {discord_from_markdown(' '.join(note.split()))}" for note in reply.notes]
    text = "\n".join((*fitting(lines, MOST_SMALL_PRINT), *fitting(notes, LIMIT - MOST_SMALL_PRINT - 100)))
    return [text] if text else []


def joined(parts: Sequence[str]) -> list[str]:
    """The parts with each put on the page before where it fits there."""
    done: list[str] = []
    for part in parts:
        if done and utf16_length(done[-1]) + utf16_length(part) + 1 <= LIMIT:
            done[-1] += "\n" + part
        else:
            done.append(part)
    return done


def fitting(lines: Sequence[str], limit: int) -> list[str]:
    """As many lines as fit, and how many didn't."""
    kept, used = 0, 0
    for line in lines:
        used += utf16_length(line) + 1
        if used > limit:
            break
        kept += 1
    return [*lines[:kept], *([f"-# … and {len(lines) - kept} more"] if kept < len(lines) else [])]


def _source(number: int, source: Source, zone: ZoneInfo) -> str:
    at = source.sent_at.astimezone(zone)
    label = f"{source.author}, {at.day} {at:%b %H:%M}".replace("[", "(").replace("]", ")")
    quoted = " ".join(source.text.split())
    quoted = quoted if len(quoted) <= MOST_QUOTED else quoted[:MOST_QUOTED].rstrip() + "…"
    shown = discord_from_markdown(markdown_from_plain(quoted))
    name = discord_from_markdown(markdown_from_plain(label))
    return (
        f"-# {number}. [{name}](<{source.permalink}>) {shown}" if source.permalink else f"-# {number}. {name} {shown}"
    )
