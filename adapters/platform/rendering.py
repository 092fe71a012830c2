"""Lays out a reply for every platform: pages and a file for what doesn't fit them, sources, lines that fit.

Pure. How links, emphasis and small print are written, each platform says itself.
"""

from collections.abc import Callable, Sequence
from zoneinfo import ZoneInfo

from adapters.chat import Attachment, Reply, Source
from adapters.text import dates
from adapters.text.links import ADDRESS, GRAVE
from adapters.text.pages import Measure, pages

MOST_PAGES = 4
MOST_QUOTED = 80
WHOLE = "The whole answer is in the file below."
MORE = "… and {} more"


def paged(text: str, reply: Reply, note: str, limit: int, measure: Measure) -> tuple[list[str], tuple[Attachment, ...]]:
    """Return the text in pages, and the files: of an answer that fills too many pages the first, a note and a file."""
    parts = pages(text, limit, measure=measure)
    if len(parts) <= MOST_PAGES:
        return parts, reply.files
    whole = Attachment("answer.md", reply.text.encode(), "text/markdown", "The whole answer as text")
    return [pages(text, limit - measure(note) - 1, measure=measure)[0], note], (whole, *reply.files)


def fitting(lines: Sequence[str], limit: int, measure: Measure, more: Callable[[int], str]) -> list[str]:
    """Return as many lines as fit, then `more` of how many don't."""
    kept, used = 0, 0
    for line in lines:
        used += measure(line) + 1
        if used > limit:
            break
        kept += 1
    return [*lines[:kept], *([more(len(lines) - kept)] if kept < len(lines) else [])]


def heading(source: Source, zone: ZoneInfo) -> str:
    """Return who said it and when, and where if that isn't here: "#ops · Ana, 20 May 13:00"."""
    at = source.sent_at.astimezone(zone)
    where = f"{source.channel.replace('`', GRAVE)} · " if source.channel else ""
    return f"{where}{source.author.replace('`', GRAVE)}, {dates.moment(at, at.year)}"


def excerpt(text: str) -> str:
    """Return the beginning of what somebody wrote, on one line; an address is there whole or not at all."""
    line = " ".join(text.split())
    if len(line) <= MOST_QUOTED:
        return line
    cut = next((found.start() for found in ADDRESS.finditer(line) if found.start() < MOST_QUOTED < found.end()), None)
    return line[: MOST_QUOTED if cut is None else cut].rstrip() + "…"
