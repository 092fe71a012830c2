"""Fine-tunes a small encoder with a LoRA adapter (peft) and a linear head on labelled texts.

Seeded: the same examples and recipe give the same weights on the same machine, whether or not the run was stopped
and resumed. It knows no file format of data sets and prints nothing; the command line does both.
"""

import json
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from peft import PeftModel, get_peft_model, get_peft_model_state_dict
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel

from nlp.hub.lora import CONFIG, WEIGHTS
from nlp.hub.model_card import CARD, Card
from nlp.inference.pooling import mean_of_tokens
from nlp.inference.tokens import pad
from nlp.models.adapted_classifier import HEAD, read_head
from nlp.text.normalize import normalize
from nlp.training.bases import open_base, open_tokenizer
from nlp.training.classifier_head import Head

TAG_WEIGHT = 10.0  # a mean over many rarely set tags is an order of magnitude below the labels' cross-entropy


@dataclass(frozen=True, slots=True)
class Example:
    """A text with the number of its label, None where only its tags are known.

    `tags` are numbers of a finer annotation (emotions, say); predicting them too shapes the features and is
    dropped after training.
    """

    text: str
    label: int | None
    tags: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class TrainingRecipe:
    """The settings of a run. Rates are peak learning rates of AdamW with a linear warm-up and decay.

    `half` multiplies in bfloat16, which newer CPUs do several times faster; the weights stay in float32. What comes out
    is the mean of the weights after every `averaged` steps of the second half, 0 for the last ones.
    """

    epochs: float = 2.0
    batch: int = 32
    rank: int = 32
    alpha: int = 64
    rate: float = 7e-4
    head_rate: float = 1e-2
    smoothing: float = 0.0
    tags: int = 0
    tag_share: float = 0.3
    dropout: float = 0.1
    max_tokens: int = 64
    seed: int = 0
    half: bool = False
    averaged: int = 10


@dataclass(frozen=True, slots=True)
class Step:
    """Holds where a run is: steps done of how many, and the loss of the last one."""

    done: int
    total: int
    loss: float


@dataclass(slots=True)
class Encoded:
    """An example as the model reads it."""

    ids: list[int]
    label: int | None
    tags: tuple[int, ...] = field(default=())


class ClassifierNetwork(nn.Module):
    """The base with its adapter, and two heads over the mean of the token vectors: labels, and tags (maybe none)."""

    def __init__(self, encoder: Any, width: int, labels: int, recipe: TrainingRecipe) -> None:
        super().__init__()
        self.encoder = encoder
        self.dropout = nn.Dropout(recipe.dropout)
        self.head = nn.Linear(width, labels)
        self.tagger = nn.Linear(width, recipe.tags) if recipe.tags else None

    def forward(self, rows: Sequence[Sequence[int]]) -> tuple[Tensor, Tensor | None]:
        """Return logits of shape (n, labels), and (n, tags) or None, for n rows of token ids."""
        vectors = self.dropout(pooled(self.encoder, rows))
        return self.head(vectors), self.tagger(vectors) if self.tagger else None


def pooled(encoder: Any, rows: Sequence[Sequence[int]]) -> Tensor:
    """Return the mean token vector of each row of token ids, shape (n, width)."""
    inputs = pad(rows, getattr(encoder.config, "pad_token_id", 0) or 0)
    return mean_of_tokens(encoder(**inputs).last_hidden_state, inputs["attention_mask"])


def build(base: Path, labels: int, recipe: TrainingRecipe, start: Path | None = None) -> ClassifierNetwork:
    """Return a network on the encoder in `base`, with a fresh adapter, or the adapter and head saved in `start`."""
    torch.manual_seed(recipe.seed)
    encoder, config = open_base(base, recipe.rank, recipe.alpha)
    adapted = (
        PeftModel.from_pretrained(encoder, str(start), is_trainable=True) if start else get_peft_model(encoder, config)
    )
    network = ClassifierNetwork(adapted, encoder.config.hidden_size, labels, recipe)
    if start:
        network.head.load_state_dict(dict(read_head(start, labels)))
    return network


class Run:
    """One run over examples: a step at a time, saved into a checkpoint file so that it can go on after a stop."""

    def __init__(
        self, network: ClassifierNetwork, rows: Sequence[Encoded], recipe: TrainingRecipe, file: Path | None = None
    ) -> None:
        self.network = network
        self.recipe = recipe
        self.file = file
        self.plan = list(plan([len(row.ids) for row in rows], recipe))
        self.rows = rows
        self.optimizer = optimizer(network, recipe)
        self.schedule = torch.optim.lr_scheduler.LambdaLR(self.optimizer, ramp(len(self.plan)))
        self.done = 0
        self.mean: dict[str, Tensor] = {}
        self.counted = 0

    @property
    def total(self) -> int:
        """Return how many steps there are."""
        return len(self.plan)

    def steps(self, save_every: int = 100) -> Iterator[Step]:
        """Train to the end, yielding after each step."""
        self.network.train()
        while self.done < len(self.plan):
            loss = self.step([self.rows[i] for i in self.plan[self.done]])
            self.done += 1
            self.average()
            if self.done % save_every == 0 or self.done == len(self.plan):
                self.save()
            yield Step(self.done, len(self.plan), loss)

    def step(self, batch: Sequence[Encoded]) -> float:
        """Make one update and return the loss before it."""
        with in_half() if self.recipe.half else nullcontext():
            cost = loss(self.network, batch, self.recipe)
        self.optimizer.zero_grad()
        cost.backward()
        nn.utils.clip_grad_norm_(trainable(self.network), 1.0)
        self.optimizer.step()
        self.schedule.step()
        return float(cost.detach())

    def average(self) -> None:
        """Count the weights of this step for the mean, if it is one of those; after the last step, take the mean."""
        every, left = self.recipe.averaged, len(self.plan) - self.done
        if every and not left % every and self.done > len(self.plan) // 2:
            self.counted += 1
            for name, weight in self.weights().items():
                mean = self.mean.setdefault(name, torch.zeros_like(weight))
                mean += (weight - mean) / self.counted
            if not left:
                self.network.load_state_dict(self.mean, strict=False)

    def weights(self) -> dict[str, Tensor]:
        """Return what is trained, by name."""
        return {name: p.detach() for name, p in self.network.named_parameters() if p.requires_grad}

    def save(self) -> None:
        """Write the checkpoint in one move, so that a stop while writing leaves the previous one."""
        if self.file:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            part = self.file.with_suffix(".part")
            torch.save(self.state(), part)
            part.replace(self.file)

    def state(self) -> dict[str, Any]:
        """Return all that the next step depends on."""
        return {
            "recipe": asdict(self.recipe),
            "rows": len(self.rows),
            "done": self.done,
            "weights": self.weights(),
            "mean": self.mean,
            "counted": self.counted,
            "optimizer": self.optimizer.state_dict(),
            "schedule": self.schedule.state_dict(),
            "dropout": torch.get_rng_state(),
        }

    def resume(self) -> bool:
        """Go on from the checkpoint; False where there is none, or it is of another recipe or other data."""
        if not (self.file and self.file.exists()):
            return False
        state = torch.load(self.file, weights_only=True)
        if state["recipe"] != asdict(self.recipe) or state["rows"] != len(self.rows):
            return False
        self.network.load_state_dict(state["weights"], strict=False)
        self.optimizer.load_state_dict(state["optimizer"])
        self.schedule.load_state_dict(state["schedule"])
        torch.set_rng_state(state["dropout"])
        self.done, self.mean, self.counted = state["done"], state["mean"], state["counted"]
        return True


@contextmanager
def in_half() -> Iterator[None]:
    """Multiply in bfloat16 inside; torch's fused attention is the slower one there, on the way back."""
    with torch.autocast("cpu", torch.bfloat16), sdpa_kernel(SDPBackend.MATH):
        yield


def plan(lengths: Sequence[int], recipe: TrainingRecipe) -> Iterator[list[int]]:
    """Yield the rows of every step: shuffled, then grouped by length within stretches of 40 batches to pad little."""
    shuffle = random.Random(recipe.seed)  # noqa: S311 (an order, not a secret)
    left = round(recipe.epochs * len(lengths) / recipe.batch) or 1
    while left:
        order = list(range(len(lengths)))
        shuffle.shuffle(order)
        stretches = [
            sorted(order[i : i + 40 * recipe.batch], key=lambda row: lengths[row])
            for i in range(0, len(order), 40 * recipe.batch)
        ]
        batches = [rows[i : i + recipe.batch] for rows in stretches for i in range(0, len(rows), recipe.batch)]
        shuffle.shuffle(batches)
        yield from batches[:left]
        left -= len(batches[:left])


def ramp(total: int) -> Callable[[int], float]:
    """Return the learning rate's factor at a step: up over the first 6 %, then straight down to nothing."""
    return lambda step: min((step + 1) / (0.06 * total), (total - step) / total)


def optimizer(network: ClassifierNetwork, recipe: TrainingRecipe) -> torch.optim.Optimizer:
    """Return AdamW with one rate for the adapter and one for the heads."""
    adapter = [p for p in network.encoder.parameters() if p.requires_grad]
    heads = [p for name, p in network.named_parameters() if not name.startswith("encoder.")]
    return torch.optim.AdamW([{"params": adapter, "lr": recipe.rate}, {"params": heads, "lr": recipe.head_rate}])


def trainable(network: nn.Module) -> list[nn.Parameter]:
    """Return what a step may change."""
    return [p for p in network.parameters() if p.requires_grad]


def loss(network: ClassifierNetwork, batch: Sequence[Encoded], recipe: TrainingRecipe) -> Tensor:
    """Return cross-entropy over the labelled rows plus a share of the tags' binary one over the tagged rows."""
    scores, tags = network([row.ids for row in batch])
    labelled = [i for i, row in enumerate(batch) if row.label is not None]
    total = scores.sum() * 0
    if labelled:
        wanted = torch.tensor([batch[i].label for i in labelled])
        total = nn.functional.cross_entropy(scores[labelled], wanted, label_smoothing=recipe.smoothing)
    tagged = [i for i, row in enumerate(batch) if row.tags]
    if tags is not None and tagged:
        wanted = torch.stack([nn.functional.one_hot(torch.tensor(batch[i].tags), recipe.tags).sum(0) for i in tagged])
        cost = nn.functional.binary_cross_entropy_with_logits(tags[tagged], wanted.to(tags.dtype))
        total = total + recipe.tag_share * TAG_WEIGHT * cost
    return total


def encode(examples: Sequence[Example], base: Path, max_tokens: int) -> list[Encoded]:
    """Tokenise normalised texts, cut at `max_tokens`."""
    if not examples:
        return []
    tokenizer = open_tokenizer(base)
    rows = tokenizer([normalize(e.text) for e in examples], truncation=True, max_length=max_tokens)["input_ids"]
    return [Encoded(ids, e.label, e.tags) for ids, e in zip(rows, examples, strict=True)]


def features(encoder: Any, rows: Sequence[Encoded], batch: int = 64) -> NDArray[np.float64]:
    """Return the mean token vector of each row, shape (rows, width), in the rows' order."""
    if not rows:
        return np.empty((0, encoder.config.hidden_size))
    encoder.eval()
    order = np.argsort([len(row.ids) for row in rows], kind="stable")
    batches = [order[i : i + batch] for i in range(0, len(order), batch)]
    with torch.inference_mode():
        parts = [pooled(encoder, [rows[i].ids for i in numbers]).double().numpy() for numbers in batches]
    return np.concatenate(parts)[np.argsort(order)]


def save(encoder: Any, head: Head, folder: Path, base: str, card: Card) -> None:
    """Write what `nlp.models.adapted_classifier` loads: adapter (as peft does, in half precision), head and card.

    `base` is the binding name of the encoder, a Hub id or `wheel:package/folder`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    config = {name: value for name, value in encoder.peft_config["default"].to_dict().items() if value}
    config |= {
        "base_model_name_or_path": base,
        "inference_mode": True,
        "target_modules": sorted(config["target_modules"]),
    }
    (folder / CONFIG).write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
    tensors = {name: tensor.half() for name, tensor in get_peft_model_state_dict(encoder).items()}
    write(folder / WEIGHTS, tensors)
    write(folder / HEAD, {"weight": torch.tensor(head.weight).float(), "bias": torch.tensor(head.bias).float()})
    (folder / CARD).write_text(json.dumps(card.document(), indent=2) + "\n", encoding="utf-8")


def write(file: Path, tensors: Mapping[str, Tensor]) -> None:
    """Write a safetensors file that everybody may read."""
    save_file({name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}, file)
    file.chmod(0o644)
