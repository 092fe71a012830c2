"""Finds a model's files on this machine, decides whether to trust them, and loads them. Downloads nothing.

A model is a local folder, a Hub id whose pinned revision lies in the local cache, or `wheel:package/folder` inside an
installed package. Only safetensors are read and no code of a model's repository is ever run.
"""

import json
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from huggingface_hub import snapshot_download
from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError
from safetensors import SafetensorError, safe_open
from transformers import AutoTokenizer
from transformers.utils import logging as transformers_logging

from nlp.device import FLASH, choose_attention, choose_device, choose_dtype, settle_threads
from nlp.encoder import streamlined
from nlp.errors import ModelRefused, ModelUnavailable
from nlp.family import Binding
from nlp.probe import fast_arithmetic
from nlp.pulling import locked, places, sha256
from nlp.quantize import Gate, can_round, is_quantized, quantized, quantized_if_close

WHEEL = "wheel:"
WEIGHTS = "model.safetensors"
INDEX = "model.safetensors.index.json"
PICKLES = ("*.bin", "*.pt", "*.pth", "*.pkl", "*.ckpt")
VOCABULARIES = ("tokenizer.json", "vocab*", "*.model", "*.spm")


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


def load_tokenizer(binding: Binding, **options: Any) -> Any:
    """The model's own tokenizer, from local files."""
    folder = find_folder(binding)
    if not any(any(folder.glob(pattern)) for pattern in VOCABULARIES):  # transformers would make up an empty one
        raise refused(binding, "has no vocabulary", "Pull it again.")
    try:
        return AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False, **options)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise refused(binding, "has no tokenizer that transformers can load", "Pull it again.") from error


def leave(_: Any) -> None:
    """What happens to a model whose family changes nothing about it."""


def load_model(
    auto: Any, binding: Binding, device: str, gate: Gate | None = None, adapt: Callable[[Any], None] = leave
) -> Any:
    """The model, on its device, in its dtype, ready to run. `auto` is one of the Auto classes of transformers.

    `adapt` changes its weights before anything depends on them. On a CPU without fast bfloat16, "auto" becomes int8
    for a family that brings a `gate` which the model passes.
    Raises ModelUnavailable if it isn't here, ModelRefused if it can't be trusted or its architecture doesn't fit.
    """
    folder = find_folder(binding)
    check_folder(folder, binding)
    settle_threads()
    transformers_logging.disable_progress_bar()
    transformers_logging.set_verbosity_error()
    place = choose_device(device)
    try:
        model, loading = auto.from_pretrained(
            folder,
            dtype=choose_dtype(binding.dtype, place),
            local_files_only=True,
            trust_remote_code=False,
            use_safetensors=True,
            output_loading_info=True,
        )
    except (OSError, ValueError, KeyError, TypeError, RuntimeError) as error:
        raise refused(binding, f"does not load as a {binding.family}", "Bind another model or family.") from error
    check_complete(loading, binding)
    model = model.eval().requires_grad_(requires_grad=False).to(place)
    adapt(model)
    if choose_attention(model) == FLASH:
        model.set_attn_implementation(FLASH)
    model = streamlined(model)
    if binding.dtype == "int8":
        if place.type != "cpu" or not can_round():
            raise refused(binding, f"can't run in int8 on {place}", "Set its dtype to auto.")
        return quantized(model)
    if gate and binding.dtype == "auto" and may_round(model):
        return quantized_if_close(model, gate)
    return model


def may_round(model: Any) -> bool:
    """Whether int8 would make the model faster where it is."""
    return model.device.type == "cpu" and model.dtype == torch.float32 and fast_arithmetic().int8


def check_complete(loading: dict[str, Any], binding: Binding) -> None:
    """Refuse a checkpoint that lacks the task's own layers, which transformers would fill with random numbers."""
    missing = sorted(loading["missing_keys"]) + sorted(str(key) for key in loading["mismatched_keys"])
    if missing:
        raise refused(
            binding, f"has no weights for {missing[0]}", f"Choose a model that was trained for {binding.task}."
        )


class OnDevice:
    """What every family with a PyTorch model says about it."""

    model: Any

    @property
    def device(self) -> str:
        """Where it runs."""
        return str(self.model.device)

    @property
    def dtype(self) -> str:
        """What its products are computed in."""
        return "int8" if is_quantized(self.model) else str(self.model.dtype).removeprefix("torch.")

    def memory(self) -> int:
        """Bytes of its weights."""
        return weights_size(self.model)


def weights_size(model: Any) -> int:
    """Bytes of a model's parameters and buffers."""
    tensors: list[torch.Tensor] = [*model.parameters(), *model.buffers()]
    return sum(tensor.numel() * tensor.element_size() for tensor in tensors)


def unavailable(binding: Binding, what: str, remedy: str) -> ModelUnavailable:
    """An error for files that aren't there."""
    return ModelUnavailable(binding.task, f"{what}, so {binding.task} is off.", remedy)


def refused(binding: Binding, why: str, remedy: str) -> ModelRefused:
    """An error for files that are there and won't do."""
    return ModelRefused(binding.task, f"{binding.name} {why}, so {binding.task} is off.", remedy)
