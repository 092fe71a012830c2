"""Counts what a soak left wrong: the history against the channels, each wrong message with its life, memory and log.

Reads the history's file, the process and the log. Knows no platform, and sends nothing.
"""

import asyncio
import contextlib
import json
import re
import statistics
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.history import History

LEAST = 3  # points of a slope
Key = tuple[str, str, str]  # platform, channel, message
Told = Mapping[Key, str | None]  # what each message says now, None where it was deleted


@dataclass
class Trace:
    """What happened to each message, and what happened to the program, in seconds after the beginning."""

    began: float = 0.0
    lives: dict[Key, list[tuple[float, str]]] = field(default_factory=lambda: defaultdict(list))
    troubles: list[tuple[float, str]] = field(default_factory=list)

    def happened(self, key: Key, what: str) -> None:
        """Note that a message was said, edited or deleted now."""
        self.lives[key].append((time.monotonic() - self.began, what))

    def trouble(self, what: str) -> None:
        """Note that something was broken or mended now."""
        self.troubles.append((time.monotonic() - self.began, what))

    def lines(self, database: Path, told: Told) -> Iterator[tuple[str, str]]:
        """Yield a line for each wrong message: what is wrong with it, and its life beside the troubles before."""
        for number, (key, what) in enumerate(sorted(wrong(database, told).items()), 1):
            life = "; ".join(self.when(happened, at) for at, happened in self.lives[key])
            yield f"{what} {number}", f"{key[0]} {key[1]} {key[2]}: {life}"

    def when(self, happened: str, at: float) -> str:
        """Return when something happened, and how long before that each kind of trouble was last."""
        last = {what: began for began, what in self.troubles if began <= at}
        return f"{happened} at {at:.2f} s" + "".join(
            f", {at - began:.2f} s after {what}" for what, began in last.items()
        )


def held(database: Path) -> list[dict[str, Any]]:
    """Return the messages of the history."""
    with History.open(database) as history:
        return [row for row in history.export() if row["record"] == "message"]


def texts(rows: list[dict[str, Any]]) -> dict[Key, str]:
    """Return what each message of the history says."""
    return {(row["platform"], row["channel"], row["id"]): row["text"] for row in rows}


def wrong(database: Path, told: Told) -> dict[Key, str]:
    """Return which messages the history lacks or holds otherwise than the channels do, and what is wrong."""
    there = texts(held(database))
    lost = {key: "lost" for key, text in told.items() if text is not None and key not in there}
    return {**lost, **{key: "stale" for key, text in told.items() if key in there and there[key] != text}}


def differences(database: Path, told: Told) -> dict[str, int]:
    """Count what the history holds otherwise than the channels do."""
    rows = held(database)
    there = texts(rows)
    said = Counter(row["text"] for row in rows if re.search(r"number \d+", row["text"]))
    disordered = 0
    for platform, where in {key[:2] for key in told}:
        ours = [row["id"] for row in rows if (row["platform"], row["channel"]) == (platform, where)]
        ids = [id_ for id_ in ours if (platform, where, id_) in told]
        expected = [id_ for p, w, id_ in told if (p, w) == (platform, where) and (p, w, id_) in there]
        disordered += sum(a != b for a, b in zip(ids, expected, strict=False))
    return {
        "lost": sum(text is not None and key not in there for key, text in told.items()),
        "doubled": sum(count - 1 for count in said.values()),
        "out of order": disordered,
        "stale": sum(key in there and there[key] != text for key, text in told.items()),
    }


def memory(process: asyncio.subprocess.Process | None) -> float:
    """Return how many MB the process holds."""
    with contextlib.suppress(OSError, AttributeError):
        found = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{process.pid}/status").read_text(encoding="utf-8"))
        return int(found[1]) / 1024 if found else 0.0
    return 0.0


def slope(sizes: list[tuple[float, float]], after: float) -> float:
    """Return by how many MB a minute the memory grew, fitted by least squares."""
    late = [(at / 60, size) for at, size in sizes if at >= after and size]
    if len(late) < LEAST:
        return 0.0
    return statistics.linear_regression(*zip(*late, strict=True)).slope


def errors(log: Path) -> Counter[str]:
    """Count the log's warnings and errors by kind."""
    found = Counter[str]()
    for line in log.read_text(encoding="utf-8", errors="replace").splitlines():
        with contextlib.suppress(ValueError, TypeError, AttributeError):
            found[re.sub(r"\d+", "#", str(json.loads(line)["event"]))] += 1
    return found
