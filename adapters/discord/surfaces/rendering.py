"""A reply as Discord's messages: pages of Markdown under the limit, with proof and notes in small print below.

Pure. Everything passes `adapters.text.links` on its way out. Sources are links in the text and not an embed, because
where Parley may not embed links an embed is dropped without a word, and the proof with it. Links stand in angle
brackets, so that none of them unfolds. What doesn't fit a few messages goes into a file.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from zoneinfo import ZoneInfo

from adapters.chat import Attachment, Reply, Request, Source
from adapters.discord.surfaces.actions import Button
from adapters.discord.words import WORDS, say
from adapters.platform.rendering import MORE, WHOLE, excerpt, fitting, heading, paged
from adapters.text.links import ADDRESS, LINK, NOTHING, TRAILING, literal, proven, tame
from adapters.text.markup import CODE, discord_from_markdown, inert, markdown_from_plain
from adapters.text.pages import utf16_length

LIMIT = 2_000  # UTF-16 units of a message
MOST_SOURCES, MOST_NOTES = 1_500, 450  # UTF-16 units of the small print, which fits a message
ROOM = 20  # UTF-16 units for the line that says how many didn't fit
LIVE = re.compile(rf"{LINK.pattern}|<({ADDRESS.pattern})>")
EMOJI_NAME = re.compile(r"(?<![\w:<]):((?:\w|\\_){2,64}):(?!\w)")
NO_EMOJI: Mapping[str, str] = MappingProxyType({})
DEEP_HEADING = re.compile(r"^#{4,6} +(.*)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Rendered:
    """The messages that say a reply, in order; files and buttons go with the last one."""

    pages: tuple[str, ...]
    files: tuple[Attachment, ...] = ()
    buttons: tuple[Button, ...] = ()


def render(
    reply: Reply,
    request: Request | None,
    zone: ZoneInfo,
    buttons: Sequence[Button] = (),
    *,
    locale: str = "",
    emoji: Mapping[str, str] = NO_EMOJI,
) -> Rendered:
    """Return the messages that say the reply. `emoji` are the server's own, by name, as Discord writes them."""
    text = with_emoji(shown(tame(reply.text, proven(reply, request)).strip()), emoji) or "…"
    parts, files = paged(text, reply, f"-# {say(WHOLE, locale)}", LIMIT, utf16_length)
    print_below = [with_emoji(each, emoji) for each in small_print(reply, zone, locale)]
    fits = all(utf16_length(each) <= LIMIT for each in print_below)
    below = print_below if fits else small_print(reply, zone, locale)
    return Rendered(tuple(joined([*parts, *below])), files, tuple(buttons))


def with_emoji(text: str, emoji: Mapping[str, str]) -> str:
    """Return the text with the server's own emoji as Discord draws them; the history knows them by name."""
    if not emoji:
        return text

    def drawn(match: re.Match[str]) -> str:
        return emoji.get(match[1].replace("\\", ""), match[0])

    parts = CODE.split(text)
    return "".join(part if index % 2 else EMOJI_NAME.sub(drawn, part) for index, part in enumerate(parts))


def shown(tamed: str) -> str:
    """Return tamed Markdown as Discord shows it: nobody is mentioned, no link unfolds, deep headings are bold."""
    parts = CODE.split(DEEP_HEADING.sub(r"**\1**", tamed))
    return discord_from_markdown(
        "".join(part if index % 2 else LIVE.sub(_quiet, part) for index, part in enumerate(parts))
    )


def _quiet(match: re.Match[str]) -> str:
    label, target, bare, quiet = match.groups()
    if quiet is not None:
        return match[0]
    if bare is None:
        return f"[{label}](<{target}>)"
    address = bare.rstrip(TRAILING)
    return f"<{address}>{bare[len(address) :]}"


def small_print(reply: Reply, zone: ZoneInfo, locale: str = "") -> list[str]:
    """Return sources that the text doesn't link itself, then notes, as one text of lines under the limit; or none."""
    others = (each for each in enumerate(reply.listed, 1) if f"({each[1].permalink})" not in reply.text)
    sources = [_source(number, source, zone) for number, source in others]
    notes = [f"-# {shown(tame(' '.join(note.split()), NOTHING))}" for note in reply.notes]
    rest = [(sources, MOST_SOURCES), (notes, MOST_NOTES)]
    lines = [line for each, limit in rest for line in fitting(each, limit - ROOM, utf16_length, partial(_more, locale))]
    return ["\n".join(lines)] if lines else []


def _more(locale: str, count: int) -> str:
    return f"-# {WORDS.fill(MORE, locale, count)}"


def joined(parts: Sequence[str]) -> list[str]:
    """Return the parts, each put on the page before it where it fits there."""
    done: list[str] = []
    for part in parts:
        if done and utf16_length(done[-1]) + utf16_length(part) + 1 <= LIMIT:
            done[-1] += "\n" + part
        else:
            done.append(part)
    return done


def _source(number: int, source: Source, zone: ZoneInfo) -> str:
    name = inert(markdown_from_plain(heading(source, zone)))
    words = shown(tame(literal(excerpt(source.text)), NOTHING))
    return (
        f"-# {number}. [{name}](<{source.permalink}>) {words}" if source.permalink else f"-# {number}. {name} {words}"
    )
