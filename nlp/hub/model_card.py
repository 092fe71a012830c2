"""Reads what is known of a bound classifier besides its name: its version, and which labels it confuses.

The version changes with the weights, so that what was computed by another is never taken for this one's. Loads no
model and knows no task but the classifier's.
"""

import hashlib
import json
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from nlp.errors import CoreError, ModelRefused
from nlp.hub.checkpoint import find_folder
from nlp.scheduler.bindings import identity
from nlp.scheduler.family import EXACT, Binding, Endpoint

ADAPTED = "adapted-classifier"
CARD, README = "classifier.json", "README.md"
BASE = "adapter_config.json"  # as peft writes it
REVISIONS = {"e5": "centred"}  # families whose results are no longer those of an older version
CHARACTERS = 12  # of the hash: two versions of one model never meet by chance


@dataclass(frozen=True, slots=True)
class MeasuredMetric:
    """Holds what is known: `key` names model and version, and stands for float32; `key_in` adds another arithmetic.

    `arithmetics` are those in which the model's results count as its own, whichever machine of a shared history
    computed them. `confusion[i][j]` counts held-out texts of true label i that were called j, both in the order of
    `labels`; it is empty where nobody measured.
    """

    key: str
    labels: tuple[str, ...] = ()
    confusion: tuple[tuple[int, ...], ...] = ()
    arithmetics: tuple[str, ...] = (EXACT,)

    @property
    def keys(self) -> tuple[str, ...]:
        """Return the keys of all results that count as the model's own."""
        return tuple(self.key_in(arithmetic) for arithmetic in self.arithmetics)

    def key_in(self, arithmetic: str) -> str:
        """Return the key of what was computed in an arithmetic, by a family's name of it."""
        products = arithmetic.partition("_")[0]  # CTranslate2 says int8_float32
        return self.key if products in ("", "none", EXACT) else f"{self.key} {products}"


@dataclass(frozen=True, slots=True)
class Card:
    """Holds what is known of a trained classifier besides its weights.

    `labels` are in the head's order; `temperature` divides the logits so that scores are honest probabilities;
    `confusion` counts texts that were held out from training, rows true and columns predicted label. A `multilingual`
    classifier reads a text in whatever language it is.
    """

    labels: tuple[str, ...]
    temperature: float = 1.0
    max_tokens: int = 128
    base_sha256: str = ""
    confusion: tuple[tuple[int, ...], ...] = ()
    multilingual: bool = False

    def document(self) -> dict[str, Any]:
        """Return the card as the file holds it."""
        return {name: getattr(self, name) for name in self.__slots__}


def read_card(folder: Path) -> Card:
    """Return the card in a classifier's folder. Raises ModelRefused if it is missing or damaged."""
    try:
        read = json.loads((folder / CARD).read_text(encoding="utf-8"))
        return Card(
            labels=tuple(map(str, read["labels"])),
            temperature=float(read["temperature"]),
            max_tokens=int(read["max_tokens"]),
            base_sha256=str(read["base_sha256"]),
            confusion=tuple(tuple(map(int, row)) for row in read["confusion"]),
            multilingual=read.get("multilingual") is True,
        )
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise ModelRefused(
            "sentiment",
            f"The adapter {folder.name} has no readable {CARD}, so sentiment is off.",
            "Train or copy it again.",
        ) from error


def base_name(folder: Path) -> str:
    """Return which encoder the adapter in a folder was made for, as its configuration names it; "" where none does."""
    try:
        read = json.loads((folder / BASE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return ""
    return str(read.get("base_model_name_or_path", "")) if isinstance(read, dict) else ""


def measured(binding: Binding) -> MeasuredMetric:
    """Return what is known of the model. Reads its files; never raises for what is missing."""
    served = Endpoint(binding.endpoint.url) if binding.endpoint else None  # how it is reached changes no result
    bare = replace(binding, dtype="auto", endpoint=served)  # keys name the arithmetic themselves
    digest = hashlib.sha256(identity(bare).encode())
    card = None
    if binding.family == ADAPTED:
        with suppress(CoreError):
            folder = find_folder(binding)
            card = read_card(folder)
            for file in sorted(path for path in folder.iterdir() if path.is_file() and path.name != README):
                digest.update(_content(file))
    digest.update(REVISIONS.get(binding.family, "").encode())
    name = f"{binding.name} at {served.url}" if served else binding.name
    key = f"{name}@{digest.hexdigest()[:CHARACTERS]}"
    known = (card.labels, card.confusion) if card else ((), ())
    return MeasuredMetric(key, *known, binding.arithmetics)


def multilingual(binding: Binding) -> bool:
    """Return whether a classifier reads every language: its card says so, or the owner by the option `multilingual`.

    Never raises for what is missing.
    """
    if binding.family == ADAPTED:
        with suppress(CoreError):
            return read_card(find_folder(binding)).multilingual
    return binding.options.get("multilingual") is True


def _content(file: Path) -> bytes:
    return hashlib.sha256(file.read_bytes()).digest()
