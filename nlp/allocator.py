"""Keeps the memory of one batch for the next. Knows glibc alone; elsewhere it does nothing.

glibc hands large blocks back to the system as soon as they are freed, and every intermediate result of a model is such
a block: the pages of the next one are faulted in and cleared anew. Keeping them made int8 roberta-base a quarter
faster over 4 windows of 384 tokens.
"""

import ctypes
import ctypes.util
import sys

TRIM_THRESHOLD, MMAP_THRESHOLD = -1, -3  # mallopt's names, from malloc.h
KEPT = 256 << 20  # bytes of free memory at the top of the heap that stay
MAPPED = 32 << 20  # bytes from which a block is mapped on its own; glibc allows no more


def keep_memory() -> bool:
    """Ask the allocator to keep freed memory; whether it agreed. Calling twice changes nothing."""
    if not sys.platform.startswith("linux"):
        return False
    library = ctypes.CDLL(ctypes.util.find_library("c"))
    if not hasattr(library, "mallopt"):
        return False
    return bool(library.mallopt(TRIM_THRESHOLD, KEPT)) and bool(library.mallopt(MMAP_THRESHOLD, MAPPED))
