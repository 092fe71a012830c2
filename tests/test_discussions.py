"""Who answers whom: links that people make and links that are learned, open questions, and discussions."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from talk import said, talk

from adapters.chat import Message
from bot.discussions.addressing import People
from bot.discussions.features import PIECE, REACH
from bot.discussions.graph import ReplyGraph

CROWDED = talk(
    "Ana: How do I mount the old harbour disk on the new server?",
    "Bo: Hi all, does anybody know a good driver for the laser printer in the office?",
    "Cy: Ana: sudo mount /dev/sdb1 /mnt/harbour",
    "Dee: Bo: take the driver from the vendor, the free one jams",
    "Ana: Cy: it says wrong filesystem type",
    "Bo: Dee: thanks, the vendor's driver prints",
    "Cy: Ana: then add -t ext4 before the device",
    "Ana: Cy: that mounts the disk, thank you",
)
TEXTS = st.lists(st.text(max_size=60), max_size=12)


def test_two_conversations_at_once_are_told_apart():
    graph = ReplyGraph.of(CROWDED)
    assert graph.before.tolist() == [-1, -1, 0, 1, 2, 3, 4, 6]
    assert graph.discussions() == [(0, 2, 4, 6, 7), (1, 3, 5)]
    assert next(places for places in graph.discussions() if 5 in places) == (1, 3, 5)


def test_an_answered_question_is_closed_and_another_is_open():
    graph = ReplyGraph.of([*CROWDED, said(9, "Eve", "Has anybody seen the key of the boathouse?")])
    assert not graph.is_open(0)
    assert graph.is_open(8)
    assert graph.answers_of_others(1) == [3]


def test_what_somebody_adds_to_a_question_does_not_answer_it():
    graph = ReplyGraph.of(
        talk(
            "Ana: which command restarts the staging proxy?", "Ana: I always forget it", "Ben: systemctl restart proxy"
        )
    )
    assert graph.answers_of_others(0) == [2]


def test_an_explicit_reply_counts_whatever_the_words():
    messages = [*CROWDED[:3], replace(said(3, "Bo", "Ana: a fine morning"), reply_to="1")]
    assert ReplyGraph.of(messages).question_of(3) == 1


def test_a_thread_is_one_discussion_and_not_the_channels():
    messages = [
        said(0, "Ana", "The crane is stuck."),
        said(1, "Bo", "Who brings the lamps for Saturday?"),
        said(2, "Cy", "The crane needs oil.", thread="0"),
        said(3, "Dee", "I bring the lamps."),
        said(4, "Ana", "Oiled, it moves.", thread="0"),
    ]
    graph = ReplyGraph.of(messages)
    assert graph.discussions() == [(0, 2, 4), (1, 3)]


def test_in_a_thread_whoever_is_named_is_answered():
    messages = [
        said(0, "Ana", "Shall we paint the hull?"),
        said(1, "Bo", "Which colour?", thread="0"),
        said(2, "Cy", "Not before May.", thread="0"),
        said(3, "Ana", "@Bo blue", thread="0"),
    ]
    assert ReplyGraph.of(messages).before.tolist() == [-1, 0, 1, 1]


@settings(deadline=None)
@given(TEXTS)
def test_every_message_answers_an_earlier_one_and_lies_in_one_discussion(texts: list[str]):
    graph = ReplyGraph.of([said(number, "ABC"[number % 3], text) for number, text in enumerate(texts)])
    assert all(graph.question_of(place) < place for place in range(len(texts)))
    assert sorted(place for places in graph.discussions() for place in places) == list(range(len(texts)))


def test_what_comes_later_does_not_change_who_answered_whom():
    long = [replace(each, id=str(number)) for number, each in enumerate(many(PIECE + 2 * REACH))]
    before = ReplyGraph.of(long).before
    assert ReplyGraph.of(long[:PIECE]).before.tolist() == before[:PIECE].tolist()


def test_of_a_long_channel_the_newest_are_looked_at_and_older_ones_follow_the_one_before():
    messages = talk(*(f"{'Ana' if n % 3 else 'Bo'}: the crane number {n} needs oil" for n in range(30)))
    bounded, newest = ReplyGraph.of(messages, 10), ReplyGraph.of(messages[20:])
    assert bounded.before[:20].tolist() == list(range(-1, 19))
    assert [place - 20 if place >= 0 else -1 for place in bounded.before[20:].tolist()] == newest.before.tolist()


def many(count: int) -> list[Message]:
    """The crowded channel again and again."""
    return [
        replace(said(number, each.author.name, each.text), author=each.author)
        for number, each in ((number, CROWDED[number % len(CROWDED)]) for number in range(count))
    ]


@pytest.mark.parametrize(
    ("text", "first", "named"),
    [
        ("ana: yes", 0, {0}),
        ("@Ana Silva yes", 0, {0}),
        ("Will, yes", 1, {1}),
        ("that will do, and so will this", -1, set()),
        ("ask ana_2 or Bo about it", -1, {2}),
        ("@bo or @will", 3, {3, 1}),
        ("nobody", -1, set()),
    ],
)
def test_names_are_told_from_words(text: str, first: int, named: set[int]):
    people = People(["Ana Silva", "Will", "ana_2", "Bo"], [text, *["I will go"] * 9])
    addressed = people.addressed()[0]
    assert (addressed.first, set(addressed.named)) == (first, named)


def test_a_name_that_opens_a_message_may_be_shortened_where_one_person_is_meant():
    people = People(["ActionParsnip", "harbour_ana", "harbour_bo"], ["action: try again", "harbour: who?", "act: no"])
    assert [each.first for each in people.addressed()] == [0, -1, -1]
