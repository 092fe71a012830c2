"""What a channel's messages are about: named by noun phrases that set them apart, and by nobody's name."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from talk import said, serving

from adapters.chat import Message
from bot.errors import UsageError
from bot.evaluation.topics import evaluate, read_labels
from bot.mood.topic_names import Phrases
from bot.mood.topics import OTHER, Topic, topics, with_discussions

PEOPLE = ("Ana", "Bo", "Cy", "Di", "Eve", "Finn")
FERRY = (
    "the ferry engine is broken again",
    "who repairs the ferry engine today",
    "a new ferry engine costs a fortune",
    "the ticket office knows about the ferry engine",
)
SOUP = (
    "the lunch soup has carrots in it",
    "that lunch soup was cold",
    "is the lunch soup for everybody",
    "our lunch soup needs salt",
)
TALK = ("thanks a lot", "ok, see you", "good morning all", "haha, right")


def channel(*subjects: Sequence[str], each: int = 40) -> tuple[list[Message], np.ndarray, np.ndarray]:
    """`each` messages about every subject, one after the other, with vectors that point where their subject does."""
    texts = [(number, subject[n % len(subject)]) for number, subject in enumerate(subjects) for n in range(each)]
    messages = [said(place * 60, PEOPLE[place % len(PEOPLE)], text) for place, (_, text) in enumerate(texts)]
    noise = np.random.default_rng(0).normal(0, 0.05, (len(texts), 8))
    vectors = (np.eye(8)[[number for number, _ in texts]] + noise).astype(np.float32)
    voices = np.array([place % len(PEOPLE) for place in range(len(texts))], dtype=np.int32)
    return messages, vectors / np.linalg.norm(vectors, axis=1, keepdims=True), voices


def found(*subjects: Sequence[str]) -> list[Topic]:
    return topics(*channel(*subjects))


def test_topics_are_named_by_the_phrases_that_set_them_apart():
    names = {topic.name.split(", ")[0] for topic in found(FERRY, SOUP)}
    assert names == {"ferry engine", "lunch soup"}


def test_what_is_nothing_but_talk_is_put_together_as_other_and_comes_last():
    *named, other = found(FERRY, TALK, SOUP)
    assert {topic.name.split(", ")[0] for topic in named} == {"ferry engine", "lunch soup"}
    assert (other.name, other.quotable) == (OTHER, ())
    assert len(other.members) == 40


@pytest.mark.parametrize(
    "text", ["Finn has the harbour map", "ask @Finn for the harbour map", "the map of Finn is new"]
)
def test_no_name_holds_a_part_of_a_persons_name(text: str):
    assert all("Finn" not in topic.name for topic in found((text, f"{text}, please"), SOUP))


@pytest.mark.parametrize(
    "text", ["see https://boats.example/ferry", "www.boats.example is the page", "mail us@boats.example"]
)
def test_no_name_holds_an_address(text: str):
    assert all("boats" not in topic.name for topic in found((text, f"{text} again"), SOUP))


def test_a_phrase_of_one_or_two_people_names_nothing():
    messages, vectors, voices = channel(FERRY, SOUP)
    alone = [
        message if place % 6 < 2 or place >= 40 else said(place * 60, "Ana", "well, yes")
        for place, message in enumerate(messages)
    ]
    assert all("ferry" not in topic.name for topic in topics(alone, vectors, voices))


def test_a_sentence_that_stands_for_a_topic_holds_its_name_and_names_nobody():
    told = ("Finn broke the ferry engine again", "Ask Xanthippe about the ferry engine now", *FERRY)
    for topic in found(told, SOUP):
        phrase = topic.name.split(", ")[0]
        sentences = [sentence for _, sentence in topic.quotable]
        assert sentences
        assert all(phrase in sentence for sentence in sentences)
        assert not any(name in " ".join(sentences) for name in ("Finn", "Xanthippe"))


def test_nothing_is_quoted_that_holds_an_address_or_would_be_read_as_markup():
    texts = ("the ferry engine page is https://boats.example/a", "the *ferry engine* is broken again")
    assert all("ferry" not in sentence for topic in found(texts, SOUP) for _, sentence in topic.quotable)


def test_a_phrase_counts_once_in_whatever_form_it_is_written():
    messages = [said(n, PEOPLE[n % 6], text) for n, text in enumerate(["the ferry engines", "the ferry engine"] * 3)]
    (only,) = {key for held in Phrases.among(messages).of for key in held if len(key) == 2}
    assert only == ("ferry", "engin")


def test_an_answer_of_two_words_lies_with_its_question():
    rows = with_discussions(np.eye(3, dtype=np.float32), np.array([0, 0, 1]))
    assert rows[1] @ rows[0] > 0.5
    assert rows[1] @ rows[2] == pytest.approx(0, abs=1e-6)


def test_a_single_word_names_nothing_by_itself():
    assert all(
        topic.name == OTHER for topic in found(("the ferry is late", "is the ferry here", "that ferry again"), TALK)
    )


# Measuring


async def test_names_stand_beside_messages_and_their_labels_are_counted(tmp_path: Path):
    messages, _, _ = channel(FERRY, SOUP)
    labels = tmp_path / "labels.tsv"
    async with serving([]) as services:
        unlabelled = await evaluate([("harbour", messages)], {}, services, data="made up")
        (table,) = unlabelled.tables
        names = [str(row[2]) for row in table.rows if row[2] != OTHER]
        labels.write_text("".join(f"harbour\t{name}\t{int('ferry' in name)}\n" for name in names), encoding="utf-8")
        labelled = await evaluate([("harbour", messages)], read_labels(labels), services, data="made up")
    assert names
    assert [row[3] for row in labelled.tables[0].rows if row[2] != OTHER] == [int("ferry" in name) for name in names]
    figures = {figure.name: figure.value for figure in labelled.figures}
    assert figures["labelled"] == 1
    assert figures["names that let a reader guess"] == sum("ferry" in name for name in names) / len(names)


def test_a_table_of_other_columns_is_refused(tmp_path: Path):
    (tmp_path / "labels.tsv").write_text("harbour\tferry\n", encoding="utf-8")
    with pytest.raises(UsageError):
        read_labels(tmp_path / "labels.tsv")
