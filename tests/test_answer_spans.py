"""Which words of a message answer a question, by the kind of answer that it asks for."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp.spans.answers import Spoken, answer_span, best_sentence
from nlp.spans.times import times
from nlp.text.questions import AnswerKind, asked_for

KINDS = [
    ("When is the choir?", "time"),
    ("Who has a key?", "person"),
    ("E quem traz as velas?", "person"),
    ("É segunda a regata?", "yes or no"),
    ("Is the slipway open?", "yes or no"),
    ("¿Dónde están los remos?", "place"),
    ("Wie viele Boote gibt es?", "number"),
    ("How long does the crossing take?", "duration"),
    ("Pourquoi le phare est-il fermé ?", "reason"),
    ("which command restarts the mast controller", "code"),
    ("Do we know where the anchors went?", "place"),
    ("Was ist das Kennwort?", "code"),
    ("How do I mount the winch?", "manner"),
    ("What did the harbour master bring?", "thing"),
]
FOUND = [
    ("When is the regatta?", "The ferry is late. The regatta is on Sunday 3 May at 14:30.", "Sunday 3 May at 14:30"),
    ("When is the regatta?", "the regatta moved from Friday to Saturday", "Saturday"),
    ("Quando é a assembleia?", "A assembleia é na terça-feira às 18h30", "terça-feira às 18h30"),
    ("¿Cuándo es la cena?", "La cena es el viernes", "viernes"),
    ("Wann ist die Probe?", "Die Probe ist morgen um 19 Uhr", "morgen um 19 Uhr"),
    ("Quand est la réunion ?", "La réunion est le 14 avril à 10h15", "14 avril à 10h15"),
    ("How many buoys are broken?", "Of the 40 moorings 7 buoys are broken", "7 buoys"),
    ("How much is the mooring?", "The mooring is £120 a month", "£120"),
    ("How long does the crossing take?", "The crossing takes about 40 minutes", "about 40 minutes"),
    ("Where are the oars?", "The oars are behind the boat shed, I think", "behind the boat shed"),
    ("Where do we keep the tide tables?", "they are in /srv/tides/2026.csv now", "/srv/tides/2026.csv"),
    ("Where can I read the rules?", "see https://club.example/rules for that", "https://club.example/rules"),
    ("which command restarts it?", "just run sudo systemctl restart proxy and wait", "sudo systemctl restart proxy"),
    ("What is the gate code?", "The gate code is 4711.", "4711"),
    ("Qual é a senha do portão?", "A senha do portão é Gaivota.", "Gaivota"),
    ("Why is the slipway closed?", "It is closed because the crane fell over.", "because the crane fell over"),
    ("Is the slipway open?", "Nope, not before noon", "Nope"),
    ("Who paid the fee?", "I paid the fee on Monday", "Bo"),
    ("Who is on call?", "Ines is on call this week", "Ines"),
]  # fmt: skip
NONE = [
    ("Is the slipway open?", "The slipway was repaired last week"),
    ("When is the regatta?", "I love the regatta"),
    ("harbour keys", "the harbour keys hang behind the mill door"),
]


@pytest.mark.parametrize(("question", "kind"), KINDS)
def test_the_kind_of_answer_is_told_by_the_question_word(question: str, kind: str):
    assert asked_for(question) == AnswerKind(kind)


@pytest.mark.parametrize(("question", "text", "words"), FOUND)
def test_the_words_that_answer_are_found(question: str, text: str, words: str):
    span = answer_span(question, Spoken(text, "Bo", ("Bo", "Ines")))
    assert span is not None
    assert span.text.removeprefix("on ").removeprefix("le ").removeprefix("el ").removeprefix("na ") == words
    assert span.trusted


@pytest.mark.parametrize(("question", "text"), NONE)
def test_where_no_words_can_be_told_there_is_no_span(question: str, text: str):
    assert answer_span(question, Spoken(text, "Bo")) is None


def test_a_name_that_is_merely_mentioned_is_not_trusted():
    span = answer_span("Who broke the crane?", Spoken("ask Ines about the accident", "Bo", ("Bo", "Ines")))
    assert span is not None
    assert not span.trusted


def test_a_few_words_that_hold_none_of_the_question_are_the_answer_whole():
    span = answer_span("What colour is the new boat?", Spoken("dark green", "Bo"))
    assert span is not None
    assert (span.text, span.trusted) == ("dark green", True)


def test_the_sentence_that_speaks_most_of_what_is_asked_is_the_best():
    text = "I had soup. The crane of the harbour is fixed now! Is the harbour crane fixed?"
    assert best_sentence("when is the harbour crane fixed", text) == "The crane of the harbour is fixed now!"


def test_times_that_belong_together_are_one():
    text = "We sail on Tuesday, 14 April at 10:00 and come home in two weeks."
    assert [text[start:end] for start, end in times(text)] == ["on Tuesday, 14 April at 10:00", "in two weeks"]


@given(st.text(max_size=200), st.sampled_from([question for question, _ in KINDS]))
def test_a_span_of_any_text_stands_in_it_or_is_its_author(text: str, question: str):
    span = answer_span(question, Spoken(text, "Bo"))
    if span is not None and span.way != "time":
        assert span.text in text or span.text == "Bo" or span.way == "yes or no"


@pytest.mark.parametrize("part", ["a ", "- ", "/a", "1.", "in ", "run --", "Ana ", "is: ", "on 3 ", "http://a."])
def test_a_long_message_is_read_in_time_proportional_to_its_length(part: str):
    def seconds(length: int) -> float:
        start = time.process_time()
        for question, _ in KINDS:
            answer_span(question, Spoken((part * length)[:length], "Bo"))
        return time.process_time() - start

    assert seconds(2_000) < 20 * seconds(500) + 0.5


def test_a_question_about_a_file_names_it_and_gives_no_answer_to_the_same_question():
    asked = "Where can I find the checksum for the harbour image?"
    assert answer_span(asked, Spoken("does anyone have the checksum for harbour-image.iso?")) is None
    assert answer_span(asked, Spoken("have you looked at https://harbour.example/SUMS?")) is not None
