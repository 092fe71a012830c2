"""What is known of a bound classifier besides its name: which version it is, and which labels it confuses.

The version changes with the weights, so that what was computed by another is never taken for this one's. Loads no
model and knows no task but the classifier's.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from nlp.errors import CoreError
from nlp.hub.checkpoint import find_folder
from nlp.scheduler.bindings import identity
from nlp.scheduler.family import Binding

ADAPTED = "adapted-classifier"
CHARACTERS = 12  # of the hash: two versions of one model never meet by chance


@dataclass(frozen=True, slots=True)
class Measured:
    """What is known: `key` names model and version.

    `confusion[i][j]` counts held-out texts of true label i that were called j, both in the order of `labels`; it is
    empty where nobody measured.
    """

    key: str
    labels: tuple[str, ...] = ()
    confusion: tuple[tuple[int, ...], ...] = ()


def measured(binding: Binding) -> Measured:
    """What is known of the model. Reads its files; never raises for what is missing."""
    digest = hashlib.sha256(identity(binding).encode())
    if binding.family != ADAPTED:
        return Measured(_key(binding, digest.hexdigest()))
    from nlp.models.adapted_classifier import read_card  # noqa: PLC0415 - torch, which others may not want yet

    try:
        folder = find_folder(binding)
        card = read_card(folder)
    except CoreError:
        return Measured(_key(binding, digest.hexdigest()))
    for file in sorted(path for path in folder.iterdir() if path.is_file()):
        digest.update(_content(file))
    return Measured(_key(binding, digest.hexdigest()), card.labels, card.confusion)


def _content(file: Path) -> bytes:
    return hashlib.sha256(file.read_bytes()).digest()


def _key(binding: Binding, digest: str) -> str:
    return f"{binding.name}@{digest[:CHARACTERS]}"
