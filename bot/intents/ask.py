"""Answers a question with the message that answers it, quoted; or says honestly that it was not found.

The ranking of `bot/retrieval/ranking.py` finds the message, and its confidence decides whether it is an answer at all.
Models that read, where the owner binds any, put it in words and raise or lower that confidence
(`bot/answers/readers.py`). A question in another language than its channel's is asked in that as well, and the
quotation is rendered in the asker's (`bot/answers/languages.py`), where a pair of languages is bound.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from adapters.chat import Command, Entrances, Message, Option, Progress, Prompt, Request, Window, ignore
from adapters.text import dates
from adapters.text.counts import counted
from bot.answers import languages, readers
from bot.answers.answer import Answer, weighed
from bot.answers.readers import MOST_READ, Reading
from bot.conversation.context import Conversation, read
from bot.conversation.quoting import shortened
from bot.errors import UsageError
from bot.history import History, Scope
from bot.retrieval import everywhere, ranking
from bot.retrieval.confidence import FOUND
from bot.retrieval.embeddings import message_vectors
from bot.retrieval.features import Material, graph_of
from bot.retrieval.ranking import Ranking
from bot.retrieval.repeats import ADDRESSED
from bot.services import Services
from bot.summaries.decisions import course
from bot.understanding.everywhere import is_of_everything
from bot.understanding.followups import BEFORE, joined
from nlp.spans.answers import AnswerSpan, Spoken, answer_span, best_sentence
from nlp.text.lexical import content_stems, stems

COMMAND = Command(
    "ask",
    "Find the message that answers a question.",
    argument="question",
    options=(Option("window", "where to look, such as 2 days or last 100", "window"),),
    aliases=("question", "find"),
    judged=True,
    repeatable=True,
    everywhere=True,
    entrances=Entrances("ask", menu="question", prompt=Prompt("Ask a question", "What was decided this week?")),
)
READ = 20_000  # messages ranked for one question; of those before, only the ones that the search index finds
FOUND_BEFORE = 200
MADE = 512  # vectors that a question waits for at most; others are made in the background
BEST = 3  # messages that a reply names
KNOWN = 2_000  # of the newest messages, by whose authors people are known
MOST_LETTERS = 200  # of such a sentence
LONG = 40  # words of a message, from which the sentence that answers stands before it
NEAREST = 200  # messages among which decisions about the same subject are looked for


async def run(request: Request, services: Services) -> Answer:
    """Rank the window's messages for the question. Raises UsageError without one, NothingFound for an empty window."""
    intent = request.intent
    if not intent.argument.strip():
        raise UsageError("There is no question.", "Ask one, such as: ask who is on call tomorrow?")
    if BEFORE not in intent.options:
        return await _answer(intent.argument.strip(), request, services)
    together = await _answer(joined(intent), request, services)
    if not together.found:
        alone = await _answer(intent.argument.strip(), request, services)
        if alone.found:
            return alone  # it stands for itself after all
    before = f"I read this together with your earlier question, “{intent.options[BEFORE]}”."
    return replace(together, notes=(before, *together.notes))


run_everywhere = run  # `_answer` reads more


async def _answer(asked: str, request: Request, services: Services) -> Answer:
    wide = is_of_everything(request.intent)
    conversation = await (everywhere.read(asked, request, services) if wide else read(request, services))
    wordings = await languages.wordings(asked, conversation.material, services.core)
    messages = await _within_reach(conversation, " ".join(wordings), request, services)
    question, ranked, lacking = await _ranked(wordings, messages, conversation, request, services)
    readings = await _readings(question, ranked, request, services, conversation.scope)
    covers, confidence = conversation.covers, weighed(ranked, readings)
    settled = await _course(question, ranked, conversation, services)
    best = next(iter([*settled[-1:], *(each.message for each in ranked.candidates[:1])]), None)
    answer = Answer(
        confidence >= FOUND and best is not None,
        confidence,
        replace(ranked, candidates=ranked.candidates[:BEST]),
        replace(covers, left_out=covers.messages - len(messages)),
        services.core.model_name("embed"),
        services.zone,
        (
            *_notes(len(conversation.material) - len(messages), messages[-READ:], lacking, readings),
            *conversation.notes,
        ),
        await asyncio.to_thread(_near, question, ranked, request.asker.id),
        settled,
        readings,
        request.intent.window,
        conversation.names,
        None,
        question,
        *(await asyncio.to_thread(_told, question, best, messages)),
    )
    if not answer.found:
        return answer
    return replace(answer, rendering=await languages.rendered(answer.answering.text, asked, services.core))


def _told(question: str, message: Message | None, messages: Sequence[Message]) -> tuple[AnswerSpan | None, str]:
    """Return the words of the message that answer, and the sentence of a long one; names are of the newest people."""
    if message is None:
        return None, ""
    people = tuple({each.author.name for each in messages[-KNOWN:]})
    opening = ADDRESSED.match(message.text)
    named = opening and opening[0].strip(" @,:") in people
    text = message.text[opening.end() :] if opening and named else message.text
    return answer_span(question, Spoken(text, message.author.name, people)), _sentence(question, message)


def _sentence(question: str, message: Message) -> str:
    """Return the sentence of a long message that speaks most of what is asked, "" for a short one."""
    sentence = best_sentence(question, message.text) if len(message.text.split()) > LONG else ""
    return "" if len(sentence) > len(message.text) / 2 else shortened(sentence, MOST_LETTERS)


async def _readings(
    question: str, ranked: Ranking, request: Request, services: Services, scope: Scope
) -> tuple[Reading, ...]:
    """Return what the bound models read in the best messages. A likely answer is shown while it is written."""
    if all(each.against for each in ranked.candidates) or not any(map(services.core.bound, readers.TASKS)):
        return ()
    request.progress(Progress("reading for the answer"))
    likely = ranked.confidence >= FOUND
    messages = [each.message for each in ranked.candidates if not each.against]
    material = readers.ReadingMaterial(question, messages[:MOST_READ], scope)
    return await readers.read(material, services, request.text if likely else ignore)


async def _course(
    question: str, ranked: Ranking, conversation: Conversation, services: Services
) -> tuple[Message, ...]:
    """Return the decisions about the subject over time, by the nearest messages and the thread of the answer."""
    if not ranked.candidates:
        return ()
    message, now = ranked.candidates[0].message, services.now()
    thread, scope = Window(thread=message.place.thread or message.id), conversation.scope_at(message.place)
    replies = await services.history.run(lambda history: history.window(scope, thread, now))
    nearest = [each.message for each in ranked.candidates if conversation.scope_at(each.message.place) == scope]
    known = {each.id: each for each in (*nearest, *filter(conversation.admits, replies))}
    return await asyncio.to_thread(course, message, tuple(known.values()), content_stems(question))


def _near(question: str, ranked: Ranking, asker: str) -> tuple[str, ...]:
    """Return the names of others whose messages came nearest and hold a word of the question."""
    asked = content_stems(question)
    authors = [each.message.author for each in ranked.candidates[:BEST] if asked & stems(each.message.text)]
    return tuple(dict.fromkeys(author.name for author in authors if author.id != asker))


async def _within_reach(
    conversation: Conversation, question: str, request: Request, services: Services
) -> tuple[Message, ...]:
    """Return the newest messages of people, and of those before them the ones that hold the question's words."""
    newest = conversation.material[-READ:]
    if len(newest) == len(conversation.material):
        return newest

    def search(history: History) -> tuple[Message, ...]:
        window = replace(request.intent.window, until=newest[0].sent_at, last=None)
        hits = history.search(conversation.scope, question, FOUND_BEFORE, window, services.now())
        return tuple(hit.message for hit in hits if conversation.admits(hit.message))

    known = {message.id for message in conversation.material[:-READ]}
    earlier = [message for message in await services.history.run(search) if message.id in known]
    return (*sorted(earlier, key=lambda message: message.sent_at), *newest)


async def _ranked(
    wordings: Sequence[str],
    messages: Sequence[Message],
    conversation: Conversation,
    request: Request,
    services: Services,
) -> tuple[str, Ranking, int]:
    """Return the wording that finds the surest answer, its ranking, and how many messages were compared by words alone.

    Those have no vector yet.
    """

    def tell(done: int, total: int) -> None:
        request.progress(Progress("reading messages", done, total))

    roots = frozenset(conversation.roots) - {message.id for message in messages}
    within = sorted((*messages, *(conversation.roots[id_] for id_ in roots)), key=lambda each: (each.sent_at, each.id))
    held = content_stems(" ".join(wordings))
    vectors = await message_vectors(
        within,
        conversation.scope,
        services,
        most=MADE,
        worth=lambda message: len(held & stems(message.text)),
        on_done=tell,
    )
    asked = await services.core.embed(wordings, query=True)
    if vectors.shape[1] != asked.shape[1]:  # no message has a text to embed
        vectors = vectors.repeat(asked.shape[1], axis=1)
    graph = conversation.graph or await asyncio.to_thread(graph_of, within)  # once for all wordings
    material, fitted = Material(within, vectors, roots, graph), ranking.shipped(services.core.family("embed"))
    rankings = [
        await asyncio.to_thread(ranking.rank, wording, vector, material, fitted, NEAREST)
        for wording, vector in zip(wordings, asked, strict=True)
    ]
    question, ranked = max(zip(wordings, rankings, strict=True), key=lambda each: each[1].confidence)
    lacking = [each for each, vector in zip(within, vectors, strict=True) if each.text.strip() and not vector.any()]
    return question, ranked, len(lacking)


def _notes(unread: int, newest: Sequence[Message], lacking: int, readings: Sequence[Reading]) -> tuple[str, ...]:
    notes = []
    if unread > 0:
        since = dates.written(newest[0].sent_at, dates.DATE)
        notes.append(f"Of messages before {since}, {counted(unread, 'was', 'were')} searched by their words only.")
    if lacking > 0:
        compared = counted(lacking, "message was", "messages were")
        notes.append(f"{compared} compared by words only; asking again compares more by meaning.")
    notes += [
        f"Left out of what {each.model} wrote, because no message supports it: {counted(each.dropped, 'sentence')}."
        for each in readings
        if each.dropped
    ]
    notes += [f"{each.model} could not be asked. {each.failed}" for each in readings if each.failed]
    return tuple(notes)
