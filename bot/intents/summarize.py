"""A summary: what a bound model wrote of the conversation, checked against it, and sentences quoted from it.

Without a model that summarises everything is quoted: `nlp/text/extractive.py` chooses, this reads, prepares and says
what was left out. With one, decisions, tasks and open questions that it passed over are still quoted. Nothing is
claimed that no message supports.
"""

import asyncio
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from adapters.chat import Command, Entrances, Message, Option, Progress, Prompt, Request, Window
from adapters.text.counts import counted
from bot.conversation.context import Conversation, read
from bot.conversation.discussion import discussed, meant
from bot.conversation.glossary import names_in, words_for
from bot.discussions.graph import ReplyGraph
from bot.errors import NothingFound
from bot.history import History
from bot.recent_answers import is_fresh
from bot.retrieval.embeddings import MOST as MADE
from bot.retrieval.embeddings import message_vectors
from bot.retrieval.ranking import shipped
from bot.services import Services
from bot.summaries import extractive
from bot.summaries.abstractive import LONGEST_LINE, BlockSummary, Claim, SummaryMaterial, account
from bot.summaries.blocks import in_blocks
from bot.summaries.decisions import reversals
from bot.summaries.entries import Entry, entries
from bot.summaries.extractive import FEWEST, MOST, MOST_WORDS, comparable, settled
from bot.summaries.headings import Headings, headed
from bot.summaries.overview import Overview, looked_at, overview
from bot.summaries.points import PREFERENCE, Parts, Point
from bot.summaries.summary import SECTIONS, Item, Summary
from bot.summaries.writing import without_citations
from bot.understanding.summary_options import Wishes, wishes
from nlp.errors import JobTooLong, ModelUnavailable, UnsupportedPair
from nlp.text.dialogue_acts import Kind, mark
from nlp.text.extractive import Passages, choose
from nlp.text.lexical import content_stems, stems
from nlp.translation.chat import translate

COMMAND = Command(
    "summarize",
    "Sum up this channel or thread, with links to what was said.",
    options=(Option("window", "which messages, such as 2 days or last 100", "window"),),
    aliases=("summary", "tldr"),
    judged=True,
    repeatable=True,
    everywhere=True,
    entrances=Entrances("summarize", menu="window", prompt=Prompt("Summarise {}", "summarize today")),
)
WORTH_WRITING = 4  # messages; fewer are quoted
WRITTEN, DOUBTED = 1.5, 0.5  # the factors of a sentence that a model wrote, verified or not, among quoted ones


@dataclass(frozen=True, slots=True)
class _Looked:
    """The messages that are summed up with their vectors, shape (n, dimensions), and what is wished."""

    messages: tuple[Message, ...]
    vectors: NDArray[np.float32]
    wanted: Wishes

    def only(self, kept: Sequence[int]) -> "_Looked":
        """Return those at these places."""
        return _Looked(tuple(self.messages[place] for place in kept), self.vectors[list(kept)], self.wanted)


async def run(request: Request, services: Services) -> Summary:
    """Sum up the window, or the discussion of one message. Raises NothingFound where nobody wrote, ModelUnavailable."""
    conversation = await read(request, services)
    alone = request.intent.window.thread if len(conversation.material) == 1 else None
    if about := meant(request) or alone:
        conversation = await discussed(request, services, conversation, about)
    return await summed_up(conversation, request, services)


async def run_everywhere(request: Request, services: Services) -> Overview:
    """Sum up every channel that the asker may read, each by itself. Raises as `run` does."""
    window, notes = await looked_at(request, services)
    request = replace(request, intent=replace(request.intent, window=window))
    whole = await overview(run, request, services, window)
    return replace(whole, notes=(*notes, *whole.notes))


async def summed_up(conversation: Conversation, request: Request, services: Services) -> Summary:
    """Return the summary of a conversation that has been read. Raises NothingFound for a focus, ModelUnavailable."""
    started = time.perf_counter()
    looked = await _looked(conversation, request, services)
    whole, said = await _written(looked, conversation, request, services)
    request.progress(Progress("choosing what matters"))
    graph = await asyncio.to_thread(ReplyGraph.of, looked.messages)
    headings = await asyncio.to_thread(Headings.of, looked.messages)
    quoted = await asyncio.to_thread(_quoted, looked, graph, headings)
    by_id = {message.id: message for message in looked.messages}
    drafts = await asyncio.to_thread(composed, whole.claims, quoted, by_id, looked.wanted.points)
    items = await _items(headed(drafts, graph, headings), conversation, services)
    items, spoken = await _in_language(items, looked, request, services)
    covers, compared = conversation.covers, None if looked.wanted.focus else len(looked.messages)
    return Summary(
        items,
        replace(covers, left_out=covers.messages - len(looked.messages)),
        (*_notes(conversation, compared, items), *said, *spoken, *conversation.notes),
        _model(services, written=any(draft.written for draft in drafts)),
        time.perf_counter() - started,
        services.zone,
    )


async def _looked(conversation: Conversation, request: Request, services: Services) -> _Looked:
    """Return what is looked at: all that may be written about, or else what is worth comparing.

    A focus leaves only what is about it.
    """
    writes = services.core.bound("summarize")
    messages = (
        conversation.material[-extractive.READ :]
        if writes
        else await asyncio.to_thread(comparable, conversation.material)
    )

    def tell(done: int, total: int) -> None:
        request.progress(Progress("reading messages", done, total))

    most = extractive.READ if writes else MADE
    vectors = await message_vectors(messages, conversation.scope, services, most=most, on_done=tell)
    looked = _Looked(tuple(messages), vectors, await asyncio.to_thread(wishes, request.intent.argument))
    return await _focused(looked, conversation.covers.channel, services) if looked.wanted.focus else looked


async def _focused(looked: _Looked, channel: str, services: Services) -> _Looked:
    """Return the messages about the focus by word or by meaning, with the rest of their threads."""
    focus = looked.wanted.focus
    (wanted,) = await services.core.embed([focus], query=True)
    kept = await asyncio.to_thread(_about, looked, wanted, shipped(services.core.family("embed")).alike)
    if not kept:
        raise NothingFound(
            f"Nothing in {channel} is about “{focus}” in that time.", "Use other words for it, or name a longer time."
        )
    return looked.only(kept)


def _about(looked: _Looked, wanted: NDArray[np.float32], alike: float) -> list[int]:
    """Return the places of the messages about the focus with this vector, and of the rest of their threads."""
    fits = looked.vectors.shape[1] == len(wanted)
    near = looked.vectors @ wanted if fits else np.zeros(len(looked.messages))
    asked = content_stems(looked.wanted.focus)
    about = [bool(asked & stems(each.text)) or near[place] >= alike for place, each in enumerate(looked.messages)]
    threads = {each.place.thread or each.id for each, fits in zip(looked.messages, about, strict=True) if fits}
    return [place for place, each in enumerate(looked.messages) if about[place] or each.place.thread in threads]


async def _written(
    looked: _Looked, conversation: Conversation, request: Request, services: Services
) -> tuple[BlockSummary, tuple[str, ...]]:
    """Return what a bound model wrote, and what has to be said about that."""
    if not services.core.bound("summarize") or len(looked.messages) < WORTH_WRITING:
        return BlockSummary(), ()
    rows = {message.id: row for message, row in zip(looked.messages, looked.vectors, strict=True)}
    whole = await asyncio.to_thread(in_blocks, looked.messages, looked.vectors)
    streams = not looked.wanted.language  # else the streamed text would differ from the reply
    material = SummaryMaterial(
        whole,
        rows,
        conversation.scope,
        looked.wanted.focus,
        is_fresh(request.intent),
        request.progress,
        without_citations(request.text) if streams else None,
    )
    try:
        summary = await account(material, services)
    except (ModelUnavailable, JobTooLong) as error:
        return BlockSummary(), (f"{error} So these are the conversation's own sentences.",)
    return summary, (*_cut(looked.messages), *_doubts(summary))


def _cut(messages: Sequence[Message]) -> tuple[str, ...]:
    """Return how many messages were too long to be read by the model in whole."""
    count = sum(len(message.text) > LONGEST_LINE for message in messages)
    subject = counted(count, "long message was", "long messages were")
    return (f"{subject} read by the model up to {LONGEST_LINE:,} characters.",) if count else ()


def _doubts(made: BlockSummary) -> tuple[str, ...]:
    """Return how many sentences of a model's have no proof, or too little."""
    doubted = sum(not claim.verified for claim in made.claims)
    notes = []
    if made.dropped:
        notes.append(f"Left out of what the model wrote: {counted(made.dropped, 'sentence')} that no message supports.")
    if doubted:
        notes.append(f"Marked unverified: {counted(doubted, 'sentence')} that the messages support only in part.")
    if made.failed:
        parts = counted(made.failed, "part is", "parts are")
        notes.append(f"{parts} only quoted, because the model could not sum that up.")
    return tuple(notes)


def composed(
    claims: Sequence[Claim], quoted: Sequence[Item], messages: Mapping[str, Message], wanted: int | None = None
) -> list[Item]:
    """Return what was written and the quoted items that it passed over; all of these where nothing was written."""
    kinds = {item.point.message.id: item.point.kind for item in quoted}
    written = [_as_written(claim, messages, kinds) for claim in claims]
    verified_ids = {item.point.message.id for item in written if item.verified}
    kept = [item for item in quoted if not written or (item.point.kind and item.point.message.id not in verified_ids)]
    if wanted:
        return sorted(sorted([*written, *kept], key=lambda item: -item.point.prior)[:wanted], key=_order)
    return sorted([*_telling(written, max(MOST - len(kept), FEWEST)), *kept], key=_order)


def _as_written(claim: Claim, messages: Mapping[str, Message], kinds: Mapping[str, Kind | None]) -> Item:
    first, *others = (messages[id_] for id_ in claim.sources)
    marked = mark(claim.text)
    kind = marked.kind or kinds.get(first.id)
    prior = PREFERENCE[kind] * (WRITTEN if claim.verified else DOUBTED)
    return Item(Point(marked.text, first, kind, prior), None, tuple(others), claim.verified, written=True)


def _telling(written: Sequence[Item], most: int) -> list[Item]:
    """Return the written sentences that say most."""
    passages = Passages(
        [item.point.text for item in written],
        np.zeros((len(written), 1)),
        [item.point.message.author.id for item in written],
        np.array([item.point.prior for item in written]),
    )
    return [written[place] for place in choose(passages, most, MOST_WORDS)] if written else []


def _quoted(looked: _Looked, graph: ReplyGraph, headings: Headings) -> tuple[Item, ...]:
    """Return what stands for the conversation in its own words: what was settled, and the discussions beside it."""
    parts, wanted = Parts.of(graph), looked.wanted.points
    points = settled(parts, looked.vectors, wanted)
    told = {point.message.id for point in points}
    rest = None if wanted is None else max(wanted - len(points), 0)
    found = entries(parts, looked.vectors, rest, told) if rest != 0 else []
    return (*(Item(point) for point in points), *(_as_item(entry, headings) for entry in found))


def _as_item(entry: Entry, headings: Headings) -> Item:
    heading = headings.heading([point.text for point in entry.points], entry.discussion)
    beside = tuple(point for point in entry.points if point != entry.main)
    return Item(replace(entry.main, kind=entry.kind), beside=beside, heading=heading)


def _model(services: Services, *, written: bool) -> str:
    return services.core.model_name("summarize") if written else f"{services.core.model_name('embed')} (extractive)"


async def _in_language(
    items: tuple[Item, ...], looked: _Looked, request: Request, services: Services
) -> tuple[tuple[Item, ...], tuple[str, ...]]:
    """Return the items in the wished language, as far as models translate them, and what is to be said of that."""
    target = looked.wanted.language
    if target is None:
        return items, ()
    points = [point for item in items for point in (item.point, *item.beside)]
    words = await words_for(request.place, services, target, names_in(looked.messages))
    translations = await translate(services.core, [point.text for point in points], target, glossary=words)
    done = [each for each in translations if not isinstance(each, UnsupportedPair)]
    kept = counted(len(translations) - len(done), "point is", "points are")
    left = f"{kept} as written: no model translates that."
    told = iter(
        point if isinstance(each, UnsupportedPair) else replace(point, text=each.text)
        for point, each in zip(points, translations, strict=True)
    )
    translated = [
        replace(item, point=next(told), beside=tuple(next(told) for _ in item.beside), heading="") for item in items
    ]
    others = (each for each in done if each.source_language != target)  # what is in the language needs no word
    warnings = dict.fromkeys(warning for each in others for warning in each.warnings)
    return tuple(translated), (*warnings, *([left] if len(done) < len(translations) else []))


def _order(item: Item) -> tuple[int, datetime, int]:
    point = item.point
    section = list(SECTIONS.values()).index(SECTIONS[point.kind])
    return section, point.message.sent_at, point.message.text.find(point.text)


async def _items(drafts: Sequence[Item], conversation: Conversation, services: Services) -> tuple[Item, ...]:
    """Return the items with what became of the decisions among them, in the window or later in their threads."""
    decisions = [item.point for item in drafts if item.point.kind == "decision"]
    now, scope = services.now(), conversation.scope

    def replies(history: History) -> list[Message]:
        threads = [point.message.place.thread or point.message.id for point in decisions]
        return [each for thread in threads for each in history.window(scope, Window(thread=thread), now)]

    replied = await services.history.run(replies)
    by = await asyncio.to_thread(_reversed, decisions, (*conversation.material, *replied))
    turned = (
        replace(item, reversed_by=by.get(item.point.message.id)) if item.point in decisions else item for item in drafts
    )
    return tuple(_under_roots(turned, conversation.roots))


def _reversed(decisions: Sequence[Point], messages: Iterable[Message]) -> Mapping[str, Message]:
    return reversals(decisions, sorted(set(messages), key=lambda each: each.sent_at))


def _under_roots(items: Iterable[Item], roots: Mapping[str, Message]) -> Iterator[Item]:
    """Yield the items, the first of each thread under a message of an app with that message."""
    left = dict(roots)
    for item in items:
        yield replace(item, under=left.pop(item.point.message.place.thread or "", None))


def _notes(conversation: Conversation, compared: int | None, items: Sequence[Item]) -> tuple[str, ...]:
    messages = conversation.material
    notes = []
    if len(messages) > extractive.READ:
        notes.append(f"Only the newest {extractive.READ:,} messages were read.")
    if compared is not None and len(messages) > compared:
        notes.append(f"{compared:,} messages were compared: the newest {extractive.ALWAYS} and those that say most.")
    if len(messages) == 1:
        notes.append("There is only one message.")
    if not items:
        notes.append("The messages hold no sentence, only emoji, links or code.")
    return tuple(notes)
