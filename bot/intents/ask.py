"""Answers a question with the message that answers it, quoted; or says honestly that it was not found.

Nothing is written by a model here: the ranking of `bot/retrieval.py` finds the message, and its confidence decides
whether it is an answer at all.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from adapters.chat import Command, Message, Option, Progress, Reply, Request, Window
from bot import retrieval
from bot.conversation import Conversation, Covers, is_material, read
from bot.errors import UsageError
from bot.history import History, Scope
from bot.intents import Services
from bot.points import Point
from bot.quoting import quoted, sentences, shortened, signature, source_document, source_of
from bot.retrieval import Candidate, Material, Ranking
from bot.reversals import reversals
from bot.vectors import message_vectors
from nlp.cues import mark
from nlp.lexical import content_stems, stems

COMMAND = Command(
    "ask",
    "Find the message that answers a question.",
    argument="question",
    options=(Option("window", "where to look, such as 2 days or last 100", "window"),),
    aliases=("question", "find"),
)
READ = 20_000  # messages ranked for one question; of those before, only the ones that the search index finds
FOUND_BEFORE = 200
SURE = 0.5  # above it, the reply doesn't hedge


@dataclass(frozen=True, slots=True)
class Answer:
    """The candidates, best first, and whether the best one counts as an answer; `near` are people who might know."""

    found: bool
    ranking: Ranking
    covers: Covers
    model: str
    zone: ZoneInfo
    notes: tuple[str, ...] = ()
    near: tuple[str, ...] = ()
    reversed_by: Message | None = None

    def reply(self) -> Reply:
        """The quotation with who, when and where; or where it was looked for."""
        notes = (f"Looked at {self.covers.sentence()}.", *self.notes)
        if not self.found:
            since = f"{self.covers.from_.day} {self.covers.from_:%B %Y}"
            found = f"I did not find this in {self.covers.channel} since {since}."
            return Reply(" ".join([found, *self._who_might_know()]), notes=notes)
        best, *others = self.ranking.candidates
        lead = [] if self.ranking.confidence >= SURE else ["I am not sure; this comes nearest:", ""]
        text = "\n".join([*lead, *self._quotation(best), *self._turn(), *self._elsewhere(others)])
        return Reply(text, sources=tuple(map(source_of, self._sources())), notes=notes)

    def document(self) -> dict[str, Any]:
        """As a program reads it; the first source is the answer, the others come next in rank."""
        quoted_here = self._sources() if self.found else []
        return {
            "found": self.found,
            "answer": quoted_here[0].text if quoted_here else None,
            "confidence": round(self.ranking.confidence, 4),
            "sources": [source_document(message) for message in quoted_here],
            "might_know": list(self.near) if not self.found else [],
            "covers": self.covers.document(),
            "notes": list(self.notes),
            "model": self.model,
        }

    def _who_might_know(self) -> list[str]:
        """Those who wrote, in the messages that came nearest, about something that was asked for."""
        return [f"{' or '.join(self.near)} might know."] if self.near else []

    def _sources(self) -> list[Message]:
        turn = [self.reversed_by] if self.reversed_by else []
        return list(dict.fromkeys([*(each.message for each in self.ranking.candidates), *turn]))

    def _turn(self) -> list[str]:
        """What was decided later instead."""
        if self.reversed_by is None:
            return []
        at = self.reversed_by.sent_at.astimezone(self.zone)
        said = quoted(shortened(self.reversed_by.text))
        return ["", f"Reversed on {at.day} {at:%B}:", "", said, "", f"— {self._signed(self.reversed_by)}"]

    def _quotation(self, best: Candidate) -> list[str]:
        asked = [f"{best.context.author.name} asked: {shortened(best.context.text)}", ""] if best.context else []
        return [*asked, quoted(shortened(best.message.text)), "", f"— {self._signed(best.message)}"]

    def _elsewhere(self, others: Sequence[Candidate]) -> list[str]:
        return ["", "See also: " + "; ".join(self._signed(each.message) for each in others)] if others else []

    def _signed(self, message: Message) -> str:
        return signature(message, self.zone, self.covers.this_year)


async def run(request: Request, services: Services) -> Answer:
    """Rank the window's messages for the question. Raises UsageError without one, NothingFound for an empty window."""
    question = request.intent.argument.strip()
    if not question:
        raise UsageError("There is no question.", "Ask one, such as: ask who is on call tomorrow?")
    conversation = await read(request, services)
    messages = await _within_reach(conversation, question, request, services)
    ranking, lacking = await _ranked(question, messages, request, services, conversation.scope)
    parameters = retrieval.shipped()
    covers = conversation.covers
    return Answer(
        ranking.confidence >= parameters.threshold,
        ranking,
        replace(covers, left_out=covers.messages - len(messages)),
        services.core.model_name("embed"),
        services.zone,
        _notes(len(conversation.material) - len(messages), messages[0].sent_at, lacking),
        _near(question, ranking, request.asker.id),
        await _reversal(ranking, conversation, services),
    )


async def _reversal(ranking: Ranking, conversation: Conversation, services: Services) -> Message | None:
    """The message that took back the decision that answers, in the window or in the decision's thread."""
    if not ranking.candidates:
        return None
    message, now = ranking.candidates[0].message, services.now()
    if all(mark(sentence).kind != "decision" for sentence in sentences(message.text)):
        return None
    thread = Window(thread=message.place.thread or message.id)
    replies = await services.history.run(lambda history: history.window(conversation.scope, thread, now))
    later = sorted({*conversation.material, *replies}, key=lambda each: each.sent_at)
    return reversals([Point(message.text, message, "decision")], later).get(message.id)


def _near(question: str, ranking: Ranking, asker: str) -> tuple[str, ...]:
    """The names of others whose messages came nearest and hold a word of the question."""
    asked = content_stems(question)
    authors = [each.message.author for each in ranking.candidates if asked & stems(each.message.text)]
    return tuple(dict.fromkeys(author.name for author in authors if author.id != asker))


async def _within_reach(
    conversation: Conversation, question: str, request: Request, services: Services
) -> tuple[Message, ...]:
    """The newest messages of people, and of those before them the ones that hold the question's words."""
    newest = conversation.material[-READ:]
    if len(newest) == len(conversation.material):
        return newest

    def search(history: History) -> tuple[Message, ...]:
        window = replace(request.intent.window, until=newest[0].sent_at, last=None)
        hits = history.search(conversation.scope, question, FOUND_BEFORE, window, services.now())
        return tuple(hit.message for hit in hits if is_material(hit.message))

    known = {message.id for message in conversation.material[:-READ]}
    earlier = [message for message in await services.history.run(search) if message.id in known]
    return (*sorted(earlier, key=lambda message: message.sent_at), *newest)


async def _ranked(
    question: str, messages: Sequence[Message], request: Request, services: Services, scope: Scope
) -> tuple[Ranking, int]:
    """The ranking, and how many messages had no vector yet and were compared by their words alone."""

    def tell(done: int, total: int) -> None:
        request.progress(Progress("reading messages", done, total))

    vectors = await message_vectors(messages, scope, services, on_done=tell)
    (asked,) = await services.core.embed([question])
    if vectors.shape[1] != len(asked):  # no message has a text to embed
        vectors = vectors.repeat(len(asked), axis=1)
    material = Material(messages, vectors)
    ranking = await asyncio.to_thread(retrieval.rank, question, asked, material, retrieval.shipped())
    return ranking, int((~vectors.any(axis=1)).sum())


def _notes(unread: int, since: datetime, lacking: int) -> tuple[str, ...]:
    said = []
    if unread > 0:
        said.append(f"Of messages before {since:%-d %B %Y}, {unread} were searched by their words only.")
    if lacking > 0:
        said.append(f"{lacking} messages were compared by their words only; asking again compares more by meaning.")
    return tuple(said)
