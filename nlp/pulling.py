"""Fetches a profile's models from the Hub into its local cache, each at its pinned revision, and remembers which.

A model without a pinned revision is pinned by its first pull: the commit goes into `parley-revisions.json` beside the
cache, and later loads and pulls keep to it. Only weights in safetensors and the files around them are fetched.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from huggingface_hub import HfApi, constants, hf_hub_download

from nlp.errors import ModelRefused, ModelUnavailable
from nlp.family import Binding

LOCK = "parley-revisions.json"
WANTED = (".safetensors", ".json", ".txt", ".model", ".spm", ".jinja")
LOCAL = ("wheel:", "/", ".", "~")


@dataclass(frozen=True, slots=True)
class File:
    """A file to fetch: its name in the repository and its size in bytes."""

    name: str
    size: int


@dataclass(frozen=True, slots=True)
class Listing:
    """What a pull of one model would fetch: the commit and its files."""

    model: str
    revision: str
    files: tuple[File, ...]

    @property
    def size(self) -> int:
        """Bytes altogether."""
        return sum(file.size for file in self.files)


def on_hub(binding: Binding) -> bool:
    """Whether the binding names a model of the Hub rather than a folder or a package."""
    return not binding.model.startswith(LOCAL) and not Path(binding.model).is_dir()


def listing(binding: Binding, api: Any = None) -> Listing:
    """Ask the Hub what the binding's model consists of.

    Raises ModelUnavailable where the Hub doesn't answer, ModelRefused where there are no safetensors.
    """
    pinned = binding.revision or locked(binding.model)
    with reaching(binding):
        found = (api or HfApi()).model_info(binding.model, revision=pinned or None, files_metadata=True)
    files = tuple(File(each.rfilename, each.size or 0) for each in found.siblings or () if wanted(each.rfilename))
    if not any(file.name.endswith(".safetensors") for file in files):
        raise ModelRefused(
            binding.task,
            f"{binding.model} has no weights in safetensors.",
            "Choose another revision or model: pickled weights can run code.",
        )
    return Listing(binding.model, str(found.sha), files)


def pull(binding: Binding, found: Listing, on_file: Callable[[File], None]) -> None:
    """Fetch what is missing of a listing, and pin its revision. `on_file` hears each file once it is here."""
    for file in found.files:
        with reaching(binding):
            hf_hub_download(found.model, file.name, revision=found.revision)
        on_file(file)
    if not binding.revision:
        lock(found.model, found.revision)


def wanted(name: str) -> bool:
    """Whether a file of a repository is needed: files at its top, and the pooling of sentence embedders."""
    return name.endswith(WANTED) and ("/" not in name or name.startswith("1_Pooling/"))


def lock_file() -> Path:
    """Where pulled revisions are remembered."""
    return Path(constants.HF_HUB_CACHE) / LOCK


def locked(model: str) -> str:
    """The revision that an earlier pull pinned, "" for none."""
    try:
        return str(json.loads(lock_file().read_text(encoding="utf-8")).get(model, ""))
    except (OSError, ValueError, AttributeError):
        return ""


def lock(model: str, revision: str) -> None:
    """Pin a model to a revision."""
    try:
        known = json.loads(lock_file().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        known = {}
    lock_file().parent.mkdir(parents=True, exist_ok=True)
    lock_file().write_text(json.dumps({**known, model: revision}, indent=1, sort_keys=True), encoding="utf-8")


@contextmanager
def reaching(binding: Binding) -> Iterator[None]:
    """Turn whatever the Hub's client raises, which depends on its HTTP library, into ModelUnavailable."""
    try:
        yield
    except Exception as error:
        raise ModelUnavailable(
            binding.task, f"{binding.model} could not be fetched.", "Check the name and the network, then pull again."
        ) from error
