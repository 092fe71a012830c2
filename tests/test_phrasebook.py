"""Short phrases and abbreviations are known from tables."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp.translation.clauses import in_clauses
from nlp.translation.phrasebook import folded, phrase, phrases, tables
from nlp.translation.shorthand import pattern, spelled_out, table

PAIRS = [("en", "pt"), ("pt", "en")]


@pytest.mark.parametrize(
    ("text", "translation"),
    [
        ("Many thanks!", "Muito obrigado!"),
        ("good luck", "boa sorte"),
        ("GOOD LUCK!!", "BOA SORTE!!"),
        ("Good  luck\u2026", "Boa sorte\u2026"),
        ("yesss", "sim"),
        ("How much?", "Quanto?"),
        ("don\u2019t worry", "não se preocupe"),
        ("Thanks everyone", "Obrigado a todos"),
        ("thanks, everyone!", "obrigado a todos!"),
    ],
)
def test_a_phrase_is_written_as_it_is_asked_for(text: str, translation: str):
    assert phrase(text, "en", "pt") == translation


@pytest.mark.parametrize("text", ["", "?!", "the tide is rising", "really a nice one of them to have here", "obrigado"])
def test_what_is_not_in_the_table_is_left_to_the_model(text: str):
    assert phrase(text, "en", "pt") is None


def test_a_pair_without_a_table_has_no_phrases():
    assert phrase("thanks", "en", "xx") is None


def test_a_word_that_asks_is_not_taken_for_one_that_tells():
    assert phrase("pronto?", "pt", "en") == "ready?"
    assert phrase("pronto", "pt", "en") == "done"


@pytest.mark.parametrize("pair", PAIRS)
def test_a_table_holds_hundreds_of_phrases_and_no_empty_one(pair: tuple[str, str]):
    assert len(phrases(*pair)) > 400
    assert all(key and value.strip() for key, value in phrases(*pair).items())


def test_every_row_says_what_speaks_for_it():
    rows = [line.split("\t") for path in tables() for line in path.read_text(encoding="utf-8").splitlines()]
    assert {row[4] for row in rows} == {"confirmed", "read"}
    assert sum(row[4] == "confirmed" for row in rows) > len(rows) / 2


@given(st.text())
def test_folding_twice_is_folding_once(text: str):
    assert folded(folded(text)) == folded(text)


@pytest.mark.parametrize(
    ("text", "clauses"),
    [
        ("No worries, the boat waits", [("No worries", "Sem problema"), (", ", ""), ("the boat waits", None)]),
        ("the boat waits, thanks", [("the boat waits", None), (", ", ""), ("thanks", "obrigado")]),
        ("Good luck, Marta", [("Good luck", "Boa sorte"), (", ", ""), ("Marta", "Marta")]),
        ("sorry, thanks", [("sorry", "desculpa"), (", ", ""), ("thanks", "obrigado")]),
        ("bread, milk and nice cheese", [("bread, milk and nice cheese", None)]),
    ],
)
def test_a_sentence_is_cut_at_the_clauses_that_are_known(text: str, clauses: list[tuple[str, str | None]]):
    assert in_clauses(text, ("en", "pt")) == clauses


@pytest.mark.parametrize(
    ("text", "language", "full"),
    [
        ("brb, phone", "en", "be right back, phone"),
        ("can u ask them pls", "en", "can you ask them please"),
        ("btw it rains", "en", "by the way, it rains"),
        ("it rains btw", "en", "it rains by the way"),
        ("vc sabe pq ela saiu", "pt", "você sabe porque ela saiu"),
        ("Plan U is ready", "en", "Plan U is ready"),
        ("see `brb` in brb.py and @brb", "en", "see `brb` in brb.py and @brb"),
        ("nothing to spell out", "en", "nothing to spell out"),
        ("brb", "xx", "brb"),
    ],
)
def test_abbreviations_are_spelled_out(text: str, language: str, full: str):
    assert spelled_out(text, language) == full


@pytest.mark.parametrize("language", ["en", "pt", "es", "fr", "de", "it"])
def test_every_language_of_chat_has_a_table_without_loops(language: str):
    assert pattern(language) is not None
    assert [short for short, long in table(language).items() if short == long or not long] == []
