"""Reads the headers of safetensors files, and checks that numbers are finite. Loads no library of models."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

LONGEST_HEADER = 100_000_000  # bytes; the format's own limit
FLOATS = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2"}  # numpy has no bfloat16
BF16_EXPONENT = np.uint16(0x7F80)  # all of its bits are set in infinity and in NaN
AT_ONCE = 1 << 18  # numbers looked at together
PACKED = 16  # how many values an element of a quantised weight may hold
LONGEST_TEXT, LARGEST = 1 << 24, 1 << 27  # positions, and any other number
LAYERS = frozenset({"layer", "layers", "block", "blocks", "depth", "depths"})
WIDTHS = frozenset({"size", "dim", "width", "heads", "model", "ff", "embd", "inner", "labels", "channels", "experts"})
NO_WIDTHS = frozenset({"chunk", "window", "batch", "image", "patch", "kernel", "shard", "length", "norm"})
LABELS = frozenset({"id2label", "label2id"})


@dataclass(frozen=True, slots=True)
class HeaderEntry:
    """A tensor in a file: its kind, its shape, and where its bytes stand."""

    name: str
    kind: str
    shape: tuple[int, ...]
    start: int
    end: int


def entries(file: Path) -> list[HeaderEntry]:
    """Return the tensors of a file, by its header. Raises ValueError, LookupError or TypeError for a damaged one."""
    with file.open("rb") as stream:
        length = int.from_bytes(stream.read(8), "little")
        if length > LONGEST_HEADER:
            raise ValueError("the header is too long")
        header: Mapping[str, Any] = json.loads(stream.read(length))
    first = 8 + length
    rows = ((name, row) for name, row in header.items() if name != "__metadata__")
    return [
        HeaderEntry(
            name, str(row["dtype"]), tuple(map(int, row["shape"])), *(first + int(at) for at in row["data_offsets"])
        )
        for name, row in rows
    ]


def first_broken(file: Path) -> str | None:
    """Return the name of a tensor that holds something else than finite numbers, or None for a sound file."""
    for entry in entries(file):
        if entry.kind in FLOATS and not all(map(finite, parts(file, entry))):
            return entry.name
    return None


def parts(file: Path, entry: HeaderEntry) -> Iterator[Any]:
    """Yield a tensor's numbers, some at a time."""
    kind = np.dtype(FLOATS[entry.kind])
    for start in range(entry.start, entry.end, AT_ONCE * kind.itemsize):
        count = min(AT_ONCE, (entry.end - start) // kind.itemsize)
        yield np.fromfile(file, dtype=kind, count=count, offset=start)


def finite(numbers: Any) -> bool:
    """Return whether all are finite; bfloat16 comes as its bits."""
    if numbers.dtype.kind == "u":
        return not bool(((numbers & BF16_EXPONENT) == BF16_EXPONENT).any())
    with np.errstate(all="ignore"):  # one sum is quick, and finite only if all are; it may overflow where they are
        return bool(np.isfinite(numbers.sum())) or bool(np.isfinite(numbers).all())


def too_large(config: Mapping[str, Any], files: Iterable[Path]) -> str | None:
    """Return the first setting that asks for more than the weights hold, such as "num_hidden_layers = 1000000".

    Returns None where nothing does.

    A model is built by its configuration before its weights are read, so that this is looked at first.
    """
    tensors = [entry for file in files for entry in entries(file)]
    longest = max((size for entry in tensors for size in entry.shape), default=0)
    outsized = ((name, value) for name, value in numbers(config) if value > most(name, len(tensors), longest))
    return next((f"{name} = {value}" for name, value in outsized), None)


def most(name: str, tensors: int, longest: int) -> int:
    """Return what a setting of this name may ask for, given how many tensors there are and the longest side of any."""
    words = set(name.casefold().split("_"))
    if words & LAYERS and not words & {"norm", "window"}:  # Qwen names layers that it need not have
        return max(tensors, 2)
    if name in LABELS:
        return max(longest, 2)
    if words & WIDTHS and not words & NO_WIDTHS:
        return max(PACKED * longest, 4_096)
    return LONGEST_TEXT if words & {"position", "positions"} else LARGEST


def numbers(config: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    """Yield every whole number of a configuration by its name, and the lengths of its tables and lists."""
    for name, value in config.items():
        inside = value if isinstance(value, list) else [value]
        yield from ((name, each) for each in inside if isinstance(each, int) and not isinstance(each, bool))
        yield from ((name, len(each)) for each in (value, *inside) if isinstance(each, list | dict))
        if name not in LABELS:
            for each in inside:
                yield from numbers(each) if isinstance(each, dict) else ()
