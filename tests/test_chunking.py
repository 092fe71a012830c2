from hypothesis import given
from hypothesis import strategies as st

from nlp.chunking import pack
from nlp.core import Core
from nlp.scheduler.family import Binding

lines = st.lists(st.integers(1, 50), max_size=40)


@given(lines, st.integers(1, 80), st.integers(0, 40))
def test_windows_cover_every_line_in_order_and_keep_to_the_room(lengths: list[int], room: int, overlap: int):
    windows = pack(lengths, room, overlap)
    assert sorted({line for window in windows for line in window}) == list(range(len(lengths)))
    assert [window.start for window in windows] == sorted({window.start for window in windows})
    for window in windows:
        assert len(window) == 1 or sum(lengths[line] for line in window) <= room


@given(lines, st.integers(1, 80))
def test_without_overlap_no_line_stands_in_two_windows(lengths: list[int], room: int):
    assert sum(map(len, pack(lengths, room))) == len(lengths)


def test_neighbouring_windows_share_the_lines_of_the_overlap():
    assert pack([4, 4, 4, 4], 12, overlap=4) == [range(3), range(2, 4)]


async def test_lengths_are_the_models_own_count():
    async with Core([Binding("summarize", "echo", "echo")]) as core:
        assert await core.lengths("summarize", ["one two three", "one"]) == [3, 1]
