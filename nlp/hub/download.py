"""Fetches models from the Hub, each at one commit, and remembers which.

They go into the owner's folder for models, in the layout of the Hub's own cache, or into that cache itself; what lies
in either already is taken from there. A model without a pinned revision is pinned by its first pull: the commit goes
into `parley-revisions.json`, and later loads and pulls keep to it. Weights whose hash isn't the one that the Hub names
are thrown away, and a file that is longer than its listing says is not taken.
"""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from huggingface_hub import constants, hf_hub_download, try_to_load_from_cache
from tqdm import tqdm

from nlp.errors import ModelRefused, ModelUnavailable
from nlp.hub.connection import watched
from nlp.hub.listings import Listing, RemoteFile, lying
from nlp.hub.pins import sha256
from nlp.hub.revisions import COMMIT, lock, places
from nlp.scheduler.family import Binding

LOCAL = ("wheel:", "/", ".", "~")
PIECE = 1 << 18  # bytes of a piece, so that a line of 9 kB a second is not taken for silence
SPARE = 1 << 20  # bytes that a file may have more than its listing says


def on_hub(binding: Binding) -> bool:
    """Return whether the binding names a model of the Hub rather than a folder, a package or a server's."""
    return not binding.endpoint and not binding.model.startswith(LOCAL) and not Path(binding.home).is_dir()


def pull(binding: Binding, found: Listing, on_bytes: Callable[[int], None], *, shared: bool = False) -> None:
    """Fetch what is missing of a listing, and pin its revision. `on_bytes` gets how many bytes more are here.

    With `shared` it goes into the Hub's own cache instead of the owner's folder. Raises ModelUnavailable where the Hub
    doesn't answer, ModelRefused where a file isn't the one that it names.
    """
    place = destination(binding, found, shared=shared)
    check_room(missing(found, place), place, binding)
    for file in found.files:
        if try_to_load_from_cache(found.model, file.name, place, found.revision):
            on_bytes(file.size)
            continue
        check(download(binding, found, file, place, on_bytes), file, binding)
    if not COMMIT.fullmatch(binding.revision):
        lock(binding, found.revision)


def destination(binding: Binding, found: Listing, *, shared: bool) -> str | None:
    """Return where a listing's files go: where all of them are already, else the owner's folder or the Hub's cache."""
    whole = (place for place in places(binding) if not missing(found, place))
    return next(whole, None if shared else binding.folder or None)


def missing(found: Listing, place: str | None) -> int:
    """Return how many bytes of a listing aren't in a place yet; at least 1 where a file is missing."""
    lacks = [each for each in found.files if not try_to_load_from_cache(found.model, each.name, place, found.revision)]
    return sum(max(file.size, 1) for file in lacks)


def download(
    binding: Binding, found: Listing, file: RemoteFile, place: str | None, on_bytes: Callable[[int], None]
) -> Path:
    """Fetch one file; return where it lies. Raises ModelUnavailable, ModelRefused for one that doesn't end."""
    most, come = (file.size or 64 * SPARE) + SPARE, 0

    def fetched(heard: Callable[[], None]) -> Path:
        def count(more: int) -> None:
            nonlocal come
            heard()
            come += more
            if come > most:
                raise lying(binding, f"says that {file.name} has {file.size} bytes, and more of them come")
            on_bytes(more)

        bar = counter(count)
        # The client tells of whole pieces only, of 10 MB by itself.
        constants.DOWNLOAD_CHUNK_SIZE = min(PIECE, constants.DOWNLOAD_CHUNK_SIZE)
        return Path(hf_hub_download(found.model, file.name, revision=found.revision, cache_dir=place, tqdm_class=bar))

    return watched(binding, fetched)


def check_room(size: int, place: str | None, binding: Binding) -> None:
    """Refuse a pull of so many bytes that the disk has no room for. Raises ModelUnavailable."""
    folder = Path(place or constants.HF_HUB_CACHE)
    if not size:
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(folder).free
    except OSError as error:
        what = f"{folder} can't be written: {error.strerror}."
        raise ModelUnavailable(binding.task, what, "Set `models.folder` or HF_HOME to a folder of yours.") from error
    if size > free:
        what = f"{binding.model} takes {size >> 20} MB and {free >> 20} MB are free in {folder}."
        raise ModelUnavailable(binding.task, what, "Make room, or set `models.folder` to another disk.")


def check(path: Path, file: RemoteFile, binding: Binding) -> None:
    """Throw a fetched file away and refuse it if its hash isn't the one that the Hub names."""
    if file.sha256 and sha256(path) != file.sha256:
        path.resolve().unlink()
        path.unlink(missing_ok=True)
        raise ModelRefused(
            binding.task, f"{file.name} of {binding.model} does not have the SHA-256 that the Hub names.", "Pull again."
        )


def counter(on_bytes: Callable[[int], None]) -> type[tqdm]:
    """Return a progress bar for the Hub's client that shows nothing and passes the bytes on."""

    class Counter(tqdm):
        def __init__(self, *_: Any, **__: Any) -> None:
            super().__init__(disable=True)

        def update(self, n: float | None = 1) -> None:
            on_bytes(int(n or 0))

    return Counter
