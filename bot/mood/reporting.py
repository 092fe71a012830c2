"""How a report is made: what isn't judged or embedded yet becomes it, and the figures are taken from what is stored.

The steps can be had one by one, so that who has little memory holds one model at a time. What the figures mean and
which are withheld is `bot.mood.reports`'s business.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from adapters.chat import Message, Request, Window
from bot.conversation.context import resolved
from bot.conversation.permissions import granted
from bot.errors import NothingFound, UsageError
from bot.history import History, Scope
from bot.history.scores import LABELS, Scored
from bot.mood import topics as clustering
from bot.mood.change_points import enough
from bot.mood.comparison import Side
from bot.mood.quantification import Correction
from bot.mood.reports import Chosen, Report, Sample, measured, moved, notes_on, topics_of
from bot.mood.scoring import score
from bot.retrieval.embeddings import message_vectors
from bot.services import Services
from nlp.errors import CoreError
from nlp.hub.model_card import Measured

NOTHING = "Name a longer time; a channel must be turned on with /consent, or imported by the owner."


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose mood it is: `window` is what was asked about, `wide` also the time before that it is compared with."""

    scope: Scope
    label: str
    window: Window
    wide: Window
    now: datetime


async def judged(request: Request, services: Services, last: datetime | None = None) -> tuple[Subject, Measured, int]:
    """See that all was judged that `report` speaks of: what that is, what is known of the model, how often it failed.

    Raises UsageError and ModelUnavailable.
    """
    subject = await _subject(request, services, last)
    model, failed = await score(subject.scope, subject.wide, subject.now, services, request.progress)
    return subject, model, failed


async def embedded(request: Request, services: Services, last: datetime | None = None) -> None:
    """See that the history holds the vectors from which `report` finds topics, after `judged`.

    Who has little memory can so have one model at a time, and none while the report is made.
    """
    subject, model, _ = await judged(request, services, last)
    whole = await _scored(subject, subject.wide, model, services)
    if enough(whole.voices[whole.labels < len(LABELS)]):
        await _vectors(subject.scope, whole, services)


async def report(request: Request, services: Services, last: datetime | None = None) -> Report:
    """The report on the request's place and window; with `last`, also what moved most from before then to after.

    Raises NothingFound, UsageError and ModelUnavailable.
    """
    subject, model, failed = await judged(request, services, last)
    scope, window = subject.scope, subject.window
    scored = await _scored(subject, window, model, services)
    if not len(scored):
        raise NothingFound(f"I keep nothing that people wrote in {subject.label} in that time.", NOTHING)
    others = await services.history.run(lambda history: history.count(scope, window, subject.now)) - len(scored)
    correction = Correction.of(model)
    made = await asyncio.to_thread(measured, scored, subject.label, correction, services.zone)
    whole = scored if subject.wide == window else await _scored(subject, subject.wide, model, services)
    sample = await _sample(scope, whole, services) if made.overall else None
    found = topics_of(sample, scored.at[0], correction) if sample else ()
    most = moved(whole, sample, last.astimezone(services.zone), correction) if last and made.overall else ""
    others = max(others - failed, 0)
    notes = notes_on(scored, made, others=others, failed=failed, corrected=correction.known)
    left_out = len(scored) - made.messages + others + failed
    return replace(made, topics=found, notes=notes, left_out=left_out, moved=most)


async def _subject(request: Request, services: Services, last: datetime | None) -> Subject:
    """What the request asks about. Raises UsageError where it has no mood."""
    scope, now = await granted(request), services.now()
    window = await services.history.run(lambda history: _wanted(history, request, scope, now))
    channel = await services.history.run(lambda history: history.channel(request.place)) if scope.channels else None
    if channel is not None and channel.kind in {"direct", "group"}:
        raise UsageError("Conversations between a few people have no mood report.", "Ask in a channel.")
    label = f"#{channel.name.removeprefix('#')}" if channel and channel.name else request.place.channel
    return Subject(scope, label, window, _with_before(window, last, now), now)


async def _scored(subject: Subject, window: Window, model: Measured, services: Services) -> Scored:
    """What the history holds of a window of the subject."""
    return await services.history.run(lambda history: history.scored(subject.scope, window, subject.now, model.key))


def _with_before(window: Window, last: datetime | None, now: datetime) -> Window:
    """The window, and as much time before `last` as there is after it."""
    if last is None or window.since is None:
        return window
    return replace(window, since=min(window.since, last - ((window.until or now) - last)))


def _wanted(history: History, request: Request, scope: Scope, now: datetime) -> Window:
    """The request's window as times: what is unread, and the newest N messages, begin at a message."""
    window = resolved(history, request, now)
    if window.last is None:
        return window
    newest = history.window(scope, window, now)
    return replace(window, last=None, since=newest[0].sent_at if newest else window.since)


async def _chosen(scope: Scope, whole: Scored, services: Services) -> Chosen:
    """The messages of a time whose topics are looked at."""
    worded = np.flatnonzero(whole.labels < len(LABELS))
    chosen = worded[clustering.spread(len(worded))] if len(worded) else worded
    messages = await services.history.run(lambda store: _read(store, scope, [whole.ids[each] for each in chosen]))
    known = np.array([each for each in chosen if whole.ids[each] in messages], dtype=np.intp)
    sample = [messages[whole.ids[each]] for each in known]
    return Chosen(sample, whole.at[known], Side(whole.labels[known], whole.voices[known]))


async def _vectors(scope: Scope, whole: Scored, services: Services) -> tuple[Chosen, NDArray[np.float32]] | None:
    """The messages whose topics are looked at and their vectors, made where they lack; None where no model embeds."""
    if not services.core.bound("embed"):
        return None
    chosen = await _chosen(scope, whole, services)
    try:
        return chosen, await message_vectors(chosen.messages, scope, services)
    except CoreError:
        return None


async def _sample(scope: Scope, whole: Scored, services: Services) -> Sample | None:
    """What a time was about; None where no model embeds."""
    known = await _vectors(scope, whole, services)
    if known is None:
        return None
    chosen, vectors = known
    found = await asyncio.to_thread(clustering.topics, chosen.messages, vectors, chosen.side.voices)
    return Sample(chosen.messages, chosen.at, chosen.side, found)


def _read(history: History, scope: Scope, ids: Sequence[str]) -> dict[str, Message]:
    return {each: found for each in ids if (found := history.message(scope, each)) is not None}
