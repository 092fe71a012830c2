"""Finding the nearest messages among many: by codes in blocks that go with whatever they were made of."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from adapters.chat import EVERYTHING, Channel, Deleted, Message, Person, Place, Window
from bot.history import History, Scope
from bot.history.derived import vectors
from bot.history.derived.evidence import verify
from bot.history.index import blocks, found, nearest, words
from bot.history.index.nearest import Query, lowest
from bot.runtime.copies import back_up
from bot.runtime.soundness import check

NOON = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
PIER, LOFT = Place("slack", "T1", "C1"), Place("slack", "T1", "C2")
BOTH = Scope("slack", "T1", ("C1", "C2"))
BEN = Person("U2", "Ben")
COUNT, WIDTH = 300, 64
MODEL = "m"


def message(number: int) -> Message:
    place = LOFT if number % 3 else PIER
    return Message(str(number), place, BEN, f"crate {number} went ashore", NOON + timedelta(minutes=number))


def made(count: int = COUNT, seed: int = 1) -> NDArray[np.float32]:
    """Unit vectors around a few middles."""
    dice = np.random.default_rng(seed)
    rows = np.repeat(dice.standard_normal((10, WIDTH)), count // 10, axis=0) + dice.standard_normal((count, WIDTH))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def question(vector: NDArray[np.float32], text: str = "", window: Window = EVERYTHING) -> Query:
    return Query(text, MODEL, vector, window, NOON + timedelta(days=1))


@pytest.fixture
def many(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the history for a large one."""
    monkeypatch.setattr(nearest, "FEW", 0)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "history.db"


@pytest.fixture
def history(path: Path) -> Iterator[History]:
    with History.open(path) as opened:
        messages = [message(number) for number in range(COUNT)]
        opened.add([Channel(PIER, "pier"), Channel(LOFT, "loft"), *messages])
        opened.write(vectors.keep, MODEL, list(zip(messages, made(), strict=True)))
        yield opened


def sealed(history: History) -> int:
    return int(history._db.execute("SELECT count(*) FROM vector_block").fetchone()[0])


def ids(history: History, scope: Scope, asked: Query, limit: int = 10) -> list[int]:
    return [key - 1 for key in history.read(nearest.nearest, scope, asked, limit)]


@pytest.mark.usefixtures("many")
@pytest.mark.parametrize("seal", [True, False])
@pytest.mark.parametrize("scope", [BOTH, Scope.of(PIER), Scope("slack", "T2", ("C1", "C2"))])
def test_the_nearest_of_the_scope_are_found_whether_their_codes_are_there_or_not(
    history: History, scope: Scope, *, seal: bool
):
    if seal:
        history.write(blocks.seal, MODEL, 0)
    window = Window(since=NOON + timedelta(minutes=30), until=NOON + timedelta(minutes=270))
    readable = [n for n in range(30, 270) if message(n).place.channel in scope.channels and scope.workspace == "T1"]
    stored = made().astype(vectors.STORED).astype(np.float32)
    for vector in made(20, seed=2):
        right = sorted(readable, key=lambda number, v=vector: -float(stored[number] @ v))[:10]
        assert ids(history, scope, question(vector, window=window)) == right


def test_few_vectors_are_compared_exactly_beyond_the_codes(history: History, monkeypatch: pytest.MonkeyPatch):
    history.write(blocks.seal, MODEL, 0)
    monkeypatch.setattr(nearest, "COMPARED", 60)
    assert len(history.read(nearest.by_codes, [1, 2], question(made()[0]))) == 60


CHANGES = {
    "an edit": lambda h: h.observe(replace(message(5), text="other", edited_at=NOON), NOON),
    "a deletion": lambda h: h.observe(Deleted(PIER, ("6",)), NOON),
    "an opt-out": lambda h: h.forget(BEN.id),
    "turning off": lambda h: h.turn_off(PIER, "U1", NOON),
    "a new vector": lambda h: h.write(vectors.keep, MODEL, [(message(5), made()[0])]),
    "another time": lambda h: h.add([replace(message(5), sent_at=NOON - timedelta(days=1), edited_at=NOON)]),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_block_goes_with_any_change_of_what_it_was_made_of(history: History, path: Path, change: str):
    if change == "a new vector":
        history._db.execute("DELETE FROM vector WHERE message = 6")
    history.write(blocks.seal, MODEL, 0)
    assert sealed(history) == 1
    CHANGES[change](history)
    assert sealed(history) == 0
    assert history.read(blocks.unsealed, MODEL) == [0]
    assert check(path).findings == ()


def test_a_check_finds_codes_that_are_not_those_of_the_vectors_and_repairs_them(history: History, path: Path):
    history.write(blocks.seal, MODEL, 0)
    assert check(path).findings == ()
    history._db.execute("UPDATE vector_block SET codes = zeroblob(length(codes))")
    assert check(path).findings == ("1 block holds other codes than those of their vectors",)
    assert check(path, repair=True).findings == ()
    assert sealed(history) == 0


def test_proof_of_an_erasure_names_codes_that_outlived_their_message(path: Path, history: History):
    history.write(blocks.seal, MODEL, 0)
    history._db.execute("DROP TRIGGER block_of_deleted")
    history._db.execute("DROP TRIGGER block_of_removed")
    history.delete(PIER, ["3"])
    assert verify(path, "crate 3 went ashore").rows == {"vector_block": 1}


def test_a_backup_has_the_codes_unless_it_leaves_vectors_out(history: History, path: Path, tmp_path: Path):
    history.write(blocks.seal, MODEL, 0)
    for without, count in ((False, 1), (True, 0)):
        copy = tmp_path / f"{without}.db"
        back_up(path, copy, without_vectors=without)
        with closing(sqlite3.connect(copy)) as connection:
            assert connection.execute("SELECT count(*) FROM vector_block").fetchone() == (count,)


def test_damaged_codes_are_told_as_damage(history: History, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(nearest, "FEW", 0)
    history.write(blocks.seal, MODEL, 0)
    history._db.execute("UPDATE vector_block SET codes = x'00'")
    with pytest.raises(Exception, match="damaged"):
        history.read(nearest.nearest, BOTH, question(made()[0]), 10)


@given(st.lists(st.integers(-5, 5), max_size=30), st.integers(1, 10))
def test_the_lowest_are_the_lowest(values: list[int], limit: int):
    chosen = lowest(np.array(values, dtype=np.int64), limit)
    assert sorted(values[place] for place in chosen) == sorted(values)[:limit]


def test_codes_tell_about_how_near_a_vector_is_wherever_its_block_lies(history: History):
    rows, vector = made(COUNT) + np.float32(0.5), made(20, seed=2)[0] + np.float32(0.5)
    history.write(vectors.keep, "far", [(message(n), row) for n, row in enumerate(rows)])
    history.write(blocks.seal, "far", 0)
    rows = rows.astype(vectors.STORED).astype(np.float32)
    (block,) = history.read(lambda db: list(blocks.read(db, "far")))
    rounded = nearest.Rounded.of(vector)
    numbers = np.clip(np.round(vector / rounded.step), -8, 7)
    assert rounded.sums(block.codes).tolist() == ((rows > rows.mean(axis=0)) @ numbers).tolist()
    assert np.corrcoef(rounded.cosines(block.codes, block), rows @ vector)[0, 1] > 0.8


# Words


def test_common_words_are_left_out_once_rarer_ones_are_found(history: History, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(words, "MOST_FOUND", 50)
    asked = question(made()[0], "when did the crate 17 go ashore?")
    assert history.read(words.holding, BOTH, asked, 5) == [18]


def test_a_word_is_found_by_its_beginning_and_in_the_scope_alone(history: History):
    history.add([Message("a", PIER, BEN, "we launched the regatta", NOON), Message("b", LOFT, BEN, "launching", NOON)])
    hits = history.read(words.holding, Scope.of(PIER), question(made()[0], "when do we launch?"), 5)
    assert [history._db.execute("SELECT id FROM message WHERE key = ?", [key]).fetchone()[0] for key in hits] == ["a"]


@pytest.mark.parametrize("text", ["", "?!", '"" OR *', "NEAR(a b)", "C++ and node.js", "_", "的 是", "a" * 5_000])
def test_any_text_is_a_question(history: History, text: str):
    asked = question(made()[0], text)
    assert len(history.read(found.find, BOTH, asked)) >= found.EACH


def test_what_is_found_comes_with_what_stands_around_it_and_its_thread(history: History):
    root = Message("r", PIER, BEN, "the root", NOON + timedelta(days=2))
    reply = Message("s", replace(PIER, thread="r"), BEN, "the reply", NOON + timedelta(days=9))
    far = [Message(f"f{n}", PIER, BEN, "far", NOON + timedelta(days=3, hours=n)) for n in range(20)]
    history.add([root, reply, *far])
    around = history.read(found.around, BOTH, [reply])
    assert {"r", "s"} <= {each.id for each in around}
    assert len([each for each in around if each.id.startswith("f")]) == found.BESIDE - 1
    assert [each.sent_at for each in around] == sorted(each.sent_at for each in around)


def test_a_history_of_before_gets_the_table_and_loses_nothing(path: Path):
    with History.open(path) as history:
        history.add([message(1)])
        history.write(vectors.keep, MODEL, [(message(1), made()[0])])
    with closing(sqlite3.connect(path)) as old:
        for trigger in [name for (name,) in old.execute("SELECT name FROM sqlite_master WHERE name LIKE 'block_of_%'")]:
            old.execute(f"DROP TRIGGER {trigger}")
        old.execute("DROP TABLE vector_block")
        old.execute("DELETE FROM _sqlite_migrations WHERE name = 'create_blocks'")
        old.commit()
    assert check(path).findings == ()
    with History.open(path) as history:
        assert ids(history, BOTH, question(made()[0])) == [0]
        history.write(blocks.seal, MODEL, 0)
        assert sealed(history) == 1
