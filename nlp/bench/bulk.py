"""A long bulk job's memory and pace against a short one's, each in a process of its own. Run as a module, it is one."""

import argparse
import asyncio
import json
import statistics
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from nlp.bench import Found, Setting
from nlp.bench.measure import Stopwatch, peak_mb, row
from nlp.bench.shapes import minilm_classifier
from nlp.bench.texts import chat_texts
from nlp.core import Core
from nlp.jobs import Classify, Job
from nlp.scheduler.family import Binding

FEW, MANY = 1_000, 50_000
DISTINCT = 5_000  # texts that repeat, so that making them costs no memory that grows
WARM = 2_000  # texts before the clock starts
ENOUGH = 10_000  # texts to time: a run of fewer is repeated, and the median counts


async def memory(setting: Setting) -> Sequence[Found]:
    """Measure peak memory and texts a second of 50,000 texts against those of 1,000, MiniLM-L6 shape."""
    folder = minilm_classifier(setting.folder)
    few, many = [await child(folder, count, setting) for count in (FEW, setting.size(MANY))]
    return [
        row("bulk-memory", "peak memory of 1,000 texts", "MB", (many["peak_mb"], few["peak_mb"]), 1),
        row("bulk-memory", "pace of 1,000 texts", "texts/s", (many["texts_per_s"], few["texts_per_s"]), 1),
    ]


async def child(folder: Path, count: int, setting: Setting) -> dict[str, float]:
    """Run this module in another process and read what it measured."""
    arguments = [str(folder), str(count), "--device", setting.device, "--dtype", setting.dtype]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "nlp.bench.bulk", *arguments, stdout=asyncio.subprocess.PIPE
    )
    written, _ = await process.communicate()
    if process.returncode:
        raise RuntimeError(f"the bulk measurement ended with status {process.returncode}")
    return dict(json.loads(written))


async def stream_texts(folder: Path, count: int, device: str, dtype: str) -> dict[str, float]:
    """Classify `count` texts through the bulk lane, throwing the results away."""
    async with Core([Binding("sentiment", "classifier", str(folder), dtype=dtype)], device=device) as core:
        await spend(core, WARM)
        took, peaks = [], []
        for _ in range(max(1, ENOUGH // count)):
            clock = Stopwatch()
            await spend(core, count)
            took.append(clock.seconds())
            peaks.append(peak_mb(device))
        return {"texts_per_s": count / statistics.median(took), "peak_mb": peaks[0]}


async def spend(core: Core, count: int) -> None:
    """Stream texts and count what comes back."""
    done = 0
    async for _ in core.stream(jobs(count), "sentiment"):
        done += 1
    assert done == count


def jobs(count: int) -> Iterator[Job]:
    """Yield jobs made as they are asked for."""
    texts = chat_texts(DISTINCT)
    return (Classify(texts[i % DISTINCT]) for i in range(count))


def main() -> None:
    """Measure one size and print it as JSON."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("count", type=int)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--dtype", default="auto")
    asked = parser.parse_args()
    print(json.dumps(asyncio.run(stream_texts(asked.folder, asked.count, asked.device, asked.dtype))))  # noqa: T201


if __name__ == "__main__":
    main()
