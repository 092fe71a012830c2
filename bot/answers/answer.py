"""An answer to a question, as people and programs read it: the quotation, what the models make of it, what changed.

Values only; `bot/intents/ask.py` finds what they hold.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any
from zoneinfo import ZoneInfo

from adapters.chat import EVERYTHING, Message, Place, Reply, Source, Window
from adapters.text import dates
from adapters.text.links import literal
from bot.answers.languages import Rendering
from bot.answers.readers import Reading
from bot.conversation.context import Covers
from bot.conversation.quoting import quoted, shortened, signature, source_document, source_of
from bot.retrieval.confidence import SURE
from bot.retrieval.ranking import Candidate, Ranking
from bot.summaries.decisions import decides
from nlp.spans.answers import MACHINE, AnswerSpan, Spoken, answer_span
from nlp.text.dialogue_acts import reverses
from nlp.text.lexical import fold
from nlp.text.names import name_of

TRUSTED = 0.5  # of what another model says, that much counts for or against an answer
NEAREST = "I am not sure; this comes nearest:"
OPPOSITE = "The nearest message says the opposite:"
MOST_EARLIER, EARLIER = 3, 200  # statements that the answer took the place of, and characters of each
WORTH_SHOWING = 0.2  # the confidence from which the nearest message is shown though it isn't an answer
HALF = 0.5  # a model that finds nothing counts as one that is half sure
CLAIMS = 0.5  # the score from which a model's other answer is shown though nothing was found


@dataclass(frozen=True, slots=True)
class Answer:
    """The candidates, best first, and whether the best one counts as an answer.

    `near` are people who might know; `course` is what was decided about the subject over time, the best one among it;
    `readings` are what models read in the candidates, where any are bound. `window` is what was asked about. `names`
    are what the channels are called, where several were searched. `rendering` is the quotation in the language of the
    question, where a bound pair leads from one to the other. `span` are the words of the answer that answer, `sentence`
    the part of a long one that does.
    """

    found: bool
    confidence: float
    ranking: Ranking
    covers: Covers
    model: str
    zone: ZoneInfo
    notes: tuple[str, ...] = ()
    near: tuple[str, ...] = ()
    course: tuple[Message, ...] = ()
    readings: tuple[Reading, ...] = ()
    window: Window = EVERYTHING
    names: Mapping[Place, str] = field(default_factory=dict)
    rendering: Rendering | None = None
    question: str = ""
    span: AnswerSpan | None = None
    sentence: str = ""

    @property
    def best(self) -> Message:
        """Return the message that answers: of decisions about one subject the newest."""
        return self.course[-1] if self.course else self.ranking.candidates[0].message

    @property
    def bold(self) -> AnswerSpan | None:
        """Return the words that the reply opens with in bold: they mostly answer, and so does the message."""
        trusted = self.found and self.span is not None and self.span.trusted and self.confidence >= SURE
        return self.span if trusted else None

    def reply(self) -> Reply:
        """Return the answer and the message that proves it, with who, when and where; or where it was looked for."""
        notes = (f"I looked at {self.covers.sentence()}.", *self.notes)
        if not self.found:
            return self._nothing(notes)
        best, *others = self.ranking.candidates
        hedge = [] if self.confidence >= SURE else [OPPOSITE if best.against else NEAREST, ""]
        proof = [*self._quoted(self.best), *self._question(best), *self._answered(best), *self._before()]
        text = "\n".join(
            [*hedge, *self._lead(), *proof, *self._rendered(), *self._disagreement(), *self._elsewhere(others)]
        )
        return Reply(text, sources=tuple(map(self._source, self._sources())), notes=notes)

    def _nothing(self, notes: Sequence[str]) -> Reply:
        """Return where it was looked for; with who asked it too, what comes nearest, and what models read elsewhere."""
        nearest = self._nearest()
        shown = [line for each in nearest for line in ("", self._named(), "", *self._quoted(each))]
        opening = " ".join([self._not_found(), *self._asked_too(), *self._who_might_know()])
        context = [line for each in self.ranking.candidates[: len(nearest)] for line in self._question(each)]
        lines = [opening, *shown, *context, *self._disagreement()]
        asked = [self.ranking.open] if self.ranking.open else []
        read = [source for each in self._other_answers() for source in each.sources]
        return Reply("\n".join(lines), tuple(map(self._source, dict.fromkeys([*nearest, *asked, *read]))), tuple(notes))

    def _nearest(self) -> list[Message]:
        """Return the message that comes nearest though it doesn't count as an answer, if any comes near."""
        return [
            each.message for each in self.ranking.candidates[:1] if each.against or self.confidence >= WORTH_SHOWING
        ]

    def _named(self) -> str:
        return OPPOSITE if self.ranking.candidates[0].against else "The nearest message is:"

    def _asked_too(self) -> list[str]:
        """Return that somebody else has asked this, where nobody answered them."""
        return [f"{self._signed(self.ranking.open)}, asked this too; nobody answered."] if self.ranking.open else []

    @property
    def answering(self) -> Message:
        """Return the message whose words are the answer: the best, or what followed it where it is a question."""
        return self.best if self.course else self.ranking.candidates[0].reply or self.best

    def document(self) -> dict[str, Any]:
        """Return the document that a program reads; the first source is the answer, the others come next in rank."""
        quoted_here = self._sources() if self.found else []
        return {
            "found": self.found,
            "answer": quoted_here[0].text if quoted_here else None,
            "span": self._span_document(),
            "confidence": round(self.confidence, 4),
            "sources": [source_document(message, self._channel(message)) for message in quoted_here],
            "opposite": bool(quoted_here) and self.ranking.candidates[0].against,
            "course": [self._turn_document(place) for place in range(len(self.course))] if self.found else [],
            "readings": [self._reading_document(each) for each in self.readings],
            "rendering": asdict(self.rendering) if self.rendering else None,
            "nearest": [] if self.found else [source_document(message) for message in self._nearest()],
            "asked_too": source_document(self.ranking.open) if self.ranking.open and not self.found else None,
            "might_know": list(self.near) if not self.found else [],
            "covers": self.covers.document(),
            "notes": list(self.notes),
            "model": self.model,
        }

    def _span_document(self) -> dict[str, Any] | None:
        if self.span is None or not self.found:
            return None
        return {"text": self.span.text, "kind": self.span.kind.value, "trusted": self.bold is not None}

    def _turn_document(self, place: int) -> dict[str, Any]:
        message = self.course[place]
        return {"id": message.id, "at": message.sent_at.isoformat(), "turn": turn(self.course, place)}

    def _reading_document(self, reading: Reading) -> dict[str, Any]:
        return {
            "task": reading.task,
            "model": reading.model,
            "answer": reading.text or None,
            "sources": [message.id for message in reading.sources],
            "score": round(reading.score, 4),
            "agrees": agrees(reading, self.ranking),
            "dropped": reading.dropped,
        }

    def _not_found(self) -> str:
        """Return where it was looked for, and how far back."""
        first, last = (dates.written(at, dates.DATE) for at in (self.covers.from_, self.covers.to))
        where = f"this thread of {self.covers.channel}" if self.window.thread else self.covers.channel
        when = f"since {first}" if self.window.until is None else f"from {first} to {last}"
        return f"I did not find this in {where} {when}."

    def _who_might_know(self) -> list[str]:
        """Return those who wrote, in the messages that came nearest, about something that was asked for."""
        return [f"{' or '.join(self.near)} might know."] if self.near else []

    def _sources(self) -> list[Message]:
        ranked = [each.message for each in self.ranking.candidates]
        linked = [each for one in self.ranking.candidates[:1] for each in (one.reply, *self._asked(one)) if each]
        earlier = [message for each in self.ranking.candidates[:1] for message in each.earlier]
        read = [source for each in self.readings for source in each.sources]
        return list(dict.fromkeys([self.best, *ranked[:1], *linked, *ranked, *earlier, *self.course, *read]))

    def _lead(self) -> list[str]:
        """Return the answer itself: in a model's words where it agrees, else in those that answer."""
        agreeing = [each for each in self.readings if each.text and agrees(each, self.ranking)]
        if agreeing:
            chosen = agreeing[-1]
            return [chosen.text if chosen.task == "generate" else f"**{chosen.text}**", ""]
        if self.bold:
            return [in_bold(self.bold), ""]
        return [literal(self.sentence), ""] if self.sentence else []

    def _question(self, best: Candidate) -> list[str]:
        """Return the question that the message answers, or the message of an app whose thread it is."""
        return [
            line
            for each in self._asked(best)
            for line in ("", f"{self._signed(each)}, {'posted' if each.from_bot else 'asked'}: {shortened(each.text)}")
        ]

    def _asked(self, best: Candidate) -> list[Message]:
        return [best.context] if best.context and best.message == self.best else []

    def _rendered(self) -> list[str]:
        """Return the quotation in the language of the question, where it is in another one."""
        if self.rendering is None:
            return []
        text = shortened(" ".join(self.rendering.text.split()))
        return ["", f"In {name_of(self.rendering.language)}, as I translate it: “{text}”"]

    def _answered(self, best: Candidate) -> list[str]:
        """Return what was replied, where the message that comes nearest is a question itself."""
        if best.reply is None or best.message != self.best:
            return []
        return ["", f"{best.reply.author.name} replied:", "", *self._quoted(best.reply)]

    def _before(self) -> list[str]:
        """Return what was said and decided of the same thing before, the latest first."""
        earlier = self.course[:-1] or self.ranking.candidates[0].earlier
        return [line for each in reversed(earlier[-MOST_EARLIER:]) for line in ("", self._replaced(each))]

    def _replaced(self, message: Message) -> str:
        span = answer_span(self.question, Spoken(message.text, message.author.name)) if self.span else None
        other = span and self.span and span.trusted and fold(span.text) != fold(self.span.text)
        how = f"It was {literal(span.text)} before" if span and other else "Before that"
        return f"{how}: “{literal(shortened(' '.join(message.text.split()), EARLIER))}” — {self._signed(message)}"

    def _quoted(self, message: Message) -> list[str]:
        return [quoted(shortened(message.text)), "", f"— {self._signed(message)}"]

    def _other_answers(self) -> list[Reading]:
        """Return what models read elsewhere; where nothing was found only what they are sure of."""
        least = 0.0 if self.found else CLAIMS
        return [each for each in self.readings if each.text and not agrees(each, self.ranking) and each.score >= least]

    def _disagreement(self) -> list[str]:
        """Return what a model says that the quotation doesn't."""
        notes = [
            f"{each.model} reads “{shortened(each.text, 200)}” ({'; '.join(map(self._signed, each.sources))})"
            for each in self._other_answers()
        ]
        if self.found:
            notes += [f"{each.model} finds no answer there" for each in self.readings if each.abstains]
        return ["", f"The models disagree: {'; '.join(notes)}."] if notes else []

    def _elsewhere(self, others: Sequence[Candidate]) -> list[str]:
        first = self.ranking.candidates[0]
        shown = {self.best, *self.course, first.reply, *self._asked(first), *first.earlier}
        rest = [each.message for each in (first, *others) if each.message not in shown]
        return ["", "See also: " + "; ".join(map(self._signed, rest))] if rest else []

    def _signed(self, message: Message) -> str:
        return signature(message, self.zone, self.covers.this_year, channel=self._channel(message))

    def _source(self, message: Message) -> Source:
        return source_of(message, self._channel(message))

    def _channel(self, message: Message) -> str:
        """Return what the message's channel is called, where several were searched."""
        return self.names.get(replace(message.place, thread=None), "")


def in_bold(span: AnswerSpan) -> str:
    """Return a span as the reply opens with it: what is written for machines as code."""
    if span.way in MACHINE and "`" not in span.text:
        return f"**`{span.text}`**"
    return f"**{literal(span.text)}**"


def agrees(reading: Reading, ranking: Ranking) -> bool:
    """Return whether the model's answer rests on the message that is quoted, or on one that says the same."""
    if not ranking.candidates:
        return False
    best = ranking.candidates[0].message
    return any(source.id == best.id or source.text == best.text for source in reading.sources)


def weighed(ranking: Ranking, readings: Sequence[Reading]) -> float:
    """Return the retrieval's confidence, raised by the score of every model that agrees, and lowered by that of others.

    A model that finds nothing counts as one that is half sure.
    """
    confidence = ranking.confidence
    for each in (each for each in readings if not each.failed):
        if agrees(each, ranking):
            confidence += (1 - confidence) * TRUSTED * each.score
        else:
            confidence *= 1 - TRUSTED * (each.score if each.text else HALF)
    return confidence


def turn(course: Sequence[Message], place: int) -> str:
    """Return what the message at that place of a course does."""
    message = course[place]
    if reverses(message.text):
        return "reversed"
    if not decides(message):
        return "said"
    return "decided again" if place else "decided"
