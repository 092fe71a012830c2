"""The allocator: asked where it can be, asking twice is harmless, and what is free doesn't pile up."""

import subprocess
import sys

import pytest

from nlp.runtime.allocator import SPARE, Spare, give_back, keep_memory, resident

MB = 1 << 20
needs_glibc = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="it speaks to glibc")


def blocks(megabytes: int) -> list[bytearray]:
    """Written to, so that they are really there."""
    return [bytearray(b"x") * MB for _ in range(megabytes)]


def test_glibc_agrees_to_keep_memory_and_others_are_left_alone():
    expected = sys.platform.startswith("linux")
    assert (keep_memory(), keep_memory()) == (expected, expected)


@needs_glibc
def test_free_memory_beyond_what_is_worth_keeping_is_given_back():
    keep_memory()
    give_back()
    spare, before = Spare(), resident()
    blocks(2 * SPARE // MB)  # used and free again, but still held
    assert resident() - before > SPARE
    assert spare.settle()
    assert resident() - before < SPARE


@needs_glibc
def test_a_little_free_memory_stays_for_the_next_batch():
    keep_memory()
    give_back()
    spare, before = Spare(), resident()
    blocks(SPARE // MB // 2)
    held = resident()
    assert held > before
    assert not spare.settle()
    assert resident() >= held


@needs_glibc
def test_what_is_in_use_is_looked_at_once_and_not_taken_for_free():
    spare = Spare()
    used = blocks(2 * SPARE // MB)
    assert (spare.settle(), spare.settle()) == (True, False)
    assert len(used) == 2 * SPARE // MB


@needs_glibc
def test_threads_share_their_heaps():
    program = (
        "import ctypes, threading\n"
        "from nlp.runtime.allocator import keep_memory\n"
        "keep_memory()\n"
        "gate = threading.Barrier(12)\n"
        "held = [threading.Thread(target=lambda: (bytearray(9_000), gate.wait())) for _ in range(12)]\n"
        "[each.start() for each in held] and [each.join() for each in held]\n"
        "ctypes.CDLL(None).malloc_stats()\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert 1 <= done.stderr.count("Arena ") <= 2
