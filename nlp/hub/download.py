"""Fetches a profile's models from the Hub, each at its pinned revision, and remembers which.

They go into the owner's folder for models, in the layout of the Hub's own cache; what lies in that cache already is
taken from there. A model without a pinned revision is pinned by its first pull: the commit goes into
`parley-revisions.json` beside it, and later loads and pulls keep to it. Only weights in safetensors and the files
around them are fetched, and weights whose hash isn't the one that the Hub names are thrown away.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from huggingface_hub import HfApi, hf_hub_download, try_to_load_from_cache
from tqdm import tqdm

from nlp.errors import ModelRefused, ModelUnavailable
from nlp.hub.pins import sha256
from nlp.hub.revisions import lock, locked, places
from nlp.scheduler.family import Binding

WANTED = (".safetensors", ".json", ".txt", ".model", ".spm", ".jinja")
LOCAL = ("wheel:", "/", ".", "~")


@dataclass(frozen=True, slots=True)
class File:
    """A file to fetch: its name in the repository, its size in bytes, and its hash where the Hub tells it."""

    name: str
    size: int
    sha256: str = ""


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
    pinned = binding.revision or locked(binding)
    with reaching(binding):
        found = (api or HfApi()).model_info(binding.model, revision=pinned or None, files_metadata=True)
    files = tuple(file_of(each) for each in found.siblings or () if wanted(each.rfilename))
    if not any(file.name.endswith(".safetensors") for file in files):
        raise ModelRefused(
            binding.task,
            f"{binding.model} has no weights in safetensors.",
            "Choose another revision or model: pickled weights can run code.",
        )
    return Listing(binding.model, str(found.sha), files)


def file_of(sibling: Any) -> File:
    """A file as the Hub lists it."""
    large = getattr(sibling, "lfs", None)
    return File(sibling.rfilename, sibling.size or 0, large.sha256 if large else "")


def pull(binding: Binding, found: Listing, on_bytes: Callable[[int], None]) -> None:
    """Fetch what is missing of a listing, and pin its revision. `on_bytes` hears how many bytes more are here.

    Raises ModelUnavailable where the Hub doesn't answer, ModelRefused where a file isn't the one that it names.
    """
    place = next((place for place in places(binding) if complete(found, place)), binding.folder or None)
    for file in found.files:
        if try_to_load_from_cache(found.model, file.name, place, found.revision):
            on_bytes(file.size)
            continue
        with reaching(binding):
            path = Path(
                hf_hub_download(
                    found.model, file.name, revision=found.revision, cache_dir=place, tqdm_class=counter(on_bytes)
                )
            )
        check(path, file, binding)
    if not binding.revision:
        lock(binding, found.revision)


def complete(found: Listing, place: str | None) -> bool:
    """Whether every file of a listing is there."""
    return all(try_to_load_from_cache(found.model, file.name, place, found.revision) for file in found.files)


def check(path: Path, file: File, binding: Binding) -> None:
    """Throw a fetched file away and refuse it if its hash isn't the one that the Hub names."""
    if file.sha256 and sha256(path) != file.sha256:
        path.resolve().unlink()
        path.unlink(missing_ok=True)
        raise ModelRefused(
            binding.task, f"{file.name} of {binding.model} does not have the SHA-256 that the Hub names.", "Pull again."
        )


def counter(on_bytes: Callable[[int], None]) -> type[tqdm]:
    """A progress bar for the Hub's client that shows nothing and tells the bytes it hears of."""

    class Counter(tqdm):
        def __init__(self, *_: Any, **__: Any) -> None:
            super().__init__(disable=True)

        def update(self, n: float | None = 1) -> None:
            on_bytes(int(n or 0))

    return Counter


def wanted(name: str) -> bool:
    """Whether a file of a repository is needed: files at its top, and the pooling of sentence embedders."""
    return name.endswith(WANTED) and ("/" not in name or name.startswith("1_Pooling/"))


@contextmanager
def reaching(binding: Binding) -> Iterator[None]:
    """Turn whatever the Hub's client raises, which depends on its HTTP library, into ModelUnavailable."""
    try:
        yield
    except Exception as error:
        raise ModelUnavailable(
            binding.task, f"{binding.model} could not be fetched.", "Check the name and the network, then pull again."
        ) from error
