"""The sentences of a conversation that may stand in its summary, and what each does there.

A sentence that is too short to be understood takes the next one of its message with it, and neighbours that do the
same are one point. Reads words and replies only; `nlp/text/extractive.py` chooses among the points.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from adapters.chat import Message
from bot.conversation.quoting import sentences
from bot.discussions.graph import ReplyGraph
from nlp.text.dialogue_acts import Kind, MarkedSentence, mark
from nlp.text.extractive import concepts
from nlp.text.lexical import words
from nlp.text.pastes import without_pastes
from nlp.text.questions import asked_for, is_question

LEAST_CONCEPTS, LONGEST = 5, 60  # a sentence with fewer concepts is chatter, one with more words no point
WHOLE, CUT = 18, 22  # words of a message that is quoted in whole, and of a quoted sentence
OPENING = re.compile(r"@?[\w|`^{}\[\]\\-]{1,40}\s?[:,;>]+\s+")
UNSPACED = re.compile("[\u0e00-\u0eff\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")  # Thai, Lao, Khmer, kana, Han
LEAST_MARKED = 3  # concepts of one that does something
LEAST_ASKED = 3  # concepts of an open question besides those of seeking help
SPOKEN_TO = re.compile(r"\S{1,40}: |[A-Z]\S{2,40} - ")
CLAUSE = re.compile(r"(?<=[,.:;)-])\s+")
POINTING = frozenset(words("you it this that them these those they he she isso isto eso esto das dies cela ca"))
SEEKING = concepts(
    "anyone anybody someone somebody help ideas idea please know explain try problem issue question time"
)
PREFERENCE: dict[Kind | None, float] = {
    "open question": 2.5,
    "decision": 2.0,
    "cause": 2.0,
    "fix": 2.0,
    "action": 1.6,
    None: 1.0,
}
LABELLED = 2.0  # the factor of a point whose author said what it is
ASIDE, DANGLING = 0.8, 0.5  # the factors of a later sentence, and of one that begins by referring to another
REPLY, REACTION = 0.2, 0.1  # what each of the first ENOUGH replies and reactions adds to a message's factor
ENOUGH = 5
REFERRING = frozenset(
    words(
        "he she it they his her its their this that these those you so which and but or because since then maybe"
        " ele ela isso isto eles elas mas ella eso esto ellos pero er sie es das dies aber und il elle ils cela mais et"
    )
)


@dataclass(frozen=True, slots=True)
class Point:
    """A part of a message, what it does if that is known, and how much it is preferred."""

    text: str
    message: Message
    kind: Kind | None = None
    prior: float = 1.0


@dataclass(frozen=True, slots=True)
class Parts:
    """The messages of a graph, each cut into its points, once for all who choose among them."""

    graph: ReplyGraph
    points: Sequence[Sequence[Point]]

    @classmethod
    def of(cls, graph: ReplyGraph) -> "Parts":
        """Return the parts of the graph's messages."""
        factors = zip(graph.messages, _factors(graph.messages), strict=True)
        each = (_of(graph, place, message, factor) for place, (message, factor) in enumerate(factors))
        return cls(graph, tuple(map(tuple, each)))


def _is_open(graph: ReplyGraph, place: int) -> bool:
    """Return whether a message is a question of its own that nobody answered: none that only asks back."""
    before = graph.question_of(place)
    own = before < 0 or graph.messages[before].author.id == graph.messages[place].author.id
    return own and graph.spoken_to[place] is None and graph.is_open(place)


def points(parts: Parts) -> list[Point]:
    """Return every point of the messages, in their order; where no sentence tells enough, all of them, cut to fit."""
    found = [point for each in parts.points for point in each]
    telling = [point for point in found if told(point.text) >= (LEAST_MARKED if point.kind else LEAST_CONCEPTS)]
    short = [point for point in telling if length(point.text) <= LONGEST]
    return short or [_cut(point) for point in telling or found]


def sentences_of(parts: Parts) -> Iterator[tuple[int, Point]]:
    """Yield what each message says as one point: all of it, or its weightiest sentence where it is long."""
    graph = parts.graph
    for place, found in enumerate(parts.points):
        if found:
            yield place, _whole(graph.messages[place], found, named=graph.spoken_to[place] is not None)


def _whole(message: Message, found: Sequence[Point], *, named: bool) -> Point:
    """Return one point for a message, without the name that opens it."""
    best = max(found, key=lambda point: point.prior * len(concepts(point.text)))
    whole = without_pastes(message.text) == message.text and length(message.text) <= WHOLE
    text = " ".join((message.text if whole else best.text).split())
    said = _unaddressed(text, named=named).split()
    text = " ".join(said)
    return replace(best, text=text if len(said) <= CUT else f"{' '.join(said[:CUT])}…")


def _unaddressed(text: str, *, named: bool) -> str:
    """Return what is said to somebody who is `named` without the name that opens it, which can't be a label then."""
    opening = OPENING.match(text) if named else None
    return text[opening.end() :] if opening else text


def _of(graph: ReplyGraph, at: int, message: Message, factor: float) -> Iterator[Point]:
    named, open_ = graph.spoken_to[at] is not None, _is_open(graph, at)
    for place, (text, marked) in enumerate(_grouped(_unaddressed(message.text, named=named))):
        kind = marked.kind
        if kind is None and open_ and is_question(text) and _stands_alone(text):
            kind = "open question"
        prior = factor * PREFERENCE[kind] * (LABELLED if marked.labelled else 1)
        plain = kind is None
        prior *= (ASIDE if plain and place else 1) * (DANGLING if plain and not named and _refers(text) else 1)
        yield Point(text, message, kind, prior)


def _grouped(text: str) -> Iterator[tuple[str, MarkedSentence]]:
    """Yield the sentences of a text, those that need their neighbours with them, and the mark of each group."""
    groups: list[list[MarkedSentence]] = []
    for each in map(mark, sentences(text)):
        if groups and _belongs(each, groups[-1]):
            groups[-1].append(each)
        else:
            groups.append([each])
    for group, first in _led_up_to(groups):
        yield _joined(text, group), first


def _led_up_to(groups: Sequence[list[MarkedSentence]]) -> Iterator[tuple[list[MarkedSentence], MarkedSentence]]:
    """Yield the groups with their marks; a thin last one takes the plain talk before it along, if that is short."""
    *earlier, last = groups or [[]]
    whole = [each for group in groups for each in group]
    alone = last and last[0].kind and not last[0].labelled and _is_thin(last)
    if earlier and alone and all(group[0].kind is None for group in earlier) and _length(whole) <= LONGEST:
        yield whole, last[0]
    else:
        yield from ((group, group[0]) for group in groups)


def _belongs(each: MarkedSentence, group: Sequence[MarkedSentence]) -> bool:
    """Return whether a sentence goes on with its group, which does something or isn't a group."""
    first = group[0]
    if first.kind is None or each.labelled or _length([*group, each]) > LONGEST:
        return False
    return _is_thin(group) or each.kind == first.kind


def _is_thin(group: Sequence[MarkedSentence]) -> bool:
    return len(set().union(*(concepts(each.text) for each in group))) < LEAST_MARKED + 1


def _length(group: Sequence[MarkedSentence]) -> int:
    return sum(length(each.text) for each in group)


def _joined(text: str, group: Sequence[MarkedSentence]) -> str:
    """Return the group as it stands in the text."""
    start = text.find(group[0].text)
    end = start + len(group[0].text)
    for each in group[1:]:
        end = text.find(each.text, end) + len(each.text)
    whole = text[start:end]
    return whole if without_pastes(whole) == whole else group[0].text


def _stands_alone(question: str) -> bool:
    """Return whether a question says what it is about: not "can anyone help?", "will that work?" or "he said so?"."""
    about = concepts(question) - SEEKING
    pointing = words(question)[-1:] == ["too"] or POINTING & set(words(question))
    asks = any(asked_for(clause) for clause in CLAUSE.split(question))
    least = LEAST_ASKED + (2 if pointing else 0)
    goes_on = _refers(question) and asked_for(question) is None
    return asks and len(about) >= least and not goes_on and not SPOKEN_TO.match(question)


def _refers(text: str) -> bool:
    first = words(text)[:1]
    return bool(first) and first[0] in REFERRING


def _cut(point: Point) -> Point:
    text = " ".join(point.text.split()[:LONGEST])
    while length(text) > LONGEST:
        text = text[: len(text) * LONGEST // length(text)]
    return Point(text, point.message, point.kind, point.prior)


def told(text: str) -> int:
    """Return how many concepts a sentence has; without spaces they are taken to be of four letters."""
    return len(concepts(text)) + len(UNSPACED.findall(text)) // 4


def length(text: str) -> int:
    """Return how many words a sentence has; without spaces they are taken to be of two letters."""
    return len(text.split()) + len(UNSPACED.findall(text)) // 2


def _factors(messages: Sequence[Message]) -> list[float]:
    """Return how much more each message counts for the replies and reactions it got."""
    replies = Counter(message.place.thread or message.reply_to for message in messages)
    reactions = [sum(reaction.count for reaction in message.reactions) for message in messages]
    return [
        (1 + REPLY * min(replies[message.id], ENOUGH)) * (1 + REACTION * min(count, ENOUGH))
        for message, count in zip(messages, reactions, strict=True)
    ]
