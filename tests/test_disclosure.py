"""An attacker who asks of any time, as often as they like, and knows what a team knows, learns no message's mood."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from test_reports import BAD, GOOD, PLACE, START, UNMEASURED, asked, said, sounding, steady, store

from adapters.chat import Channel, Message, Window
from bot.history import HistoryThread
from bot.history.derived.scores import Scored
from bot.mood.cells import CellSpan
from bot.mood.figures import of_topics, taken, told, topics_taken
from bot.mood.quantification import FAINTER, blur_for, estimate
from bot.mood.reporting import report
from bot.mood.topics import Topic
from bot.services import Services
from nlp.core import Core
from nlp.scheduler.family import Binding

DAY = timedelta(days=1)
NEUTRAL = sounding("neutral")
MOST = 0.05  # by how much an attacker may be right more often than who only knows which mood is the commonest
KNOWN = [Binding("sentiment", "echo", "echo")]


class Clock:
    """The time, which goes on when it is told to."""

    now = START + 40 * DAY

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
async def services() -> AsyncIterator[Services]:
    async with HistoryThread(None) as history, Core(KNOWN) as core:
        yield Services(core, history, Clock(), ZoneInfo("UTC"), random=steady)


def busy(days: int, each: int = 30, people: int = 6) -> list[Message]:
    """A history of some days, by people each of whom sounds in every way."""
    random = np.random.default_rng(3)
    texts = [(GOOD, NEUTRAL, BAD)[number] for number in random.choice(3, days * each, p=(0.3, 0.4, 0.3))]
    return [
        said(number, START + DAY * (number // each) + timedelta(minutes=17 * (number % each)), text[number % 9], people)
        for number, text in enumerate(texts)
    ]


async def answer(services: Services, window: Window) -> str:
    """What the attacker is shown, apart from how much there was."""
    found = await report(asked(window), services)
    return str((found.document() | {"notes": ()}, found.finding()))


async def test_times_that_differ_by_one_message_have_the_same_answer(services: Services):
    messages = busy(8)
    await store(services, messages)
    for victim in messages[5::23]:
        before, after = victim.sent_at, victim.sent_at + timedelta(microseconds=1)
        for bound in ("since", "until"):
            one, other = [await answer(services, Window(**{bound: at})) for at in (before, after)]
            assert one == other


async def test_starts_that_slide_and_numbers_that_grow_tell_of_whole_days_only(services: Services):
    messages = busy(6)
    await store(services, messages)
    windows = [Window(since=START + timedelta(hours=5 * step)) for step in range(24)]
    windows += [Window(last=number) for number in (1, 2, 19, 20, 21, 47, 48, 49, 150, 151, 180)]
    answers = {await answer(services, window) for window in windows}
    assert len(answers) <= 6


async def test_asking_again_tells_nothing_more(services: Services):
    await store(services, busy(3))
    assert len({await answer(services, Window()) for _ in range(10)}) == 1


async def test_a_day_that_is_not_over_is_never_told_of(services: Services):
    messages = busy(4)
    await store(services, messages)
    services.now.now = START + 3 * DAY + timedelta(hours=9)  # type: ignore[attr-defined]
    one = await answer(services, Window())
    services.now.now += timedelta(minutes=30)  # type: ignore[attr-defined]
    assert await answer(services, Window()) == one
    assert (await report(asked(Window(since=START + 3 * DAY)), services)).cells[-1].end == START.replace(
        hour=0
    ) + 3 * DAY


@pytest.mark.parametrize("between", ["edit", "delete", "late"])
async def test_what_happens_between_two_questions_does_not_show(services: Services, between: str):
    messages = busy(4)
    await store(services, messages)
    shares = [cell.estimate for cell in (await report(asked(), services)).cells]
    if between == "edit":
        changed = replace(messages[40], text=BAD[1], edited_at=START + 5 * DAY)
        await services.history.run(lambda history: history.add([Channel(PLACE, "general"), changed]))
    elif between == "delete":
        await services.history.run(lambda history: history.delete(PLACE, [messages[40].id]))
    else:
        await store(services, [said(90_000, messages[40].sent_at, BAD[0])])
    again = [cell.estimate for cell in (await report(asked(), services)).cells]
    assert [(each.shares, each.low, each.high) for each in again if each] == [
        (each.shares, each.low, each.high) for each in shares if each
    ]


async def test_what_an_import_brings_later_is_told_of_once_it_is_enough(services: Services):
    messages = busy(2)
    await store(services, messages)
    await report(asked(), services)
    await store(services, [said(50_000 + n, START + timedelta(seconds=n), BAD[n % 5]) for n in range(200)])
    again = (await report(asked(), services)).cells[0]
    assert again.estimate
    assert again.estimate.low > 0.6


async def test_a_day_of_which_too_little_is_left_is_withheld(services: Services):
    messages = busy(2)
    await store(services, messages)
    await report(asked(), services)
    await services.history.run(lambda history: history.delete(PLACE, [each.id for each in messages[:20]]))
    assert [cell.estimate is None for cell in (await report(asked(), services)).cells] == [True, False]


async def test_turning_a_channel_off_drops_what_was_told_of_it(services: Services):
    await store(services, busy(2))
    await report(asked(), services)
    await services.history.run(lambda history: history.turn_off(PLACE, "U9", START))
    count = "SELECT (SELECT count(*) FROM mood) + (SELECT count(*) FROM topic_mood)"
    assert await services.history.run(lambda history: history._db.execute(count).fetchone()[0]) == 0


# Four of five people pool what they know


def guessed(labels: np.ndarray, unknown: np.ndarray, shares: Sequence[np.ndarray], blurs: Sequence[float]) -> int:
    """The likeliest label of each unknown message, given all others' and what is shown of the counts of all.

    The attacker tries every number of each label among the unknown ones, as likely as the mix of the others makes it.
    """
    rest = np.bincount(labels[~unknown], minlength=3)
    many = int(unknown.sum())
    prior = (rest + 0.5) / (rest + 0.5).sum()
    tries = [(a, b, many - a - b) for a in range(many + 1) for b in range(many + 1 - a)]
    chances = np.array([many_of(each, prior) for each in tries])
    for share, blur in zip(shares, blurs, strict=True):
        off = rest + np.array(tries) - share * len(labels)
        chances = chances - (off**2).sum(axis=1) / (2 * (blur**2 + (0.015 * len(labels)) ** 2))
    weights = np.exp(chances - chances.max())
    return int((weights @ np.array(tries)).argmax())


def many_of(counts: Sequence[int], prior: np.ndarray) -> float:
    """The logarithm of the chance of these counts (multinomial)."""
    ways = sum(np.log(np.arange(1, each + 1)).sum() for each in counts)
    return float(np.log(np.arange(1, sum(counts) + 1)).sum() - ways + (np.array(counts) * np.log(prior)).sum())


@pytest.mark.parametrize("mix", [(0.5, 0.0, 0.5), (0.34, 0.33, 0.33), (0.25, 0.55, 0.2)])
@pytest.mark.parametrize(("messages", "unknown"), [(20, 1), (20, 4), (60, 1)])
def test_four_who_pool_what_they_know_hardly_guess_better_how_the_fifth_sounds(
    mix: tuple[float, float, float], messages: int, unknown: int
):
    random = np.random.default_rng(messages + unknown)
    cell, right, base = CellSpan(0, messages), 0.0, 0.0
    trials = 800
    for _ in range(trials):
        labels = random.choice(3, messages, p=mix).astype(np.int8)
        voices = np.arange(messages, dtype=np.int32) % 5
        at = np.arange(messages, dtype=np.int64)
        scored = Scored(tuple(map(str, at)), at, labels, voices, {})  # type: ignore[arg-type]
        (figure,) = taken([cell], scored, random)
        (part,) = told([cell], [figure], scored)
        assert part.counts
        topic = Topic("all of it", np.arange(messages), (), np.ones(2, dtype=np.float32))
        twice = of_topics(topics_taken(cell, [topic], labels, voices, random))  # a topic tells of the messages again
        shares = [np.array(estimate(each, UNMEASURED).shares) for each in (part.counts, twice)]
        hidden = np.zeros(messages, dtype=bool)
        hidden[np.flatnonzero(voices == 2)[:unknown]] = True
        blur = blur_for(labels)
        guess = guessed(labels, hidden, shares, [blur, FAINTER * blur])
        right += (labels[hidden] == guess).mean()
        base += (labels[hidden] == int(np.argmax(mix))).mean()
    assert right / trials <= max(base / trials, *mix) + MOST
