"""Which passages stand for all of them."""

import time

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from nlp.models.echo import embed
from nlp.text.extractive import Passages, centrality, choose, concepts
from nlp.text.lexical import content_stems, coverage, document_counts, fold, rarity, stems, words

TEXTS = st.lists(st.text(alphabet="abcdefgh é?ß\n1", max_size=40), max_size=12)


def passages(texts: list[str], speakers: list[str] | None = None, priors: list[float] | None = None) -> Passages:
    vectors = np.stack([embed(text) for text in texts]) if texts else np.zeros((0, 16))
    return Passages(texts, vectors, speakers or ["ana"] * len(texts), np.array(priors or [1.0] * len(texts)))


@given(TEXTS, st.integers(0, 5), st.integers(0, 60))
def test_a_choice_keeps_both_limits_and_never_repeats_itself(texts: list[str], most: int, most_words: int):
    chosen = choose(passages(texts), most, most_words)
    assert len(chosen) == len(set(chosen)) <= most
    assert all(0 <= index < len(texts) for index in chosen)
    assert sum(len(words(texts[index])) for index in chosen) <= most_words


@given(TEXTS)
def test_choosing_twice_chooses_the_same(texts: list[str]):
    assert choose(passages(texts), 3, 40) == choose(passages(texts), 3, 40)


@given(TEXTS)
def test_a_smaller_choice_of_the_same_parts_says_at_least_one_thing(texts: list[str]):
    spoken = any(concepts(text) for text in texts)
    assert bool(choose(passages(texts), 1, 1000)) == spoken


def test_nothing_is_chosen_from_nothing():
    assert choose(passages([]), 5, 100) == []


def test_the_subject_of_the_talk_goes_before_an_aside():
    texts = [
        "The database migration failed at night.",
        "We roll back the database migration now.",
        "My cat sleeps.",
        "The migration failed because the database was full.",
    ]
    first = choose(passages(texts), 1, 100)[0]
    assert first != 2


def test_what_was_said_already_is_not_said_again():
    texts = ["The database migration failed.", "The database migration failed.", "Lunch is at the new place on Friday."]
    assert sorted(choose(passages(texts), 2, 100)) in ([0, 2], [1, 2])


def test_a_prior_decides_between_equals():
    texts = ["Deploy the green build tonight.", "Deploy the green build tonight."]
    assert choose(passages(texts, priors=[1.0, 1.5]), 1, 100) == [1]


def test_another_speaker_is_preferred_among_equals():
    texts = ["alpha beta gamma", "delta epsilon zeta", "eta theta iota"]
    quiet = passages(texts, speakers=["ana", "ana", "ben"])
    assert "ben" in {quiet.speakers[index] for index in choose(quiet, 2, 100)}


def test_the_choice_spreads_over_the_time():
    texts = [f"topic{number} matter{number}" for number in range(20)]
    apart = Passages(texts, np.eye(20), [str(number) for number in range(20)], np.ones(20))
    assert {index // 5 for index in choose(apart, 4, 100)} == {0, 1, 2, 3}


def test_rows_of_zeros_are_nowhere_and_still_may_be_chosen():
    blank = Passages(["alpha beta", "gamma delta"], np.zeros((2, 4)), ["a", "b"], np.ones(2))
    assert sorted(choose(blank, 2, 100)) == [0, 1]
    assert (centrality(np.zeros((2, 4))) > 0).all()


def test_a_long_window_is_chosen_from_within_a_second():
    texts = [f"message {number} about subject{number % 97} and plan{number % 31}" for number in range(5_000)]
    ready = Passages(texts, np.ones((5_000, 8)) / np.sqrt(8), ["ana"] * 5_000, np.ones(5_000))
    started = time.perf_counter()
    assert len(choose(ready, 8, 200)) == 8
    assert time.perf_counter() - started < 1


def test_words_lose_case_accents_and_their_endings():
    assert words("São Paulo, ÀS 3!") == ["sao", "paulo", "as", "3"]
    assert stems("Decisions decided") == {"decis", "decid"}
    assert stems("build1234 build1235") == {"build1234", "build1235"}
    assert fold("Straße") == "strasse"


def test_function_words_are_known_in_five_languages():
    assert content_stems("What did Ana decide about the database?") == {"ana", "decid", "datab"}
    assert content_stems("O que foi que a Ana decidiu sobre o banco?") >= {"ana", "decid", "banco"}
    assert "wurde" not in content_stems("Warum wurde die Datenbank nicht gesichert?")
    assert "por" not in content_stems("¿Por qué no funciona la copia?")
    assert "est" not in content_stems("Pourquoi est-ce que la base est en panne ?")


@given(
    st.sets(st.text(alphabet="abc", min_size=1, max_size=3), min_size=1), st.sets(st.text(alphabet="abc", max_size=3))
)
def test_coverage_is_a_share(query: set[str], document: set[str]):
    weights = rarity(query, document_counts([document, {"a"}]), 2)
    assert 0 <= coverage(weights, document) <= 1
    assert coverage(weights, query) == 1
    assert coverage(weights, set()) == 0
