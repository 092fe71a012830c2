"""Full-text search: any text is a query, words rank by their weight, and nothing outside the scope is found."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from adapters.chat import Message, Person, Place, Window
from bot.history import History, Scope

NOON = datetime(2026, 5, 3, 12, 0, tzinfo=UTC)
PLACE = Place("slack", "T1", "C1")
SCOPE = Scope.of(PLACE)
ANA = Person("U1", "Ana")


def said(number: int, text: str, place: Place = PLACE) -> Message:
    return Message(str(number), place, ANA, text, NOON + timedelta(minutes=number))


@pytest.fixture
def history() -> Iterator[History]:
    with History.open(None) as opened:
        yield opened


@pytest.fixture(scope="module")
def quiet() -> Iterator[History]:
    """A history that a test only reads."""
    with History.open(None) as opened:
        opened.add([said(1, 'it said "NEAR" and * and text:hello'), said(2, "plain words, state-of-the-art")])
        yield opened


def found(history: History, query: str, **options: object) -> list[str]:
    return [hit.message.id for hit in history.search(SCOPE, query, **options)]


@given(
    st.text(st.characters())
    | st.lists(st.sampled_from(['"', "NEAR(", "*", "^", "OR", "text:", "-", "+", "(", "\0"])).map(" ".join)
)
@example("\ud800 \udfff")
@example('"; DROP TABLE message; --')
@example("NEAR(hello, 2) AND text:* NOT ^")
@example(" ".join(str(number) for number in range(5_000)))
def test_no_text_makes_a_search_fail(quiet: History, query: str):
    assert {hit.message.id for hit in quiet.search(SCOPE, query)} <= {"1", "2"}


@pytest.mark.parametrize("query", ["", " ", "\0", "?!", "_", '""', "*", "\u0301"])
def test_a_query_without_words_finds_nothing(quiet: History, query: str):
    assert found(quiet, query) == []


def test_what_looks_like_syntax_is_searched_as_words(quiet: History):
    assert found(quiet, "near") == ["1"]
    assert found(quiet, "text:hello") == ["1"]
    assert found(quiet, "ART*") == ["2"]


def test_case_and_diacritics_do_not_matter(history: History):
    history.add([said(1, "Decisão: AÇÃO amanhã")])
    assert found(history, "decisao acao") == ["1"]
    assert found(history, "ac\u0327a\u0303o") == ["1"]


def test_rare_words_weigh_more_than_common_ones(history: History):
    history.add([*(said(number, "the build is green") for number in range(20)), said(99, "the outage")])
    hits = history.search(SCOPE, "the outage is over")
    assert hits[0].message.id == "99"
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert hits[0].score > 0


def test_the_newer_of_equal_hits_comes_first(history: History):
    history.add([said(1, "deploy"), said(3, "deploy"), said(2, "deploy")])
    assert found(history, "deploy") == ["3", "2", "1"]
    assert found(history, "deploy", limit=2) == ["3", "2"]


def test_only_the_scope_is_searched(history: History):
    other_channel, other_workspace = Place("slack", "T1", "C2"), Place("slack", "T2", "C1")
    history.add([said(1, "deploy"), said(2, "deploy", other_channel), said(3, "deploy", other_workspace)])
    assert found(history, "deploy") == ["1"]


def test_only_the_window_is_searched(history: History):
    history.add([said(number, "deploy") for number in range(5)])
    assert found(history, "deploy", window=Window(since=NOON + timedelta(minutes=3))) == ["4", "3"]
    assert found(history, "deploy", window=Window(last=1)) == ["4"]
    within = Window(within=timedelta(minutes=2))
    assert found(history, "deploy", window=within, now=NOON + timedelta(minutes=5)) == ["4", "3"]


def test_an_edit_is_found_by_its_new_words_only(history: History):
    history.add([said(1, "tuesday"), replace(said(1, "friday"), edited_at=NOON)])
    assert found(history, "tuesday") == []
    assert found(history, "friday") == ["1"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("C", {"1"}),
        ("C++", {"2"}),
        ("c#", {"3"}),
        (".NET", {"4"}),
        ("3.11", {"6"}),
        ("node.js", {"8"}),
        ("@tide/core", {"9"}),
        ("net C#", {"3", "5"}),
    ],
)
def test_names_that_a_sign_tells_apart_are_found_apart(query: str, found: set[str]):
    lines = ("the C part", "the C++ part", "the C# part", "the .NET part", "the fishing net")
    lines = (*lines, "python 3.11 is out", "python 3.1 is old, 11 bugs", "node.js is slow", "we use @tide/core here")
    with History.open(None) as history:
        history.add([said(number, line) for number, line in enumerate(lines, 1)])
        hits = history.search(SCOPE, query)
    assert {hit.message.id for hit in hits} == found


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("这个版本什么时候发布", "1"),
        ("会議は何時に始まりますか", "2"),
        ("ประชุมเมื่อไหร่", "3"),
        ("部署为什么失败", "4"),
    ],
)
def test_words_of_scripts_without_spaces_are_found_inside_a_sentence(history: History, query: str, message: str):
    texts = (
        "新版本周五发布",
        "会議は明日の午後三時です",
        "การประชุมพรุ่งนี้ตอนบ่าย",
        "k8s部署失败了",
        "我们先吃饭",
        "plain words",
    )
    history.add([said(number, text) for number, text in enumerate(texts, 1)])
    assert found(history, query)[0] == message


def test_where_words_and_pairs_of_letters_are_found_both_count(history: History):
    history.add([said(1, "部署 failed"), said(2, "部署 done"), said(3, "lunch failed"), said(4, "nothing")])
    assert found(history, "部署 failed")[0] == "1"
    assert sorted(found(history, "部署 failed")) == ["1", "2", "3"]
    assert found(history, "部署", limit=1) == ["2"]
    assert found(history, "部署", window=Window(last=2)) == []
