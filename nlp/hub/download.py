"""Fetches a profile's models from the Hub, each at its pinned revision, and remembers which.

They go into the owner's folder for models, in the layout of the Hub's own cache; what lies in that cache already is
taken from there. A model without a pinned revision is pinned by its first pull: the commit goes into
`parley-revisions.json` beside it, and later loads and pulls keep to it. Only weights in safetensors and the files
around them are fetched, and weights whose hash isn't the one that the Hub names are thrown away.

The Hub is not trusted: what it lists must stay inside the model's folder, what it sends must come and must end. Its
client waits for ever if the Hub says so, so that it works on a thread of its own, which is left when it falls silent.
"""

import re
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from huggingface_hub import HfApi, constants, hf_hub_download, try_to_load_from_cache
from tqdm import tqdm

from nlp.errors import ModelRefused, ModelUnavailable
from nlp.hub.pins import sha256
from nlp.hub.revisions import lock, locked, places
from nlp.scheduler.family import Binding

WANTED = (".safetensors", ".json", ".txt", ".model", ".spm", ".jinja")
LOCAL = ("wheel:", "/", ".", "~")
SILENCE = 30.0  # seconds without a new piece after which the Hub is left
PIECE = 1 << 18  # bytes of a piece, so that a line of 9 kB a second is not taken for silence
SPARE = 1 << 20  # bytes that a file may have more than its listing says
MOST_FILES = 10_000
COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
SAFE = re.compile(r"(?:\d+_\w+/)?[\w.+@ -]+")  # a file at the top, or of a step of a sentence embedder
Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file to fetch: its name in the repository, its size in bytes, and its hash where the Hub tells it."""

    name: str
    size: int
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Listing:
    """Holds what a pull of one model would fetch: the commit and its files."""

    model: str
    revision: str
    files: tuple[RemoteFile, ...]

    @property
    def size(self) -> int:
        """Return bytes altogether."""
        return sum(file.size for file in self.files)


def on_hub(binding: Binding) -> bool:
    """Return whether the binding names a model of the Hub rather than a folder or a package."""
    return not binding.model.startswith(LOCAL) and not Path(binding.model).is_dir()


def listing(binding: Binding, api: Any = None) -> Listing:
    """Ask the Hub what the binding's model consists of.

    Raises ModelUnavailable where the Hub doesn't answer, ModelRefused where there are no safetensors.
    """
    commit, siblings = asked(binding, api or HfApi())
    files = tuple(file_of(each) for each in siblings if wanted(each.rfilename))
    if not any(file.name.endswith(".safetensors") for file in files):
        raise ModelRefused(
            binding.task,
            f"{binding.model} has no weights in safetensors.",
            "Choose another revision or model: pickled weights can run code.",
        )
    return Listing(binding.model, commit, files)


def asked(binding: Binding, api: Any) -> tuple[str, list[Any]]:
    """Ask the Hub for the commit of a repository and all its files, at the pinned revision if there is one.

    Raises ModelUnavailable where the Hub doesn't answer, ModelRefused where it can't be trusted.
    """
    pinned = binding.revision or locked(binding)
    found = watched(binding, lambda _: api.model_info(binding.model, revision=pinned or None, files_metadata=True))
    siblings = list(found.siblings or ())
    refuse_lies(binding, pinned, str(found.sha), [str(each.rfilename) for each in siblings])
    return str(found.sha), siblings


def refuse_lies(binding: Binding, pinned: str, commit: str, names: list[str]) -> None:
    """Refuse a listing of another commit, one without end, and one that leads out of the model's folder."""
    if not COMMIT.fullmatch(commit) or (COMMIT.fullmatch(pinned) and commit != pinned):
        raise lying(binding, "names another commit than the one that was asked for")
    if len(names) > MOST_FILES:
        raise lying(binding, f"lists {len(names)} files")
    for name in names:
        parts = re.split(r"[/\\]", name)
        if ".." in parts or "" in parts or ":" in name or not name.isprintable():
            raise lying(binding, f"lists a file that leads out of its folder ({name[:80]!r})")


def lying(binding: Binding, what: str) -> ModelRefused:
    """Return an error for a Hub that can't be trusted."""
    return ModelRefused(binding.task, f"The Hub's answer about {binding.model} {what}.", "Check whose Hub it is.")


def file_of(sibling: Any) -> RemoteFile:
    """Return a file as the Hub lists it."""
    large = getattr(sibling, "lfs", None)
    return RemoteFile(sibling.rfilename, sibling.size or 0, large.sha256 if large else "")


def pull(binding: Binding, found: Listing, on_bytes: Callable[[int], None]) -> None:
    """Fetch what is missing of a listing, and pin its revision. `on_bytes` gets how many bytes more are here.

    Raises ModelUnavailable where the Hub doesn't answer, ModelRefused where a file isn't the one that it names.
    """
    place = next((place for place in places(binding) if complete(found, place)), binding.folder or None)
    if not complete(found, place):
        check_room(found, place, binding)
    for file in found.files:
        if try_to_load_from_cache(found.model, file.name, place, found.revision):
            on_bytes(file.size)
            continue
        check(download(binding, found, file, place, on_bytes), file, binding)
    if not binding.revision:
        lock(binding, found.revision)


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


def watched(binding: Binding, work: Callable[[Callable[[], None]], Made]) -> Made:
    """Do `work` on a thread of its own; it calls what it is given whenever something has come.

    Raises ModelUnavailable where nothing comes for SILENCE seconds, or the Hub's client fails.
    """
    last, left = time.monotonic(), False
    results: list[Made] = []
    failed: list[Exception] = []

    def heard() -> None:
        nonlocal last
        if left:
            raise TimeoutError
        last = time.monotonic()

    def run() -> None:
        try:
            results.append(work(heard))
        except Exception as error:  # noqa: BLE001 - raised again where it is waited for
            failed.append(error)

    thread = threading.Thread(target=run, name="hub", daemon=True)
    thread.start()
    while thread.is_alive():
        thread.join(min(0.1, SILENCE))
        if thread.is_alive() and time.monotonic() - last > SILENCE:
            left = True
            what = f"{binding.model} could not be fetched: nothing came from the Hub for {SILENCE:.0f} seconds."
            raise ModelUnavailable(binding.task, what, "Pull again later; what is here already is kept.")
    with reaching(binding):
        if failed:
            raise failed[0]
    return results[0]


def check_room(found: Listing, place: str | None, binding: Binding) -> None:
    """Refuse a pull that the disk has no room for. Raises ModelUnavailable."""
    folder = Path(place or constants.HF_HUB_CACHE)
    folder.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(folder).free
    if found.size > free:
        what = f"{binding.model} takes {found.size >> 20} MB and {free >> 20} MB are free."
        raise ModelUnavailable(binding.task, what, "Make room, or set `models.folder` to another disk.")


def complete(found: Listing, place: str | None) -> bool:
    """Return whether every file of a listing is there."""
    return all(try_to_load_from_cache(found.model, file.name, place, found.revision) for file in found.files)


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


def wanted(name: str) -> bool:
    """Return whether a file of a repository is needed: files at its top, and the steps of sentence embedders."""
    return name.endswith(WANTED) and bool(SAFE.fullmatch(name))


@contextmanager
def reaching(binding: Binding) -> Iterator[None]:
    """Turn whatever the Hub's client raises, which depends on its HTTP library, into ModelUnavailable."""
    try:
        yield
    except ModelUnavailable:
        raise
    except Exception as error:
        raise ModelUnavailable(
            binding.task, f"{binding.model} could not be fetched.", "Check the name and the network, then pull again."
        ) from error
