"""Makes a report: judges and embeds what isn't yet, and takes the figures of cells that have none.

Every way to a channel's mood leads through here: /mood, the command line and what comes round. The steps can be had one
by one, so that who has little memory holds one model at a time. What the figures mean is `bot.mood.reports`'s business.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

import numpy as np
from numpy.typing import NDArray

from adapters.chat import Message, Request, Window
from bot.conversation.context import label_of, resolved
from bot.conversation.permissions import granted
from bot.errors import NothingFound, UsageError
from bot.history import History, Scope
from bot.history.derived.moods import TopicFigure
from bot.history.derived.scores import LABELS, Scored
from bot.history.rows import microseconds, moment
from bot.mood import topics as clustering
from bot.mood.cells import MIN_AUTHORS, MIN_MESSAGES, CellSpan, asked, cells, enough
from bot.mood.figures import Told, taken, told, topics_taken
from bot.mood.quantification import Correction
from bot.mood.reports import Report, Sample, measured, moved, notes_on, topics_of
from bot.mood.scoring import score
from bot.retrieval.embeddings import message_vectors
from bot.services import Services
from nlp.errors import CoreError
from nlp.hub.model_card import MeasuredMetric

NOTHING = "Name a longer time; a channel must be turned on with `/consent on`, or imported by the owner."
LEAST = (MIN_MESSAGES, MIN_AUTHORS)


@dataclass(frozen=True, slots=True)
class ReportSubject:
    """The subject of a report: `cells` are what it shows, `before` as many cells to compare them with, or none."""

    scope: Scope
    label: str
    cells: tuple[CellSpan, ...]
    before: tuple[CellSpan, ...]
    border: int
    now: datetime

    @property
    def all(self) -> tuple[CellSpan, ...]:
        """Return every cell that is looked at, oldest first."""
        return tuple(sorted({*self.before, *self.cells}))


async def judged(
    request: Request, services: Services, last: datetime | None = None
) -> tuple[ReportSubject, MeasuredMetric, int]:
    """See that all was judged that `report` speaks of: what that is, what is known of the model, how often it failed.

    Raises NothingFound, UsageError and ModelUnavailable.
    """
    subject = await _subject(request, services, last)
    model, failed = await score(subject.scope, _window(subject.all), subject.now, services, request.progress)
    return subject, model, failed


async def embedded(request: Request, services: Services, last: datetime | None = None) -> None:
    """See that the history holds the vectors from which `report` finds topics, after `judged`.

    A machine with little memory can so have one model at a time, and none while the report is made.
    """
    subject, model, _ = await judged(request, services, last)
    for part in (subject.all, *await _untold(subject, model, services)):
        await _vectors(subject.scope, await _scored(subject, part, model, services), part, services)


async def report(request: Request, services: Services, last: datetime | None = None) -> Report:
    """Return the report on the request's place and window; with `last`, also what moved most from before then to after.

    Raises NothingFound, UsageError and ModelUnavailable.
    """
    subject, model, failed = await judged(request, services, last)
    scope, window = subject.scope, _window(subject.cells)
    scored = await _scored(subject, subject.cells, model, services)
    if not len(scored):
        raise _nothing(subject.label)
    others = await services.history.run(lambda history: history.count(scope, window, subject.now)) - len(scored)
    correction = Correction.of(model)
    whole = scored if subject.all == subject.cells else await _scored(subject, subject.all, model, services)
    known = await _told(subject, whole, model, services)
    parts = [each for each in known if each.span in subject.cells]
    figures = await asyncio.to_thread(measured, parts, scored, subject.label, correction, services.zone)
    sample = await _sample(scope, whole, subject.all, services) if figures.overall else None
    sounding = await _topics_told(subject, model, services) if sample else []
    topics = topics_of(sample, subject.cells[0].start, sounding, correction) if sample else ()
    there = last.astimezone(services.zone) if last else None
    most = moved(known, sample, subject.border, there, correction) if there and figures.overall else ""
    others = max(others - failed, 0)
    notes = notes_on(scored, figures, others=others, failed=failed, corrected=correction.known)
    left_out = len(scored) - figures.messages + others + failed
    return replace(figures, topics=topics, notes=notes, left_out=left_out, moved=most)


async def _subject(request: Request, services: Services, last: datetime | None) -> ReportSubject:
    """Return what the request asks about. Raises UsageError where it has no mood, NothingFound where nobody wrote."""
    scope, now = await granted(request), services.now()
    channel = await services.history.run(lambda history: history.channel(request.place)) if scope.channels else None
    if channel is not None and channel.kind in {"direct", "group"}:
        raise UsageError("Conversations between a few people have no mood report.", "Ask in a channel.")
    label = label_of(channel) or request.place.channel
    window = await services.history.run(lambda history: _wanted(history, request, scope, now))
    since, until = (microseconds(at) if at else None for at in (window.since, window.until))
    at, voices = await services.history.run(lambda history: history.heard(scope))
    if not len(at[_from(at, since) : _from(at, until, len(at))]):
        raise _nothing(label)
    bounds = [CellSpan(*each) for each in await services.history.run(lambda history: history.told(scope))]
    full = cells(at, voices, bounds, now, services.zone)
    wanted = asked(full, since, until)
    if not wanted:
        raise NothingFound(
            f"The first whole time of {label} isn't over yet, and I report moods only of whole ones.",
            "Ask again tomorrow.",
        )
    return ReportSubject(scope, label, tuple(wanted), *_compared(full, wanted, last), now)


def _from(at: NDArray[np.int64], bound: int | None, unbounded: int = 0) -> int:
    """Return the place of the first time from the bound on."""
    return unbounded if bound is None else int(np.searchsorted(at, bound))


def _nothing(label: str) -> NothingFound:
    return NothingFound(f"I keep nothing that people wrote in {label} in that time.", NOTHING)


def _compared(
    full: Sequence[CellSpan], wanted: Sequence[CellSpan], last: datetime | None
) -> tuple[tuple[CellSpan, ...], int]:
    """Return as many cells as there are from `last` on, before those, and where these begin."""
    if last is None:
        return (), wanted[0].start
    late = [each for each in wanted if each.start >= microseconds(last)] or wanted[-1:]
    place = full.index(late[0])
    return tuple(full[max(place - len(late), 0) : place]), late[0].start


def _window(parts: Sequence[CellSpan]) -> Window:
    """Return the time of cells that follow each other."""
    return Window(since=moment(parts[0].start), until=moment(parts[-1].stop))


async def _scored(
    subject: ReportSubject, parts: Sequence[CellSpan], model: MeasuredMetric, services: Services
) -> Scored:
    """Return what the history holds of cells of the subject."""
    window = _window(parts)
    return await services.history.run(lambda history: history.scored(subject.scope, window, subject.now, *model.keys))


async def _told(subject: ReportSubject, whole: Scored, model: MeasuredMetric, services: Services) -> list[Told]:
    """Return the figure of each cell: the one taken before, else one taken now and kept."""
    scope, key = subject.scope, model.keys[0]  # labels of all its keys count; the first names what the owner wants
    figures = await services.history.run(lambda history: history.mood_figures(scope, key, LEAST))
    known = {CellSpan(each.start, each.stop) for each in figures}
    if new := taken([each for each in subject.all if each not in known], whole, services.random()):
        figures = await services.history.run(lambda history: history.keep_moods(scope, key, new, LEAST))
    return told(subject.all, figures, whole)


async def _topics_told(subject: ReportSubject, model: MeasuredMetric, services: Services) -> Sequence[TopicFigure]:
    """Return how the topics of the cells sound: told once of each cell, and nothing where that was of another time."""
    scope, key = subject.scope, _topic_key(model, services)
    for part in await _untold(subject, model, services):
        scored = await _scored(subject, part, model, services)
        sample = await _sample(scope, scored, part, services)
        span = CellSpan(part[0].start, part[-1].stop)
        if sample and (new := topics_taken(span, sample.topics, sample.labels, sample.voices, services.random())):
            await services.history.run(partial(History.keep_topic_moods, scope=scope, model=key, topics=new))
    known = await services.history.run(lambda history: history.topic_figures(scope, key))
    start, stop = subject.cells[0].start, subject.cells[-1].stop
    near = [each for each in known if each.figure.start < stop and each.figure.stop > start]
    whole = all(start <= each.figure.start and each.figure.stop <= stop for each in near)
    return near if whole else []


async def _untold(subject: ReportSubject, model: MeasuredMetric, services: Services) -> list[tuple[CellSpan, ...]]:
    """Return the runs of the subject's cells whose topics have no figures yet."""
    if not services.core.bound("embed"):
        return []
    key = _topic_key(model, services)
    known = await services.history.run(lambda history: history.topic_figures(subject.scope, key))
    taken_times = [(each.figure.start, each.figure.stop) for each in known]
    runs: list[tuple[CellSpan, ...]] = [()]
    for cell in subject.cells:
        free = all(cell.stop <= start or cell.start >= stop for start, stop in taken_times)
        runs = [*runs[:-1], (*runs[-1], cell)] if free else [*runs, ()]
    return [run for run in runs if run]


def _topic_key(model: MeasuredMetric, services: Services) -> str:
    return f"{model.keys[0]} {services.core.measured('embed').keys[0]}"


def _wanted(history: History, request: Request, scope: Scope, now: datetime) -> Window:
    """Return the request's window as times: what is unread, and the newest N messages, begin at a message."""
    window = replace(resolved(history, request, now), thread=None)
    if window.last is None:
        return window
    newest = history.window(scope, window, now)
    return replace(window, last=None, since=newest[0].sent_at if newest else window.since)


async def _chosen(scope: Scope, whole: Scored, parts: Sequence[CellSpan], services: Services) -> Sample:
    """Return the messages of cells whose topics are looked at: those of cells that may be spoken of."""
    worded = whole.labels < len(LABELS)
    spoken = np.zeros(len(whole), dtype=bool)
    for part in (each.slice(whole.at) for each in parts):
        spoken[part] = worded[part] & enough(whole.voices[part][worded[part]])
    among = np.flatnonzero(spoken)
    chosen = among[clustering.spread(len(among))] if len(among) else among
    messages = await services.history.run(lambda store: _read(store, scope, [whole.ids[each] for each in chosen]))
    known = np.array([each for each in chosen if whole.ids[each] in messages], dtype=np.intp)
    sample = [messages[whole.ids[each]] for each in known]
    return Sample(sample, whole.at[known], whole.labels[known], whole.voices[known])


async def _vectors(
    scope: Scope, whole: Scored, parts: Sequence[CellSpan], services: Services
) -> tuple[Sample, NDArray[np.float32]] | None:
    """Return the messages whose topics count and their vectors, made where missing, or None where no model embeds."""
    if not services.core.bound("embed"):
        return None
    chosen = await _chosen(scope, whole, parts, services)
    try:
        return chosen, await message_vectors(chosen.messages, scope, services)
    except CoreError:
        return None


async def _sample(scope: Scope, whole: Scored, parts: Sequence[CellSpan], services: Services) -> Sample | None:
    """Return what a time was about, or None where no model embeds."""
    known = await _vectors(scope, whole, parts, services)
    if known is None:
        return None
    chosen, vectors = known
    topics = await asyncio.to_thread(clustering.topics, chosen.messages, vectors, chosen.voices)
    return replace(chosen, topics=topics)


def _read(history: History, scope: Scope, ids: Sequence[str]) -> dict[str, Message]:
    return {each: message for each in ids if (message := history.message(scope, each)) is not None}
