"""Topic blocks: where a conversation is cut, and that it is cut in the same places when it grows."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from talk import said

from adapters.chat import Message
from bot.summaries.blocks import MOST, RADIUS, Block, in_blocks, reading_order

DIMENSIONS = 8


def chat(count: int, seed: int = 0, start: int = 0) -> list[Message]:
    """Messages with now and then a long silence; those of a shorter chat are the first of a longer one."""
    silences = np.random.default_rng(seed).exponential(3, start + count) ** 2
    minutes = np.cumsum(silences)
    told = [said(number, f"P{number % 5}", f"boat {number}") for number in range(start + count)]
    return [
        replace(each, sent_at=each.sent_at + timedelta(minutes=float(passed) - number))
        for number, (each, passed) in enumerate(zip(told, minutes, strict=True))
    ][start:]


def vectors(messages: list[Message], topic: int = 30) -> np.ndarray:
    """Unit rows that turn every `topic` messages."""
    turns = [np.random.default_rng(int(each.id) // topic).normal(size=DIMENSIONS) for each in messages]
    rows = np.array(turns, dtype=np.float32).reshape(-1, DIMENSIONS)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def tree(messages: list[Message]) -> Block:
    return in_blocks(messages, vectors(messages))


def ids(block: Block) -> tuple[str, ...]:
    return tuple(message.id for message in block.messages)


def every(block: Block) -> Iterator[tuple[str, ...]]:
    yield ids(block)
    for part in block.parts:
        yield from every(part)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 400), st.integers(0, 1_000))
def test_every_message_is_in_one_smallest_block_and_none_is_long(count: int, seed: int):
    messages = chat(count, seed)
    leaves = list(tree(messages).leaves())
    assert [id_ for leaf in leaves for id_ in ids(leaf)] == [message.id for message in messages]
    assert all(len(leaf.messages) <= MOST for leaf in leaves)


def test_a_larger_block_is_made_of_its_parts():
    whole = tree(chat(600))
    assert whole.parts

    def holds(block: Block) -> bool:
        together = tuple(message for part in block.parts for message in part.messages)
        return not block.parts or (together == block.messages and all(map(holds, block.parts)))

    assert holds(whole)


@settings(max_examples=10, deadline=None)
@given(st.integers(1, 60), st.integers(0, 50))
def test_what_is_appended_changes_the_last_blocks_alone(more: int, seed: int):
    grown = chat(600 + more, seed)
    before = [ids(leaf) for leaf in tree(grown[:600]).leaves()]
    after = [ids(leaf) for leaf in tree(grown).leaves()]
    settled = [leaf for leaf in before if int(leaf[-1]) < 600 - 2 * MOST]
    assert after[: len(settled)] == settled


@settings(max_examples=10, deadline=None)
@given(st.integers(150, 450), st.integers(0, 50))
def test_a_deletion_changes_few_blocks(place: int, seed: int):
    messages = chat(600, seed)
    before, after = set(every(tree(messages))), list(every(tree(messages[:place] + messages[place + 1 :])))
    levels = 6
    assert len([block for block in after if block not in before]) <= 3 * levels


def test_a_window_that_begins_later_is_cut_in_the_same_places():
    whole, later = tree(chat(600)), tree(chat(400, start=200))
    cuts = {leaf.messages[0].id for leaf in later.leaves() if int(leaf.messages[0].id) > 200 + 2 * MOST}
    assert cuts <= {leaf.messages[0].id for leaf in whole.leaves()}


def test_silence_ends_a_block():
    early, late = [said(n, "Ana", f"boat {n}") for n in range(20)], [said(600 + n, "Bo", f"oar {n}") for n in range(20)]
    messages = early + late
    leaves = list(in_blocks(messages, np.ones((40, 1), dtype=np.float32)).leaves())
    assert [len(leaf.messages) for leaf in leaves] == [20, 20]


def test_a_turn_of_the_subject_ends_a_block():
    messages = [said(n, "Ana", f"boat {n}") for n in range(40)]
    rows = np.eye(2, dtype=np.float32)[[0] * 20 + [1] * 20]
    leaves = list(in_blocks(messages, rows).leaves())
    assert [len(leaf.messages) for leaf in leaves] == [20, 20]


def test_a_reply_holds_together_what_it_reaches_over():
    messages = [said(n, "Ana", f"boat {n}") for n in range(40)]
    messages[21] = replace(messages[21], reply_to="17")
    rows = np.eye(2, dtype=np.float32)[[0] * 20 + [1] * 20]
    cut = next(in_blocks(messages, rows).leaves())
    assert len(cut.messages) != 20


def test_a_thread_is_read_in_one_piece_after_its_first_message():
    messages = [said(0, "Ana", "a"), said(1, "Bo", "b"), said(2, "Cy", "c", thread="0"), said(3, "Di", "d", thread="9")]
    assert [messages[place].id for place in reading_order(messages)] == ["0", "2", "1", "3"]


def test_few_messages_are_one_block():
    assert tree(chat(RADIUS)).parts == ()
    assert tree([]).messages == ()
