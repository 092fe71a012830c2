"""Limits, turns and rules: what one person may ask, how often, and that nobody else pays for it."""

import asyncio
import random
import threading
from collections import deque
from collections.abc import AsyncIterator, Coroutine
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from statistics import quantiles
from typing import TypeVar
from zoneinfo import ZoneInfo

import pytest

from adapters.chat import SILENCE, UNREAD, Intent, Message, Person, Place, Progress, Request, Typed
from bot.admission.fair_queue import PATIENCE, FairQueue
from bot.admission.policy import check, lines
from bot.admission.rate_limits import Limiter
from bot.assistant import Assistant
from bot.conversation.permissions import OWNER
from bot.errors import NotAllowed, SlowDown
from bot.history import HistoryThread
from bot.intents import INTENTS
from bot.sections import AccessRules, RateLimits, Rule
from bot.services import Services
from nlp.core import Core
from nlp.jobs import Priority
from nlp.scheduler.courtesy import FEW, Courtesy
from nlp.scheduler.family import Binding

Result = TypeVar("Result")
PLACE = Place("slack", "T1", "C1")
ANA, BO = Person("U1", "Ana"), Person("U2", "Bo")


def asked(asker: Person = ANA, name: str = "ask", place: Place = PLACE, **more: object) -> Request:
    return Request(Intent(name, "what?"), place, asker, **more)  # type: ignore[arg-type]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> dict[str, float]:
    now = {"s": 1000.0}
    monkeypatch.setattr("throttled.utils.now_mono_f", lambda: now["s"])
    monkeypatch.setattr("bot.admission.rate_limits.monotonic", lambda: now["s"])
    return now


def typed(words: str, **more: object) -> Request:
    return Request(UNREAD, PLACE, ANA, typed=Typed(words), **more)  # type: ignore[arg-type]


def served(limiter: Limiter, *requests: Request) -> int:
    count = 0
    for request in requests:
        try:
            limiter.admit(request)
        except SlowDown:
            continue
        count += 1
    return count


def test_who_asks_too_much_hears_once_when_to_come_back_and_the_time_is_true(clock: dict[str, float]):
    limiter = Limiter(RateLimits(person=3))
    assert served(limiter, *[asked()] * 3) == 3
    with pytest.raises(SlowDown) as first:
        limiter.admit(asked())
    assert (first.value.remedy, first.value.quiet) == ("Please ask again in 20 s.", False)
    clock["s"] += 19.5
    with pytest.raises(SlowDown) as second:
        limiter.admit(asked())
    assert (second.value.remedy, second.value.quiet) == ("Please ask again in 1 s.", True)
    clock["s"] += 0.6
    limiter.admit(asked())
    with pytest.raises(SlowDown) as third:
        limiter.admit(asked())
    assert not third.value.quiet


def test_a_person_a_channel_and_a_workspace_have_their_own_limits(clock: dict[str, float]):
    del clock
    people = [Person(f"U{number}", "") for number in range(20)]
    assert served(Limiter(RateLimits(person=2)), *[asked(person) for person in people[:3] for _ in range(5)]) == 6
    assert served(Limiter(RateLimits(channel=5)), *[asked(person) for person in people]) == 5
    spread = [asked(person, place=replace(PLACE, channel=f"C{number}")) for number, person in enumerate(people)]
    assert served(Limiter(RateLimits(workspace=6)), *spread) == 6
    elsewhere = [replace(request, place=replace(request.place, workspace="T2")) for request in spread]
    assert served(Limiter(RateLimits(workspace=6)), *spread, *elsewhere) == 12


def test_a_person_is_the_same_in_every_channel_and_another_one_on_another_platform(clock: dict[str, float]):
    del clock
    limiter = Limiter(RateLimits(person=1))
    assert served(limiter, asked(), asked(place=replace(PLACE, channel="C2"))) == 1
    assert served(limiter, asked(place=replace(PLACE, platform="discord"))) == 1


def test_a_refused_request_costs_nobody_else_anything(clock: dict[str, float]):
    del clock
    limiter = Limiter(RateLimits(person=1, channel=2))
    assert served(limiter, *[asked()] * 50, asked(BO)) == 2


@pytest.fixture
async def assistant() -> AsyncIterator[Assistant]:
    async with HistoryThread(None) as history, Core(()) as core:
        services = Services(core, history, lambda: datetime(2026, 5, 4, tzinfo=UTC), ZoneInfo("UTC"))
        yield Assistant(services, limiter=Limiter(RateLimits(person=2)))


async def test_the_assistant_says_slow_down_once_to_the_asker_alone_and_then_is_silent(assistant: Assistant):
    replies = [await assistant.handle(asked()) for _ in range(5)]
    assert "faster than I can answer" in replies[2].text
    assert replies[2].notes[0].startswith("Please ask again in ")
    assert replies[2].personal
    assert replies[3:] == [SILENCE, SILENCE]


async def test_privacy_and_help_are_never_refused_for_asking_too_much(assistant: Assistant):
    for name in ("privacy", "help", "consent", "settings"):
        replies = [await assistant.handle(replace(asked(), intent=Intent(name))) for _ in range(6)]
        assert all("faster" not in reply.text and reply.text for reply in replies)


async def test_words_beyond_the_limit_are_not_even_read(assistant: Assistant, monkeypatch: pytest.MonkeyPatch):
    read: list[Typed] = []
    monkeypatch.setattr("bot.assistant.understand", lambda words, _: read.append(words) or Intent("help"))
    for _ in range(5):
        await assistant.handle(typed("what was " + "decided since " * 1_000))
    assert len(read) == 2


async def test_privacy_is_never_refused_in_typed_words_either(assistant: Assistant):
    replies = [await assistant.handle(typed("privacy status")) for _ in range(6)]
    assert all("faster" not in reply.text and reply.text for reply in replies)


async def test_words_are_read_beside_the_loop_that_acknowledges(assistant: Assistant, monkeypatch: pytest.MonkeyPatch):
    threads: list[str] = []
    monkeypatch.setattr(
        "bot.assistant.understand", lambda *_: threads.append(threading.current_thread().name) or Intent("help")
    )
    await assistant.handle(typed("help"))
    assert threads != [threading.current_thread().name]


async def test_a_reply_to_typed_words_says_what_was_understood(assistant: Assistant):
    reply = await assistant.handle(typed("who brings the screen since yesterday?"))
    assert reply.understood is not None
    assert (reply.understood.name, reply.understood.argument) == ("ask", "who brings the screen since yesterday?")


async def test_thanks_get_a_nod_and_no_work(assistant: Assistant):
    reply = await assistant.handle(typed("thank you, lovely recap!"))
    assert (reply.text, reply.actions) == ("👍", ())


async def test_a_second_wish_is_named_as_open(assistant: Assistant):
    reply = await assistant.handle(typed("who has the ladder? And sum up the last 20 messages"))
    assert reply.understood is not None
    assert reply.understood.name == "ask"
    assert "“sum up the last 20 messages” is still open" in reply.notes[-1]


async def test_the_owner_at_the_machine_is_not_limited(assistant: Assistant):
    replies = [await assistant.handle(asked(access=OWNER)) for _ in range(6)]
    assert all("faster" not in reply.text and reply.text for reply in replies)


async def test_a_bot_gets_no_answer_so_that_two_of_them_do_not_talk_for_ever(assistant: Assistant):
    message = Message("1", PLACE, ANA, "@Parley hi", datetime(2026, 5, 4, tzinfo=UTC), from_bot=True)
    assert await assistant.handle(asked(message=message)) == SILENCE
    assert await assistant.handle(asked(message=replace(message, from_bot=False))) != SILENCE
    assert await assistant.handle(asked(BO, message=message)) != SILENCE  # a person asks about what the bot said


# FairQueue


class VirtualLoop(asyncio.SelectorEventLoop):
    """Time passes only while everybody waits, and then at once."""

    now = 0.0

    def time(self) -> float:
        return self.now

    def _run_once(self) -> None:
        if not self._ready:
            due = (handle.when() for handle in self._scheduled if not handle.cancelled())
            self.now = max(self.now, min(due, default=self.now))
        super()._run_once()


def in_virtual_time(monkeypatch: pytest.MonkeyPatch, work: Coroutine[None, None, Result]) -> Result:
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        monkeypatch.setattr("bot.admission.fair_queue.monotonic", runner.get_loop().time)
        return runner.run(work)


async def served_in_order() -> list[tuple[str, int]]:
    turns, order, gate = FairQueue(together=1), [], asyncio.Event()

    async def work(person: str, number: int) -> None:
        async with turns.turn(person, lambda *_: None):
            await gate.wait()
            order.append((person, number))

    async with asyncio.TaskGroup() as tasks:
        for number in range(3):
            tasks.create_task(work("ana", number))
        await asyncio.sleep(0)
        for person in ("bo", "cy"):
            tasks.create_task(work(person, 0))
        await asyncio.sleep(0)
        gate.set()
    return order


def test_who_has_one_request_goes_before_who_has_several(monkeypatch: pytest.MonkeyPatch):
    order = in_virtual_time(monkeypatch, served_in_order())
    assert order == [("ana", 0), ("bo", 0), ("cy", 0), ("ana", 1), ("ana", 2)]


async def served_among_others() -> float:
    turns, loop = FairQueue(together=1), asyncio.get_running_loop()

    async def work(person: str) -> float:
        async with turns.turn(person, lambda *_: None):
            await asyncio.sleep(1)
        return loop.time()

    async def keep_asking(person: str) -> None:
        while True:
            await work(person)

    busy = [asyncio.ensure_future(keep_asking(person)) for person in ("bo", "cy")]
    await asyncio.sleep(0)
    ended = await asyncio.gather(*(work("ana") for _ in range(3)))
    for task in busy:
        task.cancel()
    await asyncio.gather(*busy, return_exceptions=True)
    return max(ended)


def test_who_has_several_requests_is_served_too_however_many_others_ask(monkeypatch: pytest.MonkeyPatch):
    assert in_virtual_time(monkeypatch, served_among_others()) < 3 * (PATIENCE + 5)


async def test_one_person_never_holds_more_than_their_share():
    turns, running, most = FairQueue(together=4), [0], [0]

    async def work() -> None:
        async with turns.turn("ana", lambda *_: None):
            running[0] += 1
            most[0] = max(most[0], running[0])
            await asyncio.sleep(0)
            running[0] -= 1

    await asyncio.gather(*(work() for _ in range(20)))
    assert most == [1]


async def test_who_waits_is_told_how_many_go_before_and_how_long_about():
    turns, heard, gate = FairQueue(together=1), [], asyncio.Event()

    async def work(person: str) -> None:
        async with turns.turn(person, lambda before, wait: heard.append((person, before, wait))):
            await gate.wait()

    async with asyncio.TaskGroup() as tasks:
        for person in ("ana", "bo", "cy"):
            tasks.create_task(work(person))
            await asyncio.sleep(0)
        assert heard[-2:] == [("bo", 0, 1.0), ("cy", 1, 2.0)]
        gate.set()
    assert ("cy", 0) in [(person, before) for person, before, _ in heard]


async def test_who_gives_up_while_waiting_frees_the_place_and_blocks_nobody():
    turns, gate = FairQueue(together=1), asyncio.Event()

    async def work(person: str) -> str:
        async with turns.turn(person, lambda *_: None):
            await gate.wait()
        return person

    first, second, third = (asyncio.ensure_future(work(person)) for person in ("ana", "bo", "cy"))
    await asyncio.sleep(0)
    second.cancel()
    first.cancel()
    gate.set()
    assert await asyncio.wait_for(third, 1) == "cy"
    assert await asyncio.wait_for(work("bo"), 1) == "bo"
    assert not turns._waiting
    assert not turns._running


async def cancel_at_random() -> FairQueue:
    random_, turns = random.Random(7), FairQueue(together=2)

    async def work(person: str) -> None:
        async with turns.turn(person, lambda *_: None):
            await asyncio.sleep(random_.random())

    for _ in range(20):
        tasks = [asyncio.ensure_future(work(random_.choice("abc"))) for _ in range(12)]
        for task in random_.sample(tasks, 6):
            await asyncio.sleep(random_.random() / 2)
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return turns


def test_cancelling_at_any_moment_loses_no_turn(monkeypatch: pytest.MonkeyPatch):
    turns = in_virtual_time(monkeypatch, cancel_at_random())
    assert not turns._running
    assert not turns._waiting


async def test_too_many_waiting_is_said_instead_of_growing():
    turns, gate = FairQueue(together=1, most=1), asyncio.Event()

    async def work() -> None:
        async with turns.turn("ana", lambda *_: None):
            await gate.wait()

    waiting = [asyncio.ensure_future(work()) for _ in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(SlowDown, match="More people are waiting"):
        await work()
    gate.set()
    await asyncio.gather(*waiting)


class Model:
    """One worker that computes strictly one job after the other, polite ones last, as the batcher does at its worst."""

    def __init__(self, seconds: float) -> None:
        self.seconds, self.arrived = seconds, asyncio.Event()
        self.queues: tuple[deque[asyncio.Future[None]], ...] = (deque(), deque())

    async def run(self) -> None:
        while True:
            await self.arrived.wait()
            job = next(queue.popleft() for queue in self.queues if queue)
            if not any(self.queues):
                self.arrived.clear()
            await asyncio.sleep(self.seconds)
            job.set_result(None)

    async def serve(self, courtesy: Courtesy | None) -> None:
        job, polite = asyncio.get_running_loop().create_future(), courtesy is not None and courtesy.due()
        if courtesy and polite:
            await courtesy.wait()
        self.queues[1 if polite else 0].append(job)
        self.arrived.set()
        await job


async def waits(turns: FairQueue | None, crowd: int, pause: float) -> list[float]:
    """What four people wait, in s, who ask every `pause` s for 1 to 8 jobs of 0.4 s, while one more has a crowd."""
    random_, model, took, now = random.Random(3), Model(0.4), [], asyncio.get_running_loop().time

    async def request(person: str) -> None:
        started, jobs = now(), random_.choice([1, 2, 3, 5, 8])
        async with turns.turn(person, lambda *_: None) if turns else nullcontext() as courtesy:
            for _ in range(jobs):
                await model.serve(courtesy)
        if person != "crowd":
            took.append(now() - started)

    async def person(name: str) -> None:
        for _ in range(30):
            await asyncio.sleep(random_.expovariate(1 / pause))
            await request(name)

    async def insist() -> None:
        while True:
            await request("crowd")

    worker = asyncio.ensure_future(model.run())
    crowding = [asyncio.ensure_future(insist()) for _ in range(crowd)]
    await asyncio.gather(*(person(f"person {number}") for number in range(4)))
    for task in (worker, *crowding):
        task.cancel()
    await asyncio.gather(worker, *crowding, return_exceptions=True)
    return took


def p95(monkeypatch: pytest.MonkeyPatch, turns: FairQueue | None, crowd: int, pause: float) -> float:
    return quantiles(in_virtual_time(monkeypatch, waits(turns, crowd, pause)), n=20)[-1]


@pytest.mark.parametrize("pause", [5.0, 20.0, 60.0])  # from a busy worker to an idle one
def test_one_persons_hundred_requests_do_not_raise_anothers_p95_by_more_than_half(
    pause: float, monkeypatch: pytest.MonkeyPatch
):
    alone, crowded = (p95(monkeypatch, FairQueue(), crowd, pause) for crowd in (0, 100))
    assert crowded <= 1.5 * alone


def test_without_turns_they_would_raise_it_manyfold(monkeypatch: pytest.MonkeyPatch):
    alone, crowded = (p95(monkeypatch, None, crowd, 5.0) for crowd in (0, 100))
    assert crowded > 5 * alone


async def test_who_has_several_requests_stands_back_while_somebody_with_one_is_served():
    turns, steps, answered = FairQueue(), [], asyncio.Event()

    async def several(number: int) -> None:
        async with turns.turn("ana", lambda *_: None) as courtesy:
            for piece in range(2):
                if courtesy.due():
                    await courtesy.wait()
                steps.append(f"ana {number}.{piece}")
                await asyncio.sleep(0)

    async def one() -> None:
        async with turns.turn("bo", lambda *_: None) as courtesy:
            assert not courtesy.due()
            await answered.wait()
            steps.append("bo")

    async with asyncio.TaskGroup() as tasks:
        for number in range(2):
            tasks.create_task(several(number))
        tasks.create_task(one())
        for _ in range(5):
            await asyncio.sleep(0)
        answered.set()
    assert steps.index("bo") <= 1
    assert len(steps) == 5


def test_standing_back_ends_however_long_the_other_takes(monkeypatch: pytest.MonkeyPatch):
    async def waited() -> float:
        turns, loop = FairQueue(), asyncio.get_running_loop()

        async def forever() -> None:
            async with turns.turn("bo", lambda *_: None):
                await asyncio.Event().wait()

        async def several() -> None:
            async with turns.turn("ana", lambda *_: None) as courtesy:
                while courtesy.due():
                    await courtesy.wait()

        other = asyncio.ensure_future(forever())
        await asyncio.gather(*(several() for _ in range(2)))
        other.cancel()
        await asyncio.gather(other, return_exceptions=True)
        return loop.time()

    assert in_virtual_time(monkeypatch, waited()) < 3 * PATIENCE


async def test_the_core_puts_few_jobs_under_way_for_who_stands_back():
    texts, reports = [f"text {number}" for number in range(40)], []

    class Standing:
        waits = 0

        def due(self) -> bool:
            return True

        async def wait(self) -> None:
            self.waits += 1

    async with Core([Binding("embed", "echo", "echo")], on_report=reports.append) as core:
        assert len(await core.behind(Standing()).embed(texts)) == 40
        polite_reports, reports[:] = [*reports], []
        await core.embed(texts)
    assert {report.priority for report in polite_reports} == {Priority.BACKGROUND}
    assert max(report.size for report in polite_reports) <= FEW
    assert {report.priority for report in reports} == {Priority.INTERACTIVE}


# Rules


@dataclass(frozen=True)
class Member:
    held: frozenset[str] = frozenset()
    fails: bool = False

    async def can_read(self, place: Place) -> bool:
        return bool(place)

    async def is_admin(self, place: Place) -> bool:
        return not place

    async def roles(self, place: Place) -> frozenset[str]:
        if self.fails:
            raise TimeoutError(place.channel)
        return self.held


async def allowed(request: Request, *rules: Rule) -> bool:
    try:
        await check(request, AccessRules(rules=rules))
    except NotAllowed:
        return False
    return True


async def test_without_rules_everyone_may_use_everything_everywhere():
    assert await allowed(asked())


async def test_a_denial_holds_for_its_people_intents_and_channels_only():
    rule = Rule(effect="deny", intents=("ask",), people=("U1",), channels=("C1",))
    assert not await allowed(asked(), rule)
    assert await allowed(asked(BO), rule)
    assert await allowed(asked(name="summarize"), rule)
    assert await allowed(asked(place=replace(PLACE, channel="C2")), rule)


async def test_where_something_is_allowed_only_that_is_and_a_denial_beats_it():
    rules = (Rule(effect="allow", intents=("ask",), channels=("C1",)), Rule(effect="deny", people=("U2",)))
    assert await allowed(asked(), *rules)
    assert not await allowed(asked(BO), *rules)
    assert not await allowed(asked(place=replace(PLACE, channel="C2")), *rules)
    assert await allowed(asked(name="translate"), *rules)


@pytest.mark.parametrize(
    ("access", "expected"),
    [(Member(frozenset({"R1"})), True), (Member(frozenset({"R2"})), False), (Member(fails=True), False), (None, False)],
)
async def test_roles_that_can_not_be_told_count_against_the_asker(access: Member | None, expected: object):
    assert await allowed(asked(access=access), Rule(effect="allow", roles=("R1",))) == expected
    unknown = access is None or access.fails
    assert await allowed(asked(access=access), Rule(effect="deny", roles=("R1",))) == (not expected and not unknown)


async def test_no_rule_keeps_anybody_from_help_and_privacy():
    rule = Rule(effect="deny")
    assert [name for name in INTENTS if await allowed(asked(name=name), rule)] == ["privacy", "help"]


async def test_the_assistant_refuses_what_the_rules_deny_and_does_no_work(assistant: Assistant):
    denying = replace(assistant, access=AccessRules(rules=(Rule(effect="deny", intents=("ask",)),)))
    heard: list[Progress] = []
    reply = await denying.handle(asked(progress=heard.append))
    assert reply.text == "You may not use ask here."
    assert heard == []


def test_the_effective_policy_is_told_in_words():
    rules = (
        Rule(effect="allow", intents=("ask",), roles=("R1",)),
        Rule(effect="deny", intents=("ask",), people=("U2",)),
    )
    told = dict(lines(AccessRules(admins=("U9",), rules=rules)))
    assert told["ask"] == "everyone with a role of R1 everywhere, but not people U2 everywhere"
    assert told["summarize"] == "everyone, everywhere"
    assert told["administrators"] == "the platform's own and U9"
