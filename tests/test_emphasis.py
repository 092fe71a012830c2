"""Marks of emphasis, links and tags leave a sentence and come back around the same words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp.text.sentences import around
from nlp.translation.emphasis import parts, remarked, unmarked

MARKED = [
    "*a*", "**b**", "_c_", "__d__", "~e~", "~~f~~", "||g||", "***h***", "[i](https://x.io/a_b)", "<b>j</b>", "x", "*",
    "_",
    "`*k*`", "<@U1>", "2*3*4", "snake_case", "**l *m* n**", "(", ".", "<i>o", "\\*p\\*", "€",
]  # fmt: skip


@given(st.lists(st.sampled_from(MARKED)).map(" ".join) | st.text(alphabet="ab *_~|<>[]()\\`", max_size=40))
def test_a_sentence_that_is_not_changed_gets_its_marks_back(text: str):
    plain = unmarked(text)
    assert remarked(plain.text, plain, plain.fragments()) in (text, None)
    assert "".join(part for part, _ in parts(text)) == text


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("the *old* pier", "the old pier"),
        ("~~wrong~~ and **right**", "wrong and right"),
        ("||he **dies** there||", "he dies there"),
        ("see [our rules](https://x.io/r)", "see our rules"),
        ("a <b>bold</b> move", "a bold move"),
        ("2*3*4 is `*x*` in snake_case_name", "2*3*4 is `*x*` in snake_case_name"),
    ],
)
def test_a_translator_sees_words_without_marks(text: str, plain: str):
    assert unmarked(text).text == plain


def test_marks_go_where_their_words_went():
    plain = unmarked("the *old* ||pier||")
    assert remarked("o cais velho", plain, ["velho", "cais"]) == "o ||cais|| *velho*"


def test_a_mark_whose_words_are_gone_is_noticed():
    plain = unmarked("the *old* pier")
    assert remarked("o cais antigo", plain, ["velho"]) is None


def test_marks_around_marks_open_first_and_close_last():
    plain = unmarked("**all *old* piers** here")
    assert remarked("todos os cais velhos aqui", plain, ["todos os cais velhos", "velhos"]) == (
        "**todos os cais *velhos*** aqui"
    )


def test_a_word_in_capitals_among_small_ones_is_read_in_small_ones_and_written_in_capitals():
    plain = unmarked("please do NOT open the API", frozenset({"not"}))
    assert plain.text == "please do not open the API"
    assert remarked("por favor não abra a API", plain, ["não"]) == "por favor NÃO abra a API"


def test_capitals_whose_word_is_not_found_are_only_lost():
    plain = unmarked("please do NOT open", frozenset({"not"}))
    assert remarked("evite abrir", plain, ["não"]) == "evite abrir"


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        (" `code`", [(" `code`", False)]),
        ("run `make all`, please.", [("run `make all`, please", True), (".", False)]),
        ("`make` is done", [("`make` is done", True)]),
        ("{name}!", [("{name}!", False)]),
        ("...", [("...", False)]),
    ],
)
def test_a_protected_span_at_the_edge_of_a_part_stays_whole(text: str, pieces: list[tuple[str, bool]]):
    assert [(piece.text, piece.words) for piece in around(text)] == pieces
