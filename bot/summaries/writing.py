"""Asks the model that summarises for sentences about lines of a conversation, whatever its family.

A model that converses is asked to name the lines each sentence rests on; an encoder-decoder only shortens. Lines that
don't fit the model are halved until they do. What comes back is what a model wrote: whoever asks checks it.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.conversation.quoting import sentences
from nlp.core import Core
from nlp.errors import JobTooLong
from nlp.jobs import Generated
from nlp.text.extractive import concepts
from nlp.text.prompts import cited_summary, plain

TOKENS_A_SENTENCE, MOST_TOKENS = 40, 512
LEAST_LINE = 40  # characters; a line this short that doesn't fit the model never will
LEAST_CONCEPTS = 3  # of a sentence that is worth telling
LEAST_SHARE = 0.5  # of the tokens asked for; a model with room for fewer has read too much
CITATION = re.compile(r"\[\s*(\d+(?:\s*[,;–-]\s*\d+)*)\s*\]")  # noqa: RUF001 - what models write between numbers
SPACED = re.compile(rf"(?<!\s)\s*{CITATION.pattern}")
NUMBERS = re.compile(r"(\d+)(?:\s*[–-]\s*(\d+))?")  # noqa: RUF001 - as above
TAG = re.compile(r"</?[a-z]\w*>")  # a marker of the prompt, or the beginning of a page: small models write them
BULLET = re.compile(r"^\s*(?:[-*•–]|\d{1,2}[.)])\s+")  # noqa: RUF001 - as above
ENDS = re.compile(r"\n+|(?<=\][.!?…])\s+|(?<=\])\s+(?=[^\W\d_a-zß-ÿ])|(?<=[.!?…])\s+(?!\[)")


@dataclass(frozen=True, slots=True)
class Line:
    """A message as a model reads it; `place` is the caller's own number for it."""

    speaker: str
    text: str
    place: int

    def __str__(self) -> str:
        return f"{self.speaker}: {self.text}" if self.speaker else self.text


@dataclass(frozen=True, slots=True)
class Written:
    """A sentence that a model wrote, and the places it names as proof: none where it names none that exist."""

    text: str
    cites: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Order:
    """Holds what is asked for: how many sentences at most, and what they shall be about, "" for everything."""

    sentences: int
    focus: str = ""

    @property
    def tokens(self) -> int:
        """Return the tokens that the sentences may take."""
        return min(self.sentences * TOKENS_A_SENTENCE, MOST_TOKENS)


async def write(
    lines: Sequence[Line], order: Order, core: Core, on_text: Callable[[str], None] | None = None
) -> list[Written]:
    """Return what the model makes of the lines.

    Raises ModelUnavailable, JobFailed, or JobTooLong for a hopeless model.
    """
    try:
        return await _written(lines, order, core, on_text)
    except JobTooLong:
        parts = halves(lines)
        if parts is None:
            raise
        return [each for part in parts for each in await write(part, order, core, on_text)]


async def _written(
    lines: Sequence[Line], order: Order, core: Core, on_text: Callable[[str], None] | None
) -> list[Written]:
    if not core.converses("summarize"):
        (text,) = await core.summarize(["\n".join(plain(str(line)) for line in lines)], max_tokens=order.tokens)
        return [Written(each) for each in spoken(text.text, lines)][: order.sentences]
    turns = cited_summary([str(line) for line in lines], order.sentences, order.focus)
    text = await core.generate(turns, max_tokens=order.tokens, on_text=on_text, task="summarize")
    if _crowded(text, order):
        raise JobTooLong("The lines leave the model no room to answer.", "Ask about less text.")
    return cited(text.text, lines)[: order.sentences]


def spoken(text: str, lines: Sequence[Line]) -> list[str]:
    """Return the sentences that tell something, or else all, without the speaker's name that a model may copy."""
    names = {line.speaker for line in lines}
    told = []
    for each in sentences(text):
        name, _, rest = each.partition(": ")
        told.append(rest if rest and name in names else each)
    return [each for each in told if len(concepts(each)) >= LEAST_CONCEPTS] or told


def _crowded(made: Generated, order: Order) -> bool:
    """Return whether the model ended early because its window was full."""
    return made.cut and made.tokens < LEAST_SHARE * order.tokens


def halves(lines: Sequence[Line]) -> tuple[Sequence[Line], Sequence[Line]] | None:
    """Return the lines in two parts, a single one cut at a space, or None for one that is too short to cut."""
    if len(lines) > 1:
        middle = len(lines) // 2
        return lines[:middle], lines[middle:]
    (line,) = lines
    if len(line.text) < LEAST_LINE:
        return None
    middle = line.text.rfind(" ", 1, len(line.text) // 2 + 1)
    middle = middle if middle > 0 else len(line.text) // 2
    return (
        [Line(line.speaker, line.text[:middle], line.place)],
        [Line(line.speaker, line.text[middle:].lstrip(), line.place)],
    )


def cited(text: str, lines: Sequence[Line]) -> list[Written]:
    """Return the sentences of an answer with the places of the lines they cite.

    Numbers that no line has are passed over.
    """
    citations: dict[str, Written] = {}
    for part in ENDS.split(text):
        sentence = " ".join(CITATION.sub("", BULLET.sub("", part)).split())
        sentence = re.sub(r"\s+([.,;:!?…])", r"\1", sentence)
        if any(map(str.isalpha, TAG.sub("", sentence))):
            numbers = [number for group in CITATION.findall(part) for number in _numbers(group, len(lines))]
            citations.setdefault(sentence, Written(sentence, tuple(dict.fromkeys(lines[n - 1].place for n in numbers))))
    return list(citations.values())


def _numbers(group: str, last: int) -> list[int]:
    """Return the numbers of a citation such as "3, 5-7" that lines have."""
    numbers: list[int] = []
    for first, end in NUMBERS.findall(group):
        numbers += range(max(int(first), 1), min(int(end or first), last) + 1)
    return numbers


def without_citations(on_text: Callable[[str], None]) -> Callable[[str], None]:
    """Return a listener that passes a text on without its citations, holding back one that may have begun."""
    held = ""

    def hear(piece: str) -> None:
        nonlocal held
        held += piece
        end = held.rfind("[") if held.rfind("[") > held.rfind("]") else len(held)
        end = len(held[:end].rstrip())  # the space before a citation goes with it
        told, held = SPACED.sub("", held[:end]), held[end:]
        if told:
            on_text(told)

    return hear
