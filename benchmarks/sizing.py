"""How large a history gets and what a machine needs for it: the table in docs/operate.md.

    python benchmarks/sizing.py [--messages 10000 100000 1000000] [--profile starter]

Writes an export of an invented workspace of twenty channels for each size and imports it with `parley import`. Then a
process of its own, which loads the profile's models, asks one channel. The first question makes at most 2,000 of the
vectors that are missing, as `parley run` does in the background; those after all are made are what people wait for.
Times are seconds of a core, so that a busy machine measures the same: on two cores an import takes as long, and a
question down to half of it. Memory is the largest that each process held.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

from import_speed import write_export  # noqa: E402 - the same export

QUESTIONS = ("who has w1f4?", "what is w3a0 about?", "when did w2c1 happen?")
SHOWN = (
    "messages",
    "history, MB",
    "import, core s",
    "importing, MB",
    "first question, core s",
    "question, core s",
    "asking, MB",
)


def spent(line: list[str]) -> tuple[float, float, str]:
    """Return the seconds of a core and the MB that a process took, and what it printed."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with tempfile.TemporaryFile("w+", encoding="utf-8") as printed:
        process = subprocess.Popen([sys.executable, *line], stdout=printed, env=environment)  # noqa: S603 - our own
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise SystemExit(f"{' '.join(line)} ended with {process.returncode}")
        printed.seek(0)
        return used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, printed.read()


async def asked(database: Path, profile: str) -> list[float]:
    """Return how many seconds of a core each question took, the models loaded before."""
    # Here, because a process that is begun counts what its parent held.
    from adapters.chat import Intent, Person, Request  # noqa: PLC0415
    from bot.config import Config  # noqa: PLC0415
    from bot.conversation.permissions import OWNER  # noqa: PLC0415
    from bot.runtime.composition import opened  # noqa: PLC0415

    async with opened(Config(models={"profile": profile}), database) as assistant:
        room, *_ = await assistant.services.history.run(lambda store: store.channels())
        await assistant.services.core.embed(["warm"])

        async def ask(question: str) -> float:
            began = time.process_time()
            request = Request(Intent("ask", question), room.place, Person("U1", "You"), access=OWNER)
            await assistant.handle(request)
            return time.process_time() - began

        async def lacking() -> int:
            return (await assistant.services.history.run(lambda store: store.size())).without_vector

        first, *others = QUESTIONS
        waits, before = [await ask(first)], -1
        while (missing := await lacking()) != before:  # each question makes a part of the vectors that are missing
            before = missing
            await ask(first)
        return [*waits, *[await ask(question) for question in others]]


def measured(messages: int, profile: str, folder: Path) -> dict[str, Any]:
    """Return the row of one size."""
    export, database = folder / f"{messages}.zip", folder / f"{messages}.db"
    write_export(export, messages)
    seconds, memory, _ = spent(["-m", "bot.cli", "import", str(export), "--db", str(database)])
    _, asking, printed = spent([__file__, "--ask", str(database), "--profile", profile])
    first, *others = json.loads(printed)
    figures = (
        messages, database.stat().st_size / 1e6, seconds, memory, first, sum(others) / len(others), asking,
    )  # fmt: skip
    return dict(zip(SHOWN, figures, strict=True))


def main() -> None:
    """Print a row of the table for each size, or ask in this process."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--messages", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--profile", default="starter")
    parser.add_argument("--ask", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.ask:
        print(json.dumps(asyncio.run(asked(given.ask, given.profile))))
        return
    print(f"| {' | '.join(SHOWN)} |\n|{'---|' * len(SHOWN)}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        for messages in given.messages:
            row = measured(messages, given.profile, Path(folder))
            cells = (f"{value:,.1f}" if isinstance(value, float) else f"{value:,}" for value in row.values())
            print(f"| {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
