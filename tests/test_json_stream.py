"""Reading JSON of any size item by item: a broken item costs itself alone."""

import io
import json
import time
import tracemalloc
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.imports.json_stream import MOST_CHARACTERS, MOST_FLAWS, Flaw, UnreadableItem, items, members

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)


class Dripping:
    """A stream that gives a few bytes at a time, so that every item is cut somewhere."""

    def __init__(self, data: bytes, most: int) -> None:
        self.inner, self.most = io.BytesIO(data), most

    def read(self, size: int) -> bytes:
        return self.inner.read(min(size, self.most))


def values(data: bytes, member: str = "") -> list[object]:
    return [value for _, value in items(io.BytesIO(data), member)]


@given(content=st.lists(JSON, max_size=8), most=st.integers(1, 9), ascii_only=st.booleans())
def test_any_list_comes_back_item_by_item_however_it_is_cut(content: list[Any], most: int, *, ascii_only: bool):
    data = json.dumps(content, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
    if b"\xed" in data and not ascii_only:
        return
    assert [value for _, value in items(Dripping(data, most))] == content


@given(st.binary(max_size=60))
def test_no_bytes_raise_anything_but_unreadable(data: bytes):
    try:
        values(b"[" + data)
        members(io.BytesIO(b"{" + data), {"guild"})
    except UnreadableItem:
        pass


@pytest.mark.parametrize(
    ("broken", "why"),
    [
        (b'{"a": tru}', "valid JSON"),
        (b"nonsense", "valid JSON"),
        (b"NaN", "NaN"),
        (b'{"a": [Infinity]}', "Infinity"),
        (b"1" + b"0" * 5000, "number"),
        (b'{"a": "\xff\xfe"}', "UTF-8"),
        (b'{"a": "\xed\xa0\x80"}', "UTF-8"),
        (b"[" * 500 + b"]" * 500, ""),
        (b"[" * 100_000 + b"]" * 100_000, "levels deep"),
        (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "levels deep"),
        (b'"' + b"x" * (MOST_CHARACTERS + 10) + b'"', "larger"),
        (b"}", "valid JSON"),
        (b'{"a" 1}', "valid JSON"),
    ],
)
def test_a_broken_item_costs_itself_alone(broken: bytes, why: str):
    before, *middle, after = values(b'[{"n": 1}, ' + broken + b', {"n": 2}]')
    assert (before, after) == ({"n": 1}, {"n": 2})
    assert not why or [why in flaw.reason for flaw in middle if isinstance(flaw, Flaw)] == [True]


def test_huge_nesting_is_read_in_linear_time():
    start = time.perf_counter()
    values(b"[" + b"[" * 300_000 + b"]" * 300_000 + b"]")
    assert time.perf_counter() - start < 10


def test_a_list_that_breaks_off_gives_what_came_before_it():
    found = []
    with pytest.raises(UnreadableItem, match="breaks off"):  # noqa: PT012
        for _, value in items(io.BytesIO(b'[{"n": 1}, {"n": 2}, {"n')):
            found.append(value)
    assert found == [{"n": 1}, {"n": 2}]


@pytest.mark.parametrize("data", [b"", b"   ", b"{}", b"12", b"\xff\xfe[\x00]\x00", b"\x00\x00"])
def test_what_is_no_list_is_unreadable(data: bytes):
    with pytest.raises(UnreadableItem):
        values(data)


def test_a_byte_order_mark_is_named():
    with pytest.raises(UnreadableItem, match="byte order mark"):
        values(b"\xef\xbb\xbf[1]")


def test_an_endless_row_of_flaws_is_given_up():
    with pytest.raises(UnreadableItem, match="more than"):
        values(b"[" + b"{x}," * (MOST_FLAWS + 10) + b"1]")


def test_a_list_is_found_inside_an_object_and_members_before_or_behind_it():
    data = b'{"guild": {"id": "1"}, "messages": [1, 2], "channel": {"id": "2"}}'
    assert values(data, "messages") == [1, 2]
    assert members(io.BytesIO(data), {"guild", "channel"}) == {"guild": {"id": "1"}, "channel": {"id": "2"}}


def test_members_are_found_without_reading_the_whole_document():
    stream = io.BytesIO(b'{"guild": 1, "messages": [' + b"1," * 5_000_000 + b"1]}")
    assert members(stream, {"guild"}) == {"guild": 1}
    assert stream.tell() < 1_000_000


def test_a_missing_list_is_unreadable():
    with pytest.raises(UnreadableItem, match="no list called 'messages'"):
        values(b'{"guild": 1}', "messages")


def test_memory_stays_flat_over_a_large_document():
    row = json.dumps({"text": "x" * 900}).encode() + b","
    count = 20_000

    class Endless:
        left = count

        def read(self, _: int) -> bytes:
            if self.left == count:
                self.left -= 1
                return b"[" + row
            self.left -= 60
            return row * 60 if self.left > 0 else b""

    tracemalloc.start()
    seen = 0
    with pytest.raises(UnreadableItem):  # noqa: PT012 - it breaks off
        for _ in items(Endless()):
            seen += 1
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert seen > 19_000
    assert peak < 3_000_000
