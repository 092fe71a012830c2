"""Finds a model's files on this machine and decides whether to trust them. Downloads nothing, loads no library.

A model is a local folder, a Hub id whose pinned revision lies in the local cache, or `wheel:package/folder` inside an
installed package. Only safetensors are read and no code of a model's repository is ever run. Pickles that lie beside
safetensors, as in many repositories, are passed over.
"""

import json
import os
import stat
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeVar

from safetensors import SafetensorError, safe_open

from nlp.errors import ModelRefused, ModelUnavailable
from nlp.hub.pins import INDEX, PICKLES, STEP, WEIGHTS, holds, is_of_weights_alone, pin_of
from nlp.hub.weights import first_broken, too_large
from nlp.scheduler.family import UNBOUND, WHEEL, Binding

TEXTS, CONFIGS = (".json", ".txt", ".jinja"), ("config.json", "generation_config.json", "modules.json")
LONGEST_CONFIG, LONGEST_TEXT = 8 << 20, 256 << 20  # bytes
Options = TypeVar("Options")


def find_folder(binding: Binding) -> Path:
    """Return the folder that holds the model, as it is pinned. Raises ModelUnavailable if it isn't on this machine.

    Raises ModelRefused if it holds what isn't a plain file, or isn't the pinned one.
    """
    if binding.gguf:
        raise of_one_file(binding)
    folder = located(binding)
    check_plain(folder, binding)
    check_pin(folder, binding)
    return folder


def located(binding: Binding) -> Path:
    """Return where the model is, whatever lies there. Raises ModelUnavailable."""
    if binding.model.startswith(WHEEL):
        return folder_in_wheel(binding)
    path = Path(binding.home).expanduser()
    if path.is_dir():
        return path
    if path.is_absolute() or binding.model.startswith((".", "~")):
        raise unavailable(binding, f"There is no folder {binding.home}", "Correct the path in the configuration.")
    return folder_in_cache(binding)


def folder_in_wheel(binding: Binding) -> Path:
    """Return a folder inside an installed package, found without importing the package."""
    package, _, inner = binding.home.removeprefix(WHEEL).partition("/")
    spec = find_spec(package)
    roots = list(spec.submodule_search_locations or ()) if spec else []
    for root in roots:
        if (Path(root) / inner).is_dir():
            return Path(root) / inner
    raise unavailable(binding, f"The package {package} is not installed", "Install Parley with its starter extra.")


def folder_in_cache(binding: Binding) -> Path:
    """Return where a pull put the binding's revision: the owner's folder, or the Hub's own cache."""
    from huggingface_hub import snapshot_download  # noqa: PLC0415 - for those who pulled a model
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError  # noqa: PLC0415

    from nlp.hub.revisions import locked, places  # noqa: PLC0415 - as above

    revision = locked(binding) or binding.revision or None
    for place in places(binding):
        try:
            return Path(snapshot_download(binding.home, revision=revision, cache_dir=place, local_files_only=True))
        except (LocalEntryNotFoundError, HfHubHTTPError, HFValidationError, OSError):
            continue
    raise unavailable(binding, f"{binding.model} is not on this machine", "Fetch it with `parley models pull`.")


def check_plain(folder: Path, binding: Binding) -> None:
    """Refuse a folder with a pipe, a device or a socket in it, which would be read for ever, or with a huge text."""
    steps = [path for path in folder.iterdir() if path.is_dir() and STEP.fullmatch(path.name)]
    for path in (each for place in (folder, *steps) for each in place.iterdir()):
        try:
            facts = path.stat()
        except OSError:
            continue  # a broken link: whoever needs the file says that it isn't there
        if not stat.S_ISREG(facts.st_mode) and not stat.S_ISDIR(facts.st_mode):
            raise refused(
                binding, f"holds {path.name}, which isn't a plain file", "Delete it, or pull the model again."
            )
        longest = LONGEST_CONFIG if path.name in CONFIGS else LONGEST_TEXT
        if path.suffix in TEXTS and facts.st_size > longest:
            raise refused(binding, f"holds {path.name} of {facts.st_size >> 20} MB", "Pull it again.")


def check_pin(folder: Path, binding: Binding) -> None:
    """Refuse a folder in which any file isn't the pinned one. Raises ModelRefused."""
    if not binding.sha256 or holds(folder, binding.sha256):
        return
    if is_of_weights_alone(folder, binding.sha256):
        raise refused(
            binding,
            "is pinned by one file alone, which says nothing of its configuration, tokenizer and other weights",
            f'If you trust what is there now, pin it all: sha256 = "{pin_of(folder)}".',
        )
    raise refused(binding, "does not have the expected SHA-256", "Install or pull it again.")


def check_folder(folder: Path, binding: Binding) -> None:
    """Refuse a folder that must not or can't be loaded. Raises ModelRefused saying why."""
    for file in check_sizes(folder, binding):
        check_finite(file, binding)


def check_sizes(folder: Path, binding: Binding) -> list[Path]:
    """Return the files of weights, after looking at all but their numbers. Raises ModelRefused."""
    config = read_config(folder, binding)
    refuse_code(folder, binding)
    files = sorted({*weight_files(folder, binding), *folder.glob("*.safetensors")})  # whichever of them is read
    for file in files:
        check_weights(file, binding)
    if asked := too_large(config, files):
        raise refused(binding, f"has a configuration that its weights don't fit ({asked})", "Pull it again.")
    return files


def refuse_code(folder: Path, binding: Binding) -> None:
    """Refuse a module of somebody else's that a configuration names."""
    for file in sorted(folder.glob("*config*.json")):
        if names_code(file):
            raise refused(binding, "wants to run code of its own", "Choose a model of a transformers architecture.")


def names_code(file: Path) -> bool:
    """Return whether a configuration names a module of its own, however the key is spelt.

    Nothing reads what isn't JSON.
    """
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
    """Return the folder's config.json."""
    try:
        config = json.loads(read_plain(folder / "config.json", LONGEST_CONFIG))
    except (OSError, ValueError, RecursionError) as error:
        raise refused(binding, "has no readable config.json", "Pull it again.") from error
    if not isinstance(config, dict):
        raise refused(binding, "has no readable config.json", "Pull it again.")
    return config


def read_plain(file: Path, longest: int) -> bytes:
    """Return what a plain file holds. Raises OSError for a pipe or a device, and for more bytes than `longest`."""
    opened = os.open(file, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    with os.fdopen(opened, "rb") as stream:
        facts = os.fstat(stream.fileno())
        if not stat.S_ISREG(facts.st_mode) or facts.st_size > longest:
            raise OSError(f"{file.name} isn't a plain file of at most {longest} bytes")
        return stream.read(longest)


def weight_files(folder: Path, binding: Binding) -> Iterator[Path]:
    """Yield the safetensors files a folder promises, each of them there."""
    names = [WEIGHTS]
    if (folder / INDEX).exists():
        try:
            index = json.loads((folder / INDEX).read_text(encoding="utf-8"))
            names = sorted({str(name) for name in index["weight_map"].values()})
        except (OSError, ValueError, LookupError, AttributeError, TypeError) as error:
            raise refused(binding, "has a damaged index of weights", "Pull it again.") from error
    elif not (folder / WEIGHTS).exists() and any(file.suffix in PICKLES for file in folder.iterdir()):
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


def check_finite(file: Path, binding: Binding) -> None:
    """Refuse weights that hold infinity or NaN: such a model answers with nothing else."""
    try:
        broken = first_broken(file)
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise refused(binding, f"has a damaged {file.name}", "Pull it again.") from error
    if broken:
        raise refused(binding, f"has weights that aren't finite numbers ({broken})", "Pull or train it again.")


def unavailable(binding: Binding, what: str, remedy: str) -> ModelUnavailable:
    """Return an error for files that aren't there."""
    return ModelUnavailable(binding.task, f"{what}{off(binding)}.", remedy)


def options_of(kind: Callable[..., Options], binding: Binding, whose: str) -> Options:
    """Return a binding's options as the family of models that are called `whose` names them. Raises ModelRefused."""
    try:
        return kind(**binding.options)
    except TypeError as error:
        raise refused(binding, f"has an option that {whose} don't know", "See `parley docs models`.") from error


def of_one_file(binding: Binding) -> ModelRefused:
    """Return an error for a GGUF file that another family than that of causal models is bound to."""
    return refused(
        binding, f"is a GGUF file, which {binding.family} doesn't read", 'Bind safetensors, or set family = "causal".'
    )


def refused(binding: Binding, why: str, remedy: str) -> ModelRefused:
    """Return an error for files that are there and won't do."""
    return ModelRefused(binding.task, f"{binding.name} {why}{off(binding)}.", remedy)


def off(binding: Binding) -> str:
    """Return what follows of a model's absence, "" where it isn't bound to a task."""
    return f", so {binding.task} is off" if binding.task != UNBOUND else ""
