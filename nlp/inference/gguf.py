"""Reads causal models from GGUF files by the transformers library: tokenizer, chat template, settings and weights.

Weights are unpacked into the binding's arithmetic as they are read, so that everything behind sees an ordinary model.
Nothing beside the file is read, because its pin says nothing of what lies there.
"""

from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from tqdm.auto import tqdm
from transformers import AutoConfig, GgufConfig, PreTrainedTokenizerFast, modeling_gguf_pytorch_utils
from transformers.integrations.gguf import GGUF_ARCHS

from nlp.hub.checkpoint import refused
from nlp.hub.gguf import check_file, find_file
from nlp.scheduler.family import Binding

modeling_gguf_pytorch_utils.tqdm = partial(tqdm, disable=True)  # its bar on stderr heeds no setting of the library
WRITERS = {*modeling_gguf_pytorch_utils.GGUF_SUPPORTED_ARCHITECTURES, *GGUF_ARCHS} - {"t5", "t5encoder", "umt5"}
ERRORS = (OSError, ValueError, LookupError, TypeError, AttributeError, RuntimeError, RecursionError)


def checked_file(binding: Binding) -> Path:
    """Return the file that the binding names, once its header was looked at. Raises ModelUnavailable, ModelRefused."""
    file = find_file(binding)
    check_architecture(check_file(file, binding).architecture, binding)
    return file


def check_architecture(architecture: str, binding: Binding) -> None:
    """Refuse an architecture that transformers doesn't read from such files. Raises ModelRefused."""
    name = architecture.replace("-", "_")
    if not WRITERS & {architecture, name, name.replace("moe", "_moe")}:
        what = f"is of an architecture that transformers doesn't read from GGUF files ({architecture[:40]!r})"
        raise refused(binding, what, "Bind another model, or the same one in safetensors.")


def read_config(file: Path, binding: Binding) -> Any:
    """Return the model's configuration as transformers has it. Raises ModelRefused."""
    try:
        with TemporaryDirectory(prefix="parley-") as nothing:
            return AutoConfig.from_pretrained(nothing, gguf_file=str(file), local_files_only=True)
    except ERRORS as error:
        raise refused(binding, "has settings that transformers can't read", "Bind another model.") from error


def read_tokenizer(file: Path, binding: Binding) -> Any:
    """Return the tokenizer, with the chat template if there is one. Raises ModelRefused."""
    try:
        with TemporaryDirectory(prefix="parley-") as nothing:
            return PreTrainedTokenizerFast.from_pretrained(nothing, gguf_file=str(file), local_files_only=True)
    except ERRORS as error:
        raise refused(binding, "has no tokenizer that transformers can load", "Bind another model.") from error


def read_model(
    auto: Any, file: Path, binding: Binding, dtype: torch.dtype, place: torch.device
) -> tuple[Any, dict[str, Any]]:
    """Return the model, and what its file lacked. Raises ModelRefused."""
    config = read_config(file, binding)
    try:
        with TemporaryDirectory(prefix="parley-") as nothing:
            model, loading = auto.from_pretrained(
                nothing,
                config=config,
                gguf_file=str(file),
                quantization_config=GgufConfig(dequantize=True),  # else kernels for it are fetched from the Hub
                dtype=dtype,
                local_files_only=True,
                device_map=None if place.type == "cpu" else {"": place},
                output_loading_info=True,
            )
    except ERRORS as error:
        raise refused(binding, f"does not load as a {binding.family}", "Bind another model.") from error
    if broken := next((name for name, weight in model.named_parameters() if not bool(weight.isfinite().all())), None):
        raise refused(binding, f"has weights that aren't finite numbers ({broken})", "Pull it again.")
    return model, loading
