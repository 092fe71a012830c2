"""Reports that come round: each exactly once, across restarts, changes of clocks, jumps of clocks and two processes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from adapters.chat import Channel, Intent, Message, Person, Place, Posting, Request, Window
from adapters.errors import Unreachable, Unwelcome
from bot.cli.commands.check import recurring
from bot.config import Config
from bot.errors import NotAllowed, UsageError
from bot.history import History, HistoryThread, schedules
from bot.history.schedules import LEASE, Schedule
from bot.intents.report import run
from bot.runtime.scheduler import Clerk
from bot.sections import Reports
from bot.services import Services
from nlp.core import Core
from nlp.scheduler.family import Binding

PLACE = Place("slack", "T1", "C1")
ECHO = tuple(Binding(task, "echo", "echo") for task in ("sentiment", "embed"))
LISBON = ZoneInfo("Europe/Lisbon")
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
SET = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)  # a Friday
NINE = datetime(2026, 5, 4, 8, 0, tzinfo=UTC)  # the Monday after, nine o'clock in Lisbon


@dataclass
class Wall:
    """A clock that stands until it is set."""

    at: datetime = SET

    def __call__(self) -> datetime:
        return self.at


@dataclass
class Board:
    """A service where things are posted. `broken` errors come first, one a try; after `lost` it hears of no success."""

    name: str = "slack"
    posted: list[Posting] = field(default_factory=list)
    tries: list[Posting] = field(default_factory=list)
    broken: list[BaseException] = field(default_factory=list)
    lost: int = 0

    async def run(self, *_: object) -> None: ...

    def access_for(self, *_: object) -> None: ...

    async def post(self, posting: Posting) -> None:
        self.tries.append(posting)
        if self.broken:
            raise self.broken.pop(0)
        if posting.tried and any(each.key == posting.key for each in self.posted):
            return  # as an adapter does that looks what stands there
        self.posted.append(posting)
        if self.lost:
            self.lost -= 1
            raise KeyboardInterrupt  # the process dies between the post and the note of it


@asynccontextmanager
async def office(path: Path | None, wall: Wall, board: Board, owners: tuple[Reports, ...] = ()) -> AsyncIterator[Clerk]:
    """One process: its history, its models and its clerk."""
    async with HistoryThread(path) as history, Core(ECHO) as core:
        yield Clerk(Services(core, history, wall, LISBON), {"slack": board}, owners)


async def kept(clerk: Clerk, cron: str = "0 9 * * mon", span: timedelta | None = None, since: datetime = SET) -> None:
    """A channel that is kept, in which six people wrote four messages a day, and its schedule."""
    history = clerk.services.history
    await history.run(lambda store: store.turn_on(PLACE, "U9", SET))
    await history.run(lambda store: store.add([Channel(PLACE, "general"), *(said(n) for n in range(14 * 4))]))
    await history.write(schedules.put, Schedule(PLACE, cron, "Europe/Lisbon", span, since))


def said(number: int) -> Message:
    author = Person(f"U{number % 6}", f"Name{number % 6}")
    at = NINE - timedelta(days=7) + timedelta(days=number // 4, minutes=number % 4)
    return Message(str(number), PLACE, author, f"boat number {number} has left the harbour", at)


async def at(clerk: Clerk, wall: Wall, *times: datetime) -> None:
    for time in times:
        wall.at = time
        await clerk.look()


@pytest.fixture
def wall() -> Wall:
    return Wall()


@pytest.fixture
def board() -> Board:
    return Board()


@pytest.fixture
async def clerk(wall: Wall, board: Board) -> AsyncIterator[Clerk]:
    async with office(None, wall, board) as made:
        yield made


async def test_a_report_is_posted_when_it_is_due_and_once(clerk: Clerk, wall: Wall, board: Board):
    await kept(clerk)
    await at(clerk, wall, NINE - MINUTE)
    assert board.tries == []
    await at(clerk, wall, NINE, NINE, NINE + MINUTE, NINE + HOUR)
    (posting,) = board.posted
    assert posting.place == PLACE
    assert posting.reply.text.startswith("The mood of #general was steady: ")
    assert posting.reply.notes[:2] == (
        "Scheduled report of Monday 4 May 2026, 09:00.",
        "I judged 28 messages by 6 people, 27 April to 3 May.",
    )
    assert not posting.reply.private
    (chart,) = posting.reply.files
    assert chart.content.startswith(b"\x89PNG")
    assert chart.description.startswith("The mood of #general")


async def test_the_clerk_sleeps_until_something_is_due_and_at_most_a_minute(clerk: Clerk, wall: Wall):
    await kept(clerk)
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == 2:
            raise KeyboardInterrupt
        wall.at = NINE - timedelta(seconds=5)

    with pytest.raises(KeyboardInterrupt):
        await clerk.run(sleep)
    assert slept == [60.0, 5.0]


async def test_each_is_about_the_time_since_the_one_before_or_the_length_that_was_set(
    clerk: Clerk, wall: Wall, board: Board
):
    await kept(clerk, "0 9 * * mon", span=2 * DAY)
    await at(clerk, wall, NINE)
    assert "I judged 28 messages by 6 people, 27 April to 3 May." in board.posted[0].reply.notes  # whole weeks only


async def test_what_was_due_before_it_was_set_is_not_posted(clerk: Clerk, wall: Wall, board: Board):
    await kept(clerk, since=NINE + MINUTE)
    await at(clerk, wall, NINE + 2 * MINUTE)
    assert board.tries == []


async def test_a_channel_that_is_off_gets_none_and_being_turned_off_forgets_what_was_set(
    clerk: Clerk, wall: Wall, board: Board
):
    await kept(clerk)
    await clerk.services.history.run(lambda store: store.turn_off(PLACE, "U9", SET))
    await at(clerk, wall, NINE)
    assert board.tries == []
    assert await clerk.services.history.read(schedules.read) == []


async def test_a_week_in_which_nobody_wrote_is_told(clerk: Clerk, wall: Wall, board: Board):
    await kept(clerk)
    await at(clerk, wall, NINE + 28 * DAY)
    assert board.posted[0].reply.text == "I keep nothing that people wrote in #general in that time."


# Late


async def test_one_that_is_late_says_so(clerk: Clerk, wall: Wall, board: Board):
    await kept(clerk)
    await at(clerk, wall, NINE + 5 * HOUR)
    assert "It comes late, because I was not running or could not write here then." in board.posted[0].reply.notes
    assert "I judged 28 messages by 6 people, 27 April to 3 May." in board.posted[0].reply.notes


async def test_one_that_is_a_day_late_is_left_out_and_the_next_says_so(clerk: Clerk, wall: Wall, board: Board):
    await kept(clerk)
    await at(clerk, wall, NINE + DAY + MINUTE)
    assert board.tries == []
    await at(clerk, wall, NINE + 7 * DAY)
    excuse = "1 earlier report was left out, because I was not running or could not write here then."
    assert excuse in board.posted[0].reply.notes


async def test_a_daily_one_is_at_most_half_a_day_late(clerk: Clerk, wall: Wall, board: Board):
    await kept(clerk, "0 9 * * *")
    await at(clerk, wall, NINE + 12 * HOUR + MINUTE)
    assert board.tries == []


async def test_after_a_post_the_next_says_nothing_of_those_left_out_before_it(clerk: Clerk, wall: Wall, board: Board):
    await kept(clerk, "0 9 * * *")
    await at(clerk, wall, NINE, NINE + DAY)
    assert not any("left out, because" in note for note in board.posted[1].reply.notes)


# Failures, restarts and two processes


async def test_a_failure_is_tried_again_after_the_lease_and_posted_once(clerk: Clerk, wall: Wall, board: Board):
    await kept(clerk)
    board.broken = [Unwelcome("no"), OSError("no")]
    await at(clerk, wall, NINE, NINE + MINUTE)
    assert len(board.tries) == 1
    await at(clerk, wall, NINE + LEASE, NINE + 2 * LEASE, NINE + 3 * LEASE)
    assert len(board.tries) == 3
    assert len(board.posted) == 1
    assert board.posted[0].tried == NINE


async def test_a_service_that_is_not_connected_is_tried_again_at_the_next_look(clerk: Clerk, wall: Wall, board: Board):
    await kept(clerk)
    board.broken = [Unreachable("not yet")]
    await at(clerk, wall, NINE, NINE + MINUTE)
    assert len(board.posted) == 1


async def test_a_failing_report_does_not_keep_others_from_theirs(clerk: Clerk, wall: Wall, board: Board):
    await kept(clerk)
    other = replace(PLACE, channel="C2")
    history = clerk.services.history
    await history.run(lambda store: store.turn_on(other, "U9", SET))
    await history.write(schedules.put, Schedule(other, "0 9 * * mon", "UTC", None, SET))
    board.broken = [ValueError("a bug")]
    await at(clerk, wall, NINE + HOUR)
    assert {posting.place for posting in board.posted} == {other}


async def test_a_process_that_dies_before_it_posts_leaves_the_report_to_the_next(
    tmp_path: Path, wall: Wall, board: Board
):
    async with office(tmp_path / "history.db", wall, board) as first:
        await kept(first)
        board.broken = [KeyboardInterrupt()]
        with pytest.raises(KeyboardInterrupt):
            await at(first, wall, NINE)
    async with office(tmp_path / "history.db", wall, board) as second:
        await at(second, wall, NINE + MINUTE)
        assert board.posted == []  # somebody may still be at it
        await at(second, wall, NINE + LEASE, NINE + 2 * LEASE)
    assert len(board.posted) == 1


async def test_a_process_that_dies_after_it_has_posted_does_not_post_twice(tmp_path: Path, wall: Wall, board: Board):
    board.lost = 1
    async with office(tmp_path / "history.db", wall, board) as first:
        await kept(first)
        with pytest.raises(KeyboardInterrupt):
            await at(first, wall, NINE)
    async with office(tmp_path / "history.db", wall, board) as second:
        await at(second, wall, NINE + LEASE, NINE + 2 * LEASE, NINE + 3 * LEASE)
    assert len(board.posted) == 1
    assert [posting.tried for posting in board.tries] == [None, NINE]


async def test_two_processes_on_one_database_post_one_report(tmp_path: Path, wall: Wall, board: Board):
    async with office(tmp_path / "history.db", wall, board) as one, office(tmp_path / "history.db", wall, board) as two:
        await kept(one)
        await at(one, wall, NINE)
        for clerk in (two, one, two):
            await at(clerk, wall, NINE + MINUTE, NINE + 2 * LEASE)
    assert len(board.tries) == 1


async def test_who_lost_the_claim_while_working_does_not_post(tmp_path: Path, wall: Wall, board: Board):
    async with office(tmp_path / "history.db", wall, board) as one, office(tmp_path / "history.db", wall, board) as two:
        await kept(one)
        wall.at = NINE
        (schedule,) = await one.services.history.read(schedules.read)
        due = await one.services.history.write(schedules.claim, schedule, NINE, NINE, "one")
        assert due
        await at(two, wall, NINE + LEASE)
        assert not await one.services.history.write(schedules.hold, due, wall())
    assert len(board.posted) == 1


# Clocks


async def test_a_clock_that_is_set_back_and_comes_round_again_posts_nothing_twice(
    clerk: Clerk, wall: Wall, board: Board
):
    await kept(clerk)
    await at(clerk, wall, NINE, NINE - 3 * HOUR, NINE - MINUTE, NINE, NINE + HOUR)
    assert len(board.tries) == 1


async def test_a_claim_from_before_the_clock_was_set_back_can_be_taken_over(clerk: Clerk, wall: Wall, board: Board):
    await kept(clerk)
    board.broken = [OSError("no")]
    await at(clerk, wall, NINE + 2 * HOUR, NINE + HOUR)
    assert len(board.posted) == 1


async def test_a_clock_that_jumps_ahead_posts_the_last_one_and_goes_on_from_there(
    clerk: Clerk, wall: Wall, board: Board
):
    await kept(clerk, "0 9 * * *")
    await at(clerk, wall, NINE, NINE + 3 * DAY + HOUR, NINE + 4 * DAY)
    assert [posting.key[-13:] for posting in board.posted] == ["20260504T0800", "20260507T0800", "20260508T0800"]
    assert any(note.startswith("2 earlier reports were left out") for note in board.posted[1].reply.notes)


@pytest.mark.parametrize("change", [datetime(2026, 3, 29, tzinfo=UTC), datetime(2026, 10, 25, tzinfo=UTC)])
async def test_a_night_of_changing_clocks_has_one_report(clerk: Clerk, wall: Wall, board: Board, change: datetime):
    await kept(clerk, "30 1 * * *", since=change - DAY)
    await at(clerk, wall, *(change + n * 10 * MINUTE for n in range(24)))
    nights = [posting for posting in board.posted if f"{change:%Y%m%d}" in posting.key]
    assert len(nights) == 1


# The configuration


async def test_the_owners_configuration_is_followed_by_the_channels_name(wall: Wall, board: Board):
    owners = (Reports(channel="general", cron="0 9 * * 1", timezone="Europe/Lisbon", window="7 days"),)
    async with office(None, wall, board, owners) as clerk:
        await at(clerk, wall, SET)  # its channel isn't known yet
        await kept(clerk)
        await clerk.services.history.write(schedules.drop, "report", PLACE)
        await at(clerk, wall, SET + HOUR, NINE, NINE + MINUTE)
        (known,) = await clerk.services.history.read(schedules.read)
    assert (known.cron, known.timezone, known.span, known.owners) == ("0 9 * * mon", "Europe/Lisbon", 7 * DAY, True)
    assert len(board.posted) == 1


async def test_the_same_time_in_configuration_and_channel_is_one_report(wall: Wall, board: Board):
    owners = (Reports(channel="general", cron="0 9 * * 1"),)
    async with office(None, wall, board, owners) as clerk:
        await kept(clerk)
        await at(clerk, wall, SET + HOUR, NINE, NINE + MINUTE)
    assert len(board.posted) == 1


async def test_what_left_the_configuration_is_forgotten_and_what_stays_goes_on(
    tmp_path: Path, wall: Wall, board: Board
):
    entries = [Reports(channel="general", cron=cron) for cron in ("0 9 * * 1", "0 10 * * 1")]
    async with office(tmp_path / "history.db", wall, board, tuple(entries)) as clerk:
        await kept(clerk)
        await at(clerk, wall, SET)
    async with office(tmp_path / "history.db", wall, board, tuple(entries[:1])) as clerk:
        await at(clerk, wall, SET + HOUR)
        left = [each for each in await clerk.services.history.read(schedules.read) if each.owners]
    assert [(each.cron, each.since) for each in left] == [("0 9 * * mon", SET)]


def test_the_check_says_when_each_comes_and_what_stands_in_its_way(tmp_path: Path):
    entries = tuple(Reports(channel=name, cron="0 9 * * 1") for name in ("general", "twice", "random"))
    config = Config(timezone="Europe/Lisbon", reports=entries)
    path = tmp_path / "history.db"
    assert [each.detail for each in recurring(config, path)] == ["every Monday at 09:00 (Europe/Lisbon)"] * 3
    with History.open(path) as history:
        twice = [Channel(replace(PLACE, workspace=team, channel="C2"), "twice") for team in ("T1", "T2")]
        history.add([Channel(PLACE, "general"), *twice])
    found = recurring(config, path)
    assert [each.works for each in found] == [True, False, True]
    assert found[0].detail.endswith("the channel is off, so I post nothing there")
    assert found[1].detail.startswith("2 channels have this name.")
    assert found[2].detail.endswith("no such channel is known yet")


# What people say


class Admin:
    async def can_read(self, _: Place) -> bool:
        return True

    async def is_admin(self, _: Place) -> bool:
        return True


def asked(words: str, access: object = None, place: Place = PLACE) -> Request:
    return Request(Intent("report", words, Window()), place, Person("U1", "Ana"), access=access)  # type: ignore[arg-type]


async def test_an_administrator_sets_a_report_and_everyone_is_told(clerk: Clerk):
    await kept(clerk)
    found = await run(asked("weekly fri 16:00", Admin(), replace(PLACE, thread="7")), clerk.services)
    reply = found.reply()
    assert not reply.private
    assert "because Ana asked me to" in reply.text
    assert "every Friday at 16:00 (Europe/Lisbon)" in reply.text
    assert "next on Friday 1 May 2026, 16:00" in reply.text
    (row,) = found.document()["schedules"]  # in place of Monday
    assert row == {
        "cron": "0 16 * * fri", "timezone": "Europe/Lisbon", "window": None, "next": "2026-05-01T15:00:00+00:00",
        "owners": False, "own": False, "about": [],
    }  # fmt: skip


async def test_who_may_read_the_channel_sees_what_is_set(clerk: Clerk):
    await kept(clerk, span=30 * DAY)
    text = (await run(asked("list"), clerk.services)).reply().text
    assert "every Monday at 09:00 (Europe/Lisbon), about the 30 days before; next on Monday 4 May 2026, 09:00" in text


async def test_an_administrator_stops_it(clerk: Clerk):
    await kept(clerk)
    found = await run(asked("stop the reports", Admin()), clerk.services)
    assert (found.rows, found.change, found.by) == ((), "stopped", "Ana")
    with pytest.raises(UsageError, match="has no report to stop"):
        await run(asked("stop", Admin()), clerk.services)


@pytest.mark.parametrize("words", ["weekly mon 9:00", "stop"])
async def test_others_decide_nothing(clerk: Clerk, words: str):
    await kept(clerk)
    with pytest.raises(NotAllowed):
        await run(asked(words), clerk.services)


async def test_nonsense_is_answered_with_how_to_say_it(clerk: Clerk):
    with pytest.raises(UsageError) as error:
        await run(asked("whenever you like", Admin()), clerk.services)
    assert "/report weekly mon 9:00" in error.value.remedy


async def test_a_channel_that_is_off_must_be_turned_on_first(clerk: Clerk):
    with pytest.raises(UsageError, match="this channel is off"):
        await run(asked("weekly mon 9:00", Admin()), clerk.services)


@pytest.mark.parametrize("kind", ["direct", "group"])
async def test_a_conversation_between_a_few_has_none(clerk: Clerk, kind: str):
    await clerk.services.history.run(lambda store: store.add([Channel(PLACE, "Ana", kind)]))
    with pytest.raises(UsageError, match="a few people"):
        await run(asked("weekly mon 9:00", Admin()), clerk.services)
