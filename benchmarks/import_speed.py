"""How fast a Slack export becomes a history, and in how much memory.

    python benchmarks/import_speed.py [--messages 100000]

Writes an export of an invented workspace (zip; texts of chat length in Zipf's proportions, a third of them in threads,
some edited, with reactions, links, mentions and the rich text blocks that Slack adds) and imports it: reading alone,
storing alone, both. Each measurement is a process of its own, for a tenth of the messages and for all, so that growth
shows. Memory is the process's peak above what it held before the first byte was read.
"""

import argparse
import json
import random
import re
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from adapters import IMPORTERS, load
from adapters.chat import Channel, Message
from bot.history import History

STEPS = ("read", "store", "both")
CHANNELS, PEOPLE, PER_DAY, WORDS = 20, 60, 100, 8_000
REPLIES, EDITED, REACTED = 1 / 3, 0.03, 0.1  # shares of the messages
COMMON = 200  # words that are short, so that texts are of chat's lengths
START = datetime(2025, 1, 6, 8, tzinfo=UTC)


def write_export(path: Path, messages: int) -> None:
    """A zip as Slack writes it, of `messages` messages in equal parts per channel."""
    draw = random.Random(messages)
    people = [{"id": f"U{number:04}", "name": f"person{number}", "team_id": "T01"} for number in range(PEOPLE)]
    channels = [{"id": f"C{number:04}", "name": f"channel-{number}"} for number in range(CHANNELS)]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("users.json", json.dumps(people))
        archive.writestr("channels.json", json.dumps(channels))
        for channel in channels:
            for day in range(0, messages // CHANNELS, PER_DAY):
                date = START + timedelta(days=day // PER_DAY)
                count = min(PER_DAY, messages // CHANNELS - day)
                archive.writestr(f"{channel['name']}/{date:%Y-%m-%d}.json", json.dumps(_day(draw, date, count)))


def _day(draw: random.Random, date: datetime, count: int) -> list[dict[str, Any]]:
    stamps = [f"{(date + timedelta(minutes=5 * number)).timestamp():.6f}" for number in range(count)]
    return [_message(draw, stamp, stamps[number - number % 6]) for number, stamp in enumerate(stamps)]


def _message(draw: random.Random, stamp: str, root: str) -> dict[str, Any]:
    user, text = f"U{draw.randrange(PEOPLE):04}", _text(draw)
    section = {"type": "rich_text_section", "elements": [{"type": "text", "text": text}]}
    message = {
        "type": "message",
        "user": user,
        "ts": stamp,
        "client_msg_id": f"{draw.getrandbits(128):032x}",
        "team": "T01",
        "user_profile": {"real_name": user.lower(), "display_name": user.lower(), "team": "T01"},
        "text": text,
        "blocks": [{"type": "rich_text", "block_id": f"{draw.getrandbits(24):x}", "elements": [section]}],
    }
    if draw.random() < REPLIES:
        message["thread_ts"] = root
    if draw.random() < EDITED:
        message["edited"] = {"user": user, "ts": stamp}
    if draw.random() < REACTED:
        message["reactions"] = [{"name": "thumbsup", "users": [user], "count": 1}]
    return message


_WEIGHTS = list(accumulate(1 / (rank + 3) for rank in range(WORDS)))


def _text(draw: random.Random) -> str:
    ranks = draw.choices(range(WORDS), cum_weights=_WEIGHTS, k=max(1, round(draw.lognormvariate(2.5, 0.7))))
    return " ".join(f"w{rank:x}" if rank > COMMON else "etaoinshrdlu"[rank % 12] * (1 + rank // 40) for rank in ranks)


def measure(step: str, path: Path) -> dict[str, float]:
    """Run one step over the export at `path` in this process."""
    importer = load(IMPORTERS, "slack")()
    records: Iterable[Channel | Message] = _records(importer.read(path))
    if step == "store":
        records = list(records)
    with tempfile.TemporaryDirectory() as folder, History.open(Path(folder) / "history.db") as history:
        before, started = _peak(), time.perf_counter()
        count = sum(isinstance(r, Message) for r in records) if step == "read" else history.add(records).messages
        seconds = time.perf_counter() - started
        return {"messages": count, "seconds": seconds, "mb": (_peak() - before) / 1024, "size": history.stats().size}


def _records(imported: Iterable[object]) -> Iterator[Channel | Message]:
    for record in imported:
        if not isinstance(record, Channel | Message):
            raise SystemExit(f"the benchmark's own export was refused: {record}")
        yield record


def _peak() -> int:
    """Kilobytes this process has held at most; getrusage would count the parent's before the fork."""
    found = re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text(encoding="ascii"))
    return int(found[1]) if found else 0


def report(messages: int) -> None:
    """Print one line a step and size."""
    print(f"{'step':6} {'messages':>9} {'a second':>9} {'peak MB':>8} {'bytes each':>11}")
    with tempfile.TemporaryDirectory() as folder:
        for count in (messages // 10, messages):
            export = Path(folder) / f"{count}.zip"
            write_export(export, count)
            for step in STEPS:
                got = _apart(step, export)
                each = f"{got['size'] / got['messages']:11.0f}" if step != "read" else " " * 11
                rate = got["messages"] / got["seconds"]
                print(f"{step:6} {got['messages']:9,} {rate:9,.0f} {got['mb']:8.1f} {each}", flush=True)


def _apart(step: str, export: Path) -> dict[str, float]:
    command = [sys.executable, __file__, "--step", step, "--export", str(export)]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout  # noqa: S603 - ourselves
    result: dict[str, float] = json.loads(output)
    return result


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=100_000)
    parser.add_argument("--step", choices=STEPS, help=argparse.SUPPRESS)
    parser.add_argument("--export", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.step:
        print(json.dumps(measure(options.step, options.export)))
    else:
        report(options.messages)


if __name__ == "__main__":
    main()
