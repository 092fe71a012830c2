"""A reply as Discord's messages: pages of Markdown under the limit, with proof and notes in small print below.

Pure. Everything passes `adapters.text.links` on its way out. Sources are links in the text and not an embed, because
where Parley may not embed links an embed is dropped without a word, and the proof with it. Links stand in angle
brackets, so that none of them unfolds. What doesn't fit a few messages goes into a file.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from adapters.chat import Attachment, Reply, Request, Source
from adapters.discord.surfaces.actions import Button
from adapters.text import dates
from adapters.text.links import ADDRESS, TRAILING, proven, tame
from adapters.text.markup import CODE, discord_from_markdown, markdown_from_plain
from adapters.text.pages import pages, utf16_length

LIMIT = 2_000  # UTF-16 units of a message
MOST_PAGES = 4
MOST_SOURCES, MOST_NOTES = 1_500, 450  # UTF-16 units of the small print, which fits a message
MOST_QUOTED = 80
WHOLE = "-# The whole answer is in the file below."
LIVE = re.compile(rf"(\[[^\[\]\n]*\])\(\s*<?([^()\s<>]+)>?[^()]*\)|<?({ADDRESS.pattern})>?")
DEEP_HEADING = re.compile(r"^#{4,6} +(.*)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Rendered:
    """The messages that say a reply, in order; files and buttons go with the last one."""

    pages: tuple[str, ...]
    files: tuple[Attachment, ...] = ()
    buttons: tuple[Button, ...] = ()


def render(reply: Reply, request: Request | None, zone: ZoneInfo, buttons: Sequence[Button] = ()) -> Rendered:
    """The messages that say the reply."""
    text = shown(tame(reply.text, proven(reply, request)).strip()) or "…"
    parts, files = pages(text, LIMIT, measure=utf16_length), reply.files
    if len(parts) > MOST_PAGES:
        files = (Attachment("answer.md", reply.text.encode(), "text/markdown", "The whole answer as text"), *files)
        parts = [pages(text, LIMIT - utf16_length(WHOLE) - 1, measure=utf16_length)[0], WHOLE]
    return Rendered(tuple(joined([*parts, *small_print(reply, zone)])), files, tuple(buttons))


def shown(tamed: str) -> str:
    """Tamed Markdown as Discord shows it: nobody is mentioned, no link unfolds, deep headings are bold."""
    parts = CODE.split(DEEP_HEADING.sub(r"**\1**", tamed))
    return discord_from_markdown(
        "".join(part if index % 2 else LIVE.sub(_quiet, part) for index, part in enumerate(parts))
    )


def _quiet(match: re.Match[str]) -> str:
    label, target, bare = match.groups()
    if bare is None:
        return f"{label}(<{target}>)"
    address = bare.rstrip(TRAILING)
    return f"<{address}>{bare[len(address) :]}"


def small_print(reply: Reply, zone: ZoneInfo) -> list[str]:
    """Sources that the text doesn't link itself, then notes, as one text of lines under the limit; or none."""
    others = (each for each in enumerate(reply.sources, 1) if f"({each[1].permalink})" not in reply.text)
    sources = [_source(number, source, zone) for number, source in others]
    notes = [f"-# {shown(tame(' '.join(note.split()), frozenset()))}" for note in reply.notes]
    text = "\n".join((*fitting(sources, MOST_SOURCES), *fitting(notes, MOST_NOTES)))
    return [text] if text else []


def joined(parts: Sequence[str]) -> list[str]:
    """The parts, each put on the page before it where it fits there."""
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
        if used > limit - 20:
            break
        kept += 1
    return [*lines[:kept], *([f"-# … and {len(lines) - kept} more"] if kept < len(lines) else [])]


def _source(number: int, source: Source, zone: ZoneInfo) -> str:
    at = source.sent_at.astimezone(zone)
    quoted = " ".join(source.text.split())
    quoted = quoted if len(quoted) <= MOST_QUOTED else quoted[:MOST_QUOTED].rstrip() + "…"
    name, words = (_inert_plain(text) for text in (f"{source.author}, {dates.moment(at, at.year)}", quoted))
    return (
        f"-# {number}. [{name}](<{source.permalink}>) {words}" if source.permalink else f"-# {number}. {name} {words}"
    )


def _inert_plain(text: str) -> str:
    """Somebody's words in the small print, where nothing of them is Markdown and no link is live."""
    return discord_from_markdown(markdown_from_plain(ADDRESS.sub(lambda match: match[0].replace(":", ":\u200b"), text)))
