"""Draws docs/chat.svg, Parley in a channel of Slack: `python docs/chat.py` asks the sample team's history.

What is drawn are the blocks that the Slack adapter sends, one function for each type. The picture is plain SVG with the
reader's own fonts: nothing in it comes from elsewhere.
"""

import asyncio
import html
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zoneinfo import ZoneInfo

from adapters.chat import Intent, Message, Person, Place, Request, Window, ignore
from adapters.slack.surfaces.rendering import render
from bot import sample
from bot.config import Config
from bot.history import HistoryThread
from bot.runtime.composition import opened
from bot.runtime.importing import bring_in

PICTURE = Path(__file__).resolve().with_name("chat.svg")
ZONE = ZoneInfo("UTC")
WIDTH, EDGE, INDENT, LINE = 860, 28, 76, 21
TEXT, SMALL = 15, 12.5
INK, PALE, LINK, FRAME, PAPER, GROUND = "#1d1c1d", "#616061", "#1264a3", "#bbbabb", "#ffffff", "#f4f2ee"
COLOURS = ("#2a6f97", "#8a5a83", "#b5651d")
PARLEY = "#1d3557"
FONT = "-apple-system, 'Segoe UI', Roboto, Helvetica, Arial, sans-serif"
NARROW, WIDE = frozenset("iljtfrI.,:;'|!()[] "), frozenset("mwMW@%—…")
ENTITIES = {"&lt;": "<", "&gt;": ">", "&amp;": "&"}
TOKEN = re.compile(
    r"<(?P<to>https?://[^|>]+)\|(?P<label>[^>]*)>|\[(?P<words>[^\]]+)\]\((?P<address>[^)]+)\)"
    r"|\*\*(?P<strong>.+?)\*\*|(?<!\w)\*(?P<bold>[^*\n]+)\*|(?<!\w)_(?P<slanted>[^_\n]+)_(?!\w)|(?P<plain>[^<\[*_]+|.)",
    re.DOTALL,
)
MARK = re.compile(r"\s*(?:(?P<bullet>- )|(?:>|&gt;) ?)")
ASKS = (
    ("callum", "Callum Reyes", "when do we launch regatta mode?", Intent("ask", "when do we launch regatta mode?")),
    (
        "hanne",
        "Hanne Dybdal",
        "summarise the last 12",
        Intent("summarize", window=Window(last=12, until=datetime(2026, 3, 27, 12, tzinfo=UTC))),
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Word:
    """A word as it is drawn."""

    text: str
    weight: str = ""
    colour: str = ""


@dataclass(slots=True)
class Sheet:
    """The picture so far, from the top down."""

    shapes: list[str] = field(default_factory=list)
    y: float = 0

    def text(self, x: float, words: Sequence[Word], size: float = TEXT, colour: str = INK, where: str = "") -> None:
        """Write a line at this height; `where` says which part of it stands at x, its start where nothing is said."""
        spans = "".join(_span(word) for word in words)
        at = f'x="{x:g}" y="{self.y:g}"' + (f' text-anchor="{where}"' if where else "")
        self.shapes.append(f'<text {at} font-size="{size}" fill="{colour}" xml:space="preserve">{spans}</text>')

    def paragraph(self, source: str, x: float, size: float = TEXT, colour: str = INK) -> None:
        """Write marked text over as many lines as it needs."""
        for line in wrapped(list(words_of(source)), WIDTH - EDGE - x, size):
            self.y += LINE if size == TEXT else LINE - 4
            self.text(x, line, size, colour)

    def box(self, x: float, width: float, height: float, fill: str, stroke: str = "none") -> None:
        """Draw a frame whose top is at this height."""
        size = f'width="{width:g}" height="{height:g}"'
        self.shapes.append(f'<rect x="{x:g}" y="{self.y:g}" {size} rx="6" fill="{fill}" stroke="{stroke}"/>')


def _span(word: Word) -> str:
    style = f' font-weight="{word.weight}"' if word.weight == "bold" else ""
    style += ' font-style="italic"' if word.weight == "italic" else ""
    style += f' fill="{word.colour}"' if word.colour else ""
    return f"<tspan{style}>{html.escape(word.text, quote=False)}</tspan>"


def words_of(source: str) -> Iterator[Word]:
    """Yield the words of Slack's marked text, each with the blank behind it."""
    for entity, sign in ENTITIES.items():
        source = source.replace(entity, sign) if entity != "&lt;" else source
    for found in TOKEN.finditer(source):
        label = found["label"] or found["words"]
        bold = found["strong"] or found["bold"]
        text = label or bold or found["slanted"] or found["plain"] or ""
        weight = "bold" if bold else "italic" if found["slanted"] else ""
        for part in re.findall(r"\n|[^\s]+[^\S\n]*|[^\S\n]+", text.replace("\\", "")):
            yield Word(part.replace("&lt;", "<"), weight, LINK if label else "")


def wrapped(words: Sequence[Word], width: float, size: float) -> Iterator[list[Word]]:
    """Yield lines of words that fit the width; a line break in the text begins another one."""
    line: list[Word] = []
    filled = 0.0
    for word in words:
        wide = width_of(word.text.rstrip(), size, bold=word.weight == "bold")
        if word.text == "\n" or (line and filled + wide > width):
            yield line
            line, filled = [], 0.0
        if word.text != "\n":
            line.append(word)
            filled += width_of(word.text, size, bold=word.weight == "bold")
    if line:
        yield line


def width_of(text: str, size: float, *, bold: bool = False) -> float:
    """Return about how wide a text is, rather too wide than too narrow."""
    parts = (0.36 if char in NARROW else 0.96 if char in WIDE else 0.72 if char.isupper() else 0.61 for char in text)
    return sum(parts) * size * (1.06 if bold else 1)


# Blocks


def markdown(block: Mapping[str, Any], sheet: Sheet) -> None:
    """Draw Markdown, paragraph by paragraph."""
    for paragraph in str(block["text"]).split("\n"):
        if not paragraph.strip():
            sheet.y += LINE / 3
            continue
        mark = MARK.match(paragraph)
        top = sheet.y + 5
        sheet.paragraph(paragraph[mark.end() :] if mark else paragraph, INDENT + (16 if mark else 0))
        if mark and mark["bullet"]:
            sheet.shapes.append(f'<circle cx="{INDENT + 4}" cy="{top + 11:g}" r="2.5" fill="{INK}"/>')
        elif mark:
            size = f'width="4" height="{sheet.y - top + 4:g}"'
            sheet.shapes.append(f'<rect x="{INDENT}" y="{top:g}" {size} rx="2" fill="{FRAME}"/>')


def context(block: Mapping[str, Any], sheet: Sheet) -> None:
    """Draw small print."""
    sheet.y += 4
    for element in block["elements"]:
        for line in element["text"].split("\n"):
            sheet.paragraph(line, INDENT, SMALL, PALE)


def actions(block: Mapping[str, Any], sheet: Sheet) -> None:
    """Draw a row of buttons."""
    row([element["text"]["text"] for element in block["elements"]], sheet)


def context_actions(block: Mapping[str, Any], sheet: Sheet) -> None:
    """Draw the pair of buttons by which an answer is judged."""
    for element in block["elements"]:
        row([element[kind]["text"]["text"] for kind in ("positive_button", "negative_button")], sheet)


def row(labels: Sequence[str], sheet: Sheet) -> None:
    """Draw buttons beside each other."""
    sheet.y += 12
    x = float(INDENT)
    for label in labels:
        width = width_of(label, SMALL, bold=True) + 28
        sheet.box(x, width, 28, PAPER, FRAME)
        sheet.y += 18.5
        sheet.text(x + width / 2, [Word(label, "bold")], SMALL, where="middle")
        sheet.y -= 18.5
        x += width + 8
    sheet.y += 28


DRAWN: Mapping[str, Callable[[Mapping[str, Any], Sheet], None]] = {
    "markdown": markdown, "context": context, "actions": actions, "context_actions": context_actions,
}  # fmt: skip


# The picture


def head(sheet: Sheet, name: str, colour: str, *, app: bool = False) -> None:
    """Draw who says something."""
    sheet.y += 18
    sheet.box(EDGE, 36, 36, colour)
    sheet.y += 25
    sheet.text(EDGE + 18, [Word(name[0], "bold", PAPER)], 18, where="middle")
    sheet.y -= 11
    sheet.text(INDENT, [Word(name, "bold")])
    if app:
        x = INDENT + width_of(name, TEXT, bold=True) + 10
        sheet.y -= 11
        sheet.box(x, 30, 14, "#e8e8e8")
        sheet.y += 11
        sheet.text(x + 15, [Word("APP", "bold", PALE)], 9.5, where="middle")


def drawn(talk: Sequence[tuple[str, str, Sequence[Mapping[str, Any]]]]) -> str:
    """Return the picture of questions, each with who asked it and the blocks of its answer."""
    sheet = Sheet(y=58)
    for number, (name, question, blocks) in enumerate(talk):
        head(sheet, name, COLOURS[number % len(COLOURS)])
        sheet.paragraph(f"[@Parley](x) {question}", INDENT)
        head(sheet, "Parley", PARLEY, app=True)
        for block in blocks:
            DRAWN[block["type"]](block, sheet)
        sheet.y += 8
    height = round(sheet.y + EDGE)
    label = "Parley in a channel of Slack: " + "; ".join(f"{name} asks: {question}" for name, question, _ in talk)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" font-family="{FONT}">\n'
        f"<title>{html.escape(label)}</title>\n"
        f'<rect width="{WIDTH}" height="{height}" rx="10" fill="{PAPER}" stroke="{FRAME}"/>\n'
        f'<path d="M0 48V10A10 10 0 0 1 10 0H{WIDTH - 10}A10 10 0 0 1 {WIDTH} 10V48Z" fill="{GROUND}"/>\n'
        f'<text x="{EDGE}" y="31" font-size="17" font-weight="bold" fill="{INK}"># general</text>\n'
        + "\n".join(sheet.shapes)
        + "\n</svg>\n"
    )


@dataclass(frozen=True, slots=True)
class Member:
    """A member of the channel."""

    async def can_read(self, place: Place) -> bool:
        """Return True: the channel is open to all."""
        del place
        return True

    async def is_admin(self, place: Place) -> bool:
        """Return False."""
        del place
        return False


async def asked() -> list[tuple[str, str, Sequence[Mapping[str, Any]]]]:
    """Return what is asked of the sample team's channel, and the blocks that Slack gets."""
    with TemporaryDirectory() as folder:
        database = Path(folder) / "history.db"
        bring_in(sample.path(), database, ignore)
        async with opened(Config(), database) as assistant:
            history: HistoryThread = assistant.services.history
            (room,) = await history.run(lambda store: store.channels("general"))
            await history.run(
                lambda store: store.turn_on(room.place, "owner", datetime(2026, 3, 1, tzinfo=UTC), 36_000)
            )
            talk = []
            for id_, name, question, intent in ASKS:
                person = Person(id_, name)
                said = Message("1", room.place, person, question, datetime.now(UTC))
                request = Request(intent, room.place, person, message=said, access=Member(), public=True)
                reply = await assistant.handle(replace(request, message=said))
                blocks = [block for page in render(reply, request, ZONE).pages for block in page.blocks]
                talk.append((name, question, blocks))
            return talk


if __name__ == "__main__":
    PICTURE.write_text(drawn(asyncio.run(asked())), encoding="utf-8")
