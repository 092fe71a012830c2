"""Abbreviations and their long forms are one word in a channel that uses both, or one of them beside a question's."""

import numpy as np
import pytest
from talk import talk

from bot.retrieval.features import Material
from bot.retrieval.ranking import rank, shipped
from nlp.models.echo import embed
from nlp.text.abbreviations import abbreviations
from nlp.text.lexical import stems, words


def best(question: str, *lines: str) -> str:
    messages = talk(*(f"Ana: {line}" for line in lines))
    material = Material(messages, np.stack([embed(message.text) for message in messages]))
    return rank(question, embed(question), material, shipped()).candidates[0].message.text


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("Who signs off an expense claim form?", "ECF papers go to Rui"),
        ("Who reads an ECF?", "An expense claim form goes to Rui"),
        ("Where is the head of operations?", "The HOO sits in room 4"),
        ("Onde está o plano de emergência?", "O PE fica na gaveta"),
        ("who has the ecf?", "Rui keeps every expense claim form (ECF)"),
    ],
)
def test_either_form_finds_the_other(question: str, text: str):
    assert abbreviations(question, [text])
    assert best(question, "The paint is dry by now", text, "The buoys are red today") == text


def test_what_is_no_abbreviation_of_the_questions_words_is_none():
    assert abbreviations("Who paid the fee?", ["The FAQ is online", "at 3 PM", "OK"]) == ()
    assert abbreviations("Is it ok to ask at 3 PM?", ["please meet"]) == ()


@pytest.mark.parametrize(
    ("one", "other"),
    [("C", "C++"), ("C", "C#"), ("C++", "C#"), ("F#", "F"), (".NET", "net"), ("3.1", "3.11"), ("@tide/core", "core")],
)
def test_names_that_a_sign_tells_apart_are_different_words(one: str, other: str):
    assert words(one) != words(other)
    assert stems(one).isdisjoint(stems(other))


def test_a_dotted_name_is_a_word_beside_its_parts_and_v_is_no_part_of_a_version():
    assert "node.js" in stems("node.js is slow")
    assert words("v3.11") == ["v", "3.11"]
    assert words("It is done. Then we go.") == ["it", "is", "done", "then", "we", "go"]


@pytest.mark.parametrize("which", ["C", "C++", "C#"])
def test_the_ranking_tells_such_names_apart(which: str):
    lines = ("The C part is written by Mia", "The C++ part is written by Rui", "The C# part is written by Ida")
    assert f"The {which} part" in best(f"Who writes the {which} part?", *lines)
