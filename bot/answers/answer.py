"""An answer to a question, as people and programs read it: the quotation, what the models make of it, what changed.

Values only; `bot/intents/ask.py` finds what they hold.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any
from zoneinfo import ZoneInfo

from adapters.chat import EVERYTHING, Message, Place, Reply, Source, Window
from adapters.text import dates
from bot.answers.languages import Rendering
from bot.answers.readers import Reading
from bot.conversation.context import Covers
from bot.conversation.quoting import quoted, shortened, signature, source_document, source_of
from bot.retrieval.ranking import Candidate, Ranking
from bot.summaries.decisions import decides
from nlp.text.dialogue_acts import reverses
from nlp.text.names import name_of

SURE = 0.5  # above it, the reply doesn't hedge
TRUSTED = 0.5  # of what another model says, that much counts for or against an answer
NEAREST = "I am not sure; this comes nearest:"
OPPOSITE = "The nearest message says the opposite:"
MOST_EARLIER, EARLIER = 3, 200  # statements that the answer took the place of, and characters of each
CLAIMS = 0.5  # the score from which a model's other answer is shown though nothing was found


@dataclass(frozen=True, slots=True)
class Answer:
    """The candidates, best first, and whether the best one counts as an answer.

    `near` are people who might know; `course` is what was decided about the subject over time, the best one among it;
    `readings` are what models read in the candidates, where any are bound. `window` is what was asked about. `names`
    are what the channels are called, where several were searched. `rendering` is the quotation in the language of the
    question, where a bound pair leads from one to the other.
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

    def reply(self) -> Reply:
        """Return the quotation with who, when and where; or where it was looked for."""
        notes = (f"I looked at {self.covers.sentence()}.", *self.notes)
        if not self.found:
            return self._nothing(notes)
        best, *others = self.ranking.candidates
        hedge = [] if self.confidence >= SURE else [OPPOSITE if best.against else NEAREST, ""]
        proof = self._changes() if self.course else self._quotation(best)
        text = "\n".join(
            [*hedge, *self._lead(), *proof, *self._rendered(), *self._disagreement(), *self._elsewhere(others)]
        )
        return Reply(text, sources=tuple(map(self._source, self._sources())), notes=notes)

    def _nothing(self, notes: Sequence[str]) -> Reply:
        """Return where it was looked for; with what says the opposite, and what models read elsewhere."""
        denying = [each.message for each in self.ranking.candidates[:1] if each.against]
        denied = [line for each in denying for line in ("", OPPOSITE, "", *self._quoted(each))]
        lines = [" ".join([self._not_found(), *self._who_might_know()]), *denied, *self._disagreement()]
        read = [source for each in self._other_answers() for source in each.sources]
        return Reply("\n".join(lines), tuple(map(self._source, dict.fromkeys([*denying, *read]))), tuple(notes))

    @property
    def answering(self) -> Message:
        """Return the message whose words are the answer: the last word of a course, or what followed a question."""
        best = self.ranking.candidates[0]
        return self.course[-1] if self.course else best.reply or best.message

    def document(self) -> dict[str, Any]:
        """Return the document that a program reads; the first source is the answer, the others come next in rank."""
        quoted_here = self._sources() if self.found else []
        return {
            "found": self.found,
            "answer": quoted_here[0].text if quoted_here else None,
            "confidence": round(self.confidence, 4),
            "sources": [source_document(message, self._channel(message)) for message in quoted_here],
            "opposite": bool(quoted_here) and self.ranking.candidates[0].against,
            "course": [self._turn_document(place) for place in range(len(self.course))] if self.found else [],
            "readings": [self._reading_document(each) for each in self.readings],
            "rendering": asdict(self.rendering) if self.rendering else None,
            "might_know": list(self.near) if not self.found else [],
            "covers": self.covers.document(),
            "notes": list(self.notes),
            "model": self.model,
        }

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
        replies = [each.reply for each in self.ranking.candidates[:1] if each.reply]
        earlier = [message for each in self.ranking.candidates[:1] for message in each.earlier]
        read = [source for each in self.readings for source in each.sources]
        return list(dict.fromkeys([*ranked, *replies, *earlier, *self.course, *read]))

    def _lead(self) -> list[str]:
        """Return the answer in a model's own words, where it agrees with the quotation: sentences before a span."""
        agreeing = [each for each in self.readings if each.text and agrees(each, self.ranking)]
        if not agreeing:
            return []
        chosen = agreeing[-1]
        return [chosen.text if chosen.task == "generate" else f"**{chosen.text}**", ""]

    def _quotation(self, best: Candidate) -> list[str]:
        asked = self._led_up_to(best.context) if best.context else []
        if best.reply is None:
            return [*asked, *self._quoted(best.message), *self._before(best)]
        return [
            *asked,
            *self._quoted(best.message),
            "",
            f"{best.reply.author.name} replied:",
            "",
            *self._quoted(best.reply),
        ]

    def _led_up_to(self, context: Message) -> list[str]:
        """Return the question that was replied to, or the message of an app whose thread it is."""
        did = "posted" if context.from_bot else "asked"
        return [f"{context.author.name} {did}: {shortened(context.text)}", ""]

    def _rendered(self) -> list[str]:
        """Return the quotation in the language of the question, where it is in another one."""
        if self.rendering is None:
            return []
        text = shortened(" ".join(self.rendering.text.split()))
        return ["", f"In {name_of(self.rendering.language)}, as I translate it: “{text}”"]

    def _before(self, best: Candidate) -> list[str]:
        """Return what was said of the same thing at earlier times, the latest first."""
        notes = [
            f"“{shortened(' '.join(each.text.split()), EARLIER)}” — {self._signed(each)}"
            for each in reversed(best.earlier[-MOST_EARLIER:])
        ]
        return ["", f"Before that: {'; '.join(notes)}"] if notes else []

    def _quoted(self, message: Message) -> list[str]:
        return [quoted(shortened(message.text)), "", f"— {self._signed(message)}"]

    def _changes(self) -> list[str]:
        """Return what was decided, in the order of time, each with its source; the last one is what holds."""
        changed = any(reverses(message.text) for message in self.course)
        how = "changed over time" if changed else "was decided more than once"
        lines = [f"This {how}; the latest word comes last:"]
        for place, message in enumerate(self.course):
            at = message.sent_at.astimezone(self.zone)
            heading = f"{turn(self.course, place).capitalize()} on {dates.day(at, self.covers.this_year)}:"
            last = place == len(self.course) - 1
            lines += ["", f"**{heading}**" if last else heading, "", *self._quoted(message)]
        return lines

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
        messages = {*self.course, self.ranking.candidates[0].reply, *self.ranking.candidates[0].earlier}
        rest = [each.message for each in others if each.message not in messages]
        return ["", "See also: " + "; ".join(map(self._signed, rest))] if rest else []

    def _signed(self, message: Message) -> str:
        return signature(message, self.zone, self.covers.this_year, channel=self._channel(message))

    def _source(self, message: Message) -> Source:
        return source_of(message, self._channel(message))

    def _channel(self, message: Message) -> str:
        """Return what the message's channel is called, where several were searched."""
        return self.names.get(replace(message.place, thread=None), "")


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
            confidence *= 1 - TRUSTED * (each.score if each.text else SURE)
    return confidence


def turn(course: Sequence[Message], place: int) -> str:
    """Return what the message at that place of a course does."""
    message = course[place]
    if reverses(message.text):
        return "reversed"
    if not decides(message):
        return "said"
    return "decided again" if place else "decided"
