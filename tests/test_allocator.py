"""The allocator: asked where it can be, and asking twice is harmless."""

import sys

from nlp.allocator import keep_memory


def test_glibc_agrees_to_keep_memory_and_others_are_left_alone():
    expected = sys.platform.startswith("linux")
    assert (keep_memory(), keep_memory()) == (expected, expected)
