"""A family of one's own: a small PyTorch module whose graph depends on its input, trained, saved, bound and served.

    python examples/tree_of_phrases.py

The module reads a text as a tree: at its commas and its "but", else in the middle, and puts the halves together from
the leaves up, so that each text has a graph of its own. It learns moods from a few invented lines in seconds, which is
enough to show how a family is written and not enough to judge anybody's mood.
"""

import asyncio
import json
import re
import sys
import tempfile
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, ClassVar, Self

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from nlp.core import Core
from nlp.hub.checkpoint import check_weights, find_folder, read_config
from nlp.jobs import Classify, Job, Prepared, Sentiment
from nlp.runtime.device import OnDevice, choose_device
from nlp.scheduler.batching import Limits
from nlp.scheduler.family import Binding

LABELS = ("negative", "neutral", "positive")
BUCKETS, WIDTH, PASSES = 1_024, 24, 40
LINES = {
    "positive": (
        "this is great",
        "thanks, that works now",
        "I love the new build",
        "good work, the release is out",
        "it was slow, but now it is great",
        "lovely, the tests are green",
    ),
    "negative": (
        "this is awful",
        "the build is broken again",
        "I hate this bug",
        "bad news, the release failed",
        "it was great, but now it is broken",
        "sadly the tests are red",
    ),
    "neutral": (
        "the meeting is at noon",
        "see the page about releases",
        "we moved to room four",
        "the build runs on Monday",
        "the file is in the folder",
        "who is on call today",
    ),
}


class Tree(nn.Module):
    """Words at the leaves, one layer at every fork, three moods at the root."""

    def __init__(self) -> None:
        super().__init__()
        self.words = nn.Embedding(BUCKETS, WIDTH)
        self.fork = nn.Linear(2 * WIDTH, WIDTH)
        self.root = nn.Linear(WIDTH, len(LABELS))

    @property
    def device(self) -> torch.device:
        """Where it runs."""
        return self.root.weight.device

    @property
    def dtype(self) -> torch.dtype:
        """What it computes in."""
        return self.root.weight.dtype

    def forward(self, words: Sequence[str]) -> Tensor:
        """Return the scores of the moods, shape (3,)."""
        return self.root(self.node(words))

    def node(self, words: Sequence[str]) -> Tensor:
        """Return what a phrase means, shape (WIDTH,): this is where the text decides what is computed."""
        if len(words) == 1:
            return self.words(torch.tensor(zlib.crc32(words[0].encode()) % BUCKETS, device=self.device))
        cut = split(words)
        return torch.tanh(self.fork(torch.cat([self.node(words[:cut]), self.node(words[cut:])])))


def split(words: Sequence[str]) -> int:
    """Return where a phrase falls in two: behind its last comma, before its last "but", or in the middle."""
    marks = [place for place, word in enumerate(words) if word in (",", "but") and 0 < place < len(words) - 1]
    return max(marks, default=len(words) // 2)


def read(text: str) -> list[str]:
    """Return the words of a text, at least one."""
    return re.findall(r"[^\W_]+|,", text.lower()) or [""]


class TreeFamily(OnDevice):
    """The module as Parley runs it: what a family has to have, and nothing more."""

    tasks: ClassVar[frozenset[str]] = frozenset({"sentiment"})
    limits: ClassVar[Limits] = Limits()

    def __init__(self, model: Tree) -> None:
        self.model = model

    @classmethod
    def load(cls, binding: Binding, device: str) -> Self:
        """Load from a folder that is on this machine."""
        folder = find_folder(binding)
        if read_config(folder, binding).get("labels") != list(LABELS):
            raise ValueError("the folder holds another kind of model")
        check_weights(folder / "model.safetensors", binding)
        model = Tree()
        model.load_state_dict(load_file(folder / "model.safetensors"))
        return cls(model.to(choose_device(device)).eval())

    def prepare(self, jobs: Sequence[Job]) -> list[Prepared | Exception]:
        """Cut texts into words, on a thread of its own."""
        texts = [read(job.text) for job in jobs if isinstance(job, Classify)]
        return [Prepared(job, len(words), None, words) for job, words in zip(jobs, texts, strict=True)]

    @torch.inference_mode()
    def run(self, batch: Sequence[Prepared], cancelled: Callable[[int], bool]) -> list[Any]:
        """Judge a batch, a graph for each text."""
        del cancelled
        rows = [self.model(prepared.inputs).softmax(0).tolist() for prepared in batch]
        return [Sentiment(LABELS[row.index(max(row))], dict(zip(LABELS, row, strict=True))) for row in rows]


def train() -> Tree:
    """Return a module that knows the lines above."""
    torch.manual_seed(0)
    model = Tree()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    rows = [(read(text), LABELS.index(label)) for label, texts in LINES.items() for text in texts]
    for _ in range(PASSES):
        optimizer.zero_grad()
        scores = torch.stack([model(words) for words, _ in rows])
        nn.functional.cross_entropy(scores, torch.tensor([label for _, label in rows])).backward()
        optimizer.step()
    return model


def save(model: Tree, folder: Path) -> None:
    """Write weights and configuration."""
    folder.mkdir(parents=True, exist_ok=True)
    save_file(model.state_dict(), folder / "model.safetensors")
    (folder / "config.json").write_text(json.dumps({"labels": LABELS}), encoding="utf-8")


async def serve(folder: Path, texts: Sequence[str]) -> list[Sentiment]:
    """Bind the folder and ask the core, which batches, cancels and measures as it does for every family."""
    binding = Binding("sentiment", f"{__name__}:TreeFamily", str(folder), own_code=True)
    async with Core([binding], device="cpu") as core:
        return await core.sentiment(texts)


def main(folder: Path) -> None:
    """Train, save, bind and serve."""
    save(train(), folder)
    texts = ["thanks, the build is great", "the meeting is at noon", "it was great, but now it is broken"]
    for text, mood in zip(texts, asyncio.run(serve(folder, texts)), strict=True):
        print(f"{mood.label:8} {mood.scores[mood.label]:.2f}  {text}")
    print(
        f"\nTo have the bot use it, put {Path(__file__).parent.resolve()} on PYTHONPATH, and this in config.toml:"
        f'\n\n[models.sentiment]\nfamily = "{Path(__file__).stem}:TreeFamily"\nmodel = "{folder}"\nown_code = true'
    )


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        main(Path(sys.argv[1] if len(sys.argv) > 1 else place))
