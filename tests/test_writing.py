"""What becomes of a model's words: sentences, the lines that they cite, and lines that are too long."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.summaries.writing import Line, Written, cited, halves, spoken, without_citations

LINES = [Line("Ana", f"said number {place}", place) for place in range(10, 15)]  # numbered 1 to 5 for the model


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The boats are out [1].", [("The boats are out.", (10,))]),
        (
            "- The boats are out [1][3]\n- Bo paints [2, 4].",
            [("The boats are out", (10, 12)), ("Bo paints.", (11, 13))],
        ),
        ("The boats are out. [1] Bo paints. [2-4]", [("The boats are out.", (10,)), ("Bo paints.", (11, 12, 13))]),
        ("1. The boats are out [9].\n2) Bo paints [0].", [("The boats are out.", ()), ("Bo paints.", ())]),
        ("The boats are out.", [("The boats are out.", ())]),
        ("Ana [1] said so [2].", [("Ana said so.", (10, 11))]),
        ("The same [1].\nThe same [2].", [("The same.", (10,))]),
        ("[1] [2]\n***\n", []),
        ("<conversation>\nThe boats are out [1].\n<script>", [("The boats are out.", (10,))]),
        ("", []),
    ],
)
def test_sentences_keep_the_places_of_the_lines_they_cite(text: str, expected: list[tuple[str, tuple[int, ...]]]):
    assert cited(text, LINES) == [Written(*each) for each in expected]


@settings(deadline=None)
@given(st.text(alphabet="ab []0123456789,-.\n", max_size=200))
def test_no_sentence_cites_a_line_that_is_not_there(text: str):
    assert all(place in range(10, 15) for each in cited(text, LINES) for place in each.cites)


@settings(deadline=None)
@given(st.lists(st.text(min_size=1, max_size=5)))
def test_what_is_heard_in_pieces_has_no_citation_in_it(words: list[str]):
    heard: list[str] = []
    hear = without_citations(heard.append)
    whole = "".join(f"{word.replace('[', '')}[12]" for word in words)
    for start in range(0, len(whole), 3):
        hear(whole[start : start + 3])
    assert "[12]" not in "".join(heard)


def test_lines_are_halved_and_a_single_one_is_cut_at_a_space():
    first, second = halves(LINES)  # type: ignore[misc]
    assert [*first, *second] == LINES
    (one,), (other,) = halves([Line("Ana", "word and another thing " * 4, 7)])  # type: ignore[misc]
    assert f"{one.text} {other.text}" == "word and another thing " * 4
    assert (one.place, other.place) == (7, 7)
    assert halves([Line("Ana", "short", 0)]) is None


def test_of_what_an_encoder_decoder_wrote_small_talk_and_copied_names_are_left_out():
    assert spoken("Ana: The boats are in the old green shed. Ok. Bo: fine.", LINES) == [
        "The boats are in the old green shed."
    ]
    assert spoken("Fine.", LINES) == ["Fine."]
