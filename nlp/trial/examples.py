"""Runs one example on a model that is here, and measures how long it loads, how fast it is and what it holds."""

import sys
import time
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any

from nlp.core import Core, free_share
from nlp.jobs import Turn
from nlp.runtime.device import choose_device
from nlp.scheduler.bindings import sample_pair
from nlp.scheduler.family import KEPT, Binding
from nlp.scheduler.memory import MB
from nlp.trial.fits import ModelPage, parameters

TEXTS = (
    "Thanks a lot, this is exactly what I needed!",
    "The build has been broken since yesterday and nobody looks at it.",
    "Meeting moved to 15:30, same room.",
    "Can somebody review my pull request before lunch? It only touches the importer.",
    "We decided to ship on Friday, after the tests on the new machine are green.",
    "The cause was an expired certificate. It is renewed now.",
    "Great, another outage.",
    "Who is on call this weekend?",
)
QUESTION, TOKENS = "When do we ship?", 32
Shown = tuple[str, int, str]  # the first answer, how many of what were made


@dataclass(frozen=True, slots=True)
class Trial:
    """Says what came of an example: `load` includes the first answer; seconds, and bytes of the weights and at most."""

    device: str
    dtype: str
    load: float
    seconds: float
    count: int
    unit: str
    memory: int
    peak: int
    answer: str

    @property
    def speed(self) -> float:
        """Return how many units a second."""
        return self.count / max(self.seconds, 1e-9)


async def run_example(binding: Binding, device: str, texts: Sequence[str] = TEXTS) -> Trial:
    """Load a model, have it answer about the first text, and then about all. Raises CoreError as the core does."""
    async with Core([binding], device=device) as core:
        started = time.perf_counter()
        await EXAMPLES[binding.task](core, binding, texts[:1])
        loaded = time.perf_counter()
        answer, count, unit = await EXAMPLES[binding.task](core, binding, texts)
        seconds = time.perf_counter() - loaded
        status = core.status()[0]
        peak = peak_memory(status.device)
    return Trial(status.device, status.dtype, loaded - started, seconds, count, unit, status.memory, peak, answer)


async def judge(core: Core, _: Binding, texts: Sequence[str]) -> Shown:
    """Judge moods."""
    found = await core.sentiment(texts)
    return f"{texts[0]} → {found[0].label} {max(found[0].scores.values()):.2f}", len(found), "texts"


async def embed(core: Core, _: Binding, texts: Sequence[str]) -> Shown:
    """Make vectors."""
    rows = await core.embed(texts)
    return f"vectors of {rows.shape[1]} numbers", len(rows), "texts"


async def translate(core: Core, binding: Binding, texts: Sequence[str]) -> Shown:
    """Translate from English where the model can."""
    pair = sample_pair(binding)
    found = await core.translate(texts, *pair)
    return f"{texts[0]} → {found[0].text} ({'→'.join(pair)})", sum(each.tokens for each in found), "tokens"


async def summarize(core: Core, _: Binding, texts: Sequence[str]) -> Shown:
    """Sum the texts up as one."""
    found = await core.summarize(["\n".join(texts)], max_tokens=TOKENS)
    return found[0].text, found[0].tokens, "tokens"


async def locate(core: Core, _: Binding, texts: Sequence[str]) -> Shown:
    """Find a span."""
    found = await core.locate(QUESTION, texts)
    spans = [span for each in found for span in each.spans]
    best = max(spans, key=lambda span: span.score, default=None)
    return f"{QUESTION} → {best.text if best else 'nothing'}", len(found), "texts"


async def generate(core: Core, _: Binding, texts: Sequence[str]) -> Shown:
    """Continue a conversation."""
    found = await core.generate([Turn("user", "\n".join((*texts, QUESTION)))], max_tokens=TOKENS)
    return found.text, found.tokens, "tokens"


async def entail(core: Core, _: Binding, texts: Sequence[str]) -> Shown:
    """Say what follows."""
    found = await core.entail([(text, "The build is broken.") for text in texts])
    return f"“{texts[0]}” entails “The build is broken.”: {found[0].entailment:.2f}", len(found), "pairs"


EXAMPLES: dict[str, Callable[[Core, Binding, Sequence[str]], Coroutine[Any, Any, Shown]]] = {
    "sentiment": judge,
    "embed": embed,
    "translate": translate,
    "summarize": summarize,
    "answer": locate,
    "generate": generate,
    "entail": entail,
}


def peak_memory(device: str) -> int:
    """Return the most bytes that were held: on a GPU what torch took there, else what this process had resident."""
    if device.startswith("cuda"):
        import torch  # noqa: PLC0415 - it is loaded by now

        return int(torch.cuda.max_memory_allocated(device))
    try:
        import resource  # noqa: PLC0415 - not on Windows
    except ImportError:
        return 0
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024


def needs(page: ModelPage, family: str, device: str) -> int:
    """Return how many MB a model's weights will take where it is to run, by its number of parameters."""
    exact = choose_device(device).type == "cpu" or family in KEPT
    return parameters(page) * (4 if exact else 2) // MB


def room(device: str) -> int:
    """Return how many MB models may take together on a device."""
    return free_share(device) // MB
