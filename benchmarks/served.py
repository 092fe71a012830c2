"""Measures what a server of models costs: vectors made here, by one request a list, and by one request a text.

`PYTHONPATH=.:tests python benchmarks/served.py` runs the packaged embedder in this process and the same one behind the
tests' loopback server in a process of its own, one thread each. The three take turns; printed are medians and their
range in texts a second, and each as a part of the first.
"""

import argparse
import asyncio
import statistics
import subprocess
import sys
import time
from dataclasses import replace

import torch
from model_server import ModelServer, serving

from nlp.bench.texts import chat_texts
from nlp.core import Core
from nlp.jobs import Priority
from nlp.models import family
from nlp.profiles import read
from nlp.scheduler.family import Binding, Endpoint


def embedder() -> Binding:
    """Return the packaged English embedder."""
    return next(each for each in read("starter").bindings if each.task == "embed" and each.family == "embedder")


def serve() -> None:
    """Serve the embedder until the input ends, and print where."""
    torch.set_num_threads(1)
    models = {"embed": family("embedder").load(embedder(), "cpu")}
    with serving(ModelServer(models, most=1_024)) as server:
        print(server.url, flush=True)
        sys.stdin.read()


async def rate(binding: Binding, texts: list[str]) -> float:
    """Return texts a second, after a few that load the model."""
    async with Core([binding], device="cpu") as core:
        await core.embed(texts[:8])
        start = time.perf_counter()
        await core.embed(texts, priority=Priority.BULK)
        return len(texts) / (time.perf_counter() - start)


def contenders(url: str) -> dict[str, Binding]:
    """Return what takes turns."""
    served = Binding("embed", "openai", "tiny", endpoint=Endpoint(f"{url}/v1"))
    alone = replace(served, options={"rows": 1})
    tei = Binding("embed", "tei", "tiny", endpoint=Endpoint(url))
    return {"here": embedder(), "openai, lists": served, "tei, lists": tei, "openai, one text each": alone}


def main(texts: int, rounds: int) -> None:
    """Print the table."""
    torch.set_num_threads(1)
    given = chat_texts(texts)
    command = [sys.executable, __file__, "--serve"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:  # noqa: S603
        assert server.stdout is not None
        bindings = contenders(server.stdout.readline().strip())
        rates: dict[str, list[float]] = {name: [] for name in bindings}
        for _ in range(rounds):
            for name, binding in bindings.items():
                rates[name].append(asyncio.run(rate(binding, given)))
        server.communicate()
    middle = {name: statistics.median(found) for name, found in rates.items()}
    for name, found in rates.items():
        share = middle[name] / middle["here"]
        print(f"{name}: {middle[name]:.0f} texts/s ({min(found):.0f} to {max(found):.0f}), {share:.2f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--serve", action="store_true")
    parser.add_argument("--texts", type=int, default=512)
    parser.add_argument("--rounds", type=int, default=5)
    chosen = parser.parse_args()
    serve() if chosen.serve else main(chosen.texts, chosen.rounds)
