"""Loads models and their tokenizers by the transformers library, from files that `nlp.hub.checkpoint` trusts."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import torch
from transformers import AutoTokenizer
from transformers.utils import is_flash_attn_2_available
from transformers.utils import logging as transformers_logging

from nlp.hub.checkpoint import check_folder, check_sizes, find_folder, refused
from nlp.hub.tokenizer_bounds import check_tokenizer
from nlp.inference.arithmetic import in_int8, packed
from nlp.inference.encoder import streamlined
from nlp.inference.gates import Gate, admitted
from nlp.inference.gguf import checked_file, read_model, read_tokenizer
from nlp.runtime.device import choose_device, choose_dtype, settle_threads
from nlp.runtime.quantize import can_round
from nlp.scheduler.family import Binding

FLASH = "flash_attention_2"  # transformers' name of it
WITHOUT_ADAPTER = {"subfolder": "no-adapter"}  # peft's, which transformers would load by itself, from a pickle too
VOCABULARIES = ("tokenizer.json", "vocab*", "*.model", "*.spm")


def load_tokenizer(binding: Binding, **options: Any) -> Any:
    """Return the model's own tokenizer, from local files."""
    if binding.gguf:
        return read_tokenizer(checked_file(binding), binding)
    folder = find_folder(binding)
    check_sizes(folder, binding)
    check_tokenizer(folder, binding)
    if not any(any(folder.glob(pattern)) for pattern in VOCABULARIES):  # transformers would make up an empty one
        raise refused(binding, "has no vocabulary", "Pull it again.")
    try:
        return AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False, **options)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise refused(binding, "has no tokenizer that transformers can load", "Pull it again.") from error


def leave(_: Any) -> None:
    """Do nothing, for a family that changes nothing about its model."""


def load_model(
    auto: Any, binding: Binding, device: str, gate: Gate | None = None, adapt: Callable[[Any], None] = leave
) -> Any:
    """Return the model, on its device, in its dtype, ready to run. `auto` is one of the Auto classes of transformers.

    `adapt` changes its weights before anything depends on them. On a CPU "auto" becomes what is faster than float32
    for a family that brings a `gate`, if the model passes it; without a gate it is float32 everywhere.
    Raises ModelUnavailable if it isn't here, ModelRefused if it can't be trusted or its architecture doesn't fit.
    """
    settle_threads()
    transformers_logging.disable_progress_bar()
    transformers_logging.set_verbosity_error()
    place = choose_device(device)
    dtype = choose_dtype(binding.dtype, place, kept=gate is None)
    read = reader(auto, binding, dtype, place)

    def load() -> Any:
        model, loading = read()
        check_complete(loading, binding)
        model.eval().requires_grad_(requires_grad=False).to(place)
        adapt(model)
        if choose_attention(model) == FLASH:
            model.set_attn_implementation(FLASH)
        return packed(streamlined(model))

    if binding.dtype == "int8":
        if place.type != "cpu" or not can_round():
            raise refused(binding, f"can't run in int8 on {place}", "Set its dtype to auto.")
        return in_int8(load())
    if gate and binding.dtype == "auto" and place.type == "cpu":
        return admitted(load, gate)
    return load()


def reader(auto: Any, binding: Binding, dtype: torch.dtype, place: torch.device) -> Callable[[], tuple[Any, Any]]:
    """Return what reads the model and says what its files lack. Raises ModelUnavailable or ModelRefused."""
    if binding.gguf:
        return partial(read_model, auto, checked_file(binding), binding, dtype, place)
    folder = find_folder(binding)
    check_folder(folder, binding)
    return partial(read_folder, auto, folder, binding, dtype, place)


def read_folder(
    auto: Any, folder: Path, binding: Binding, dtype: torch.dtype, place: torch.device
) -> tuple[Any, dict[str, Any]]:
    """Return the model as its files say, its weights read straight onto the device that they are for, and what lacks.

    Raises ModelRefused if they don't fit its architecture.
    """
    try:
        return auto.from_pretrained(
            folder,
            dtype=dtype,
            local_files_only=True,
            trust_remote_code=False,
            use_safetensors=True,
            adapter_kwargs=WITHOUT_ADAPTER,
            device_map=None if place.type == "cpu" else {"": place},  # else all of it would lie in memory first
            output_loading_info=True,
        )
    except (OSError, ValueError, KeyError, TypeError, RuntimeError) as error:
        raise refused(binding, f"does not load as a {binding.family}", "Bind another model or family.") from error


def choose_attention(model: Any) -> str:
    """Return how a loaded model should attend: flash attention where it is installed and can serve it, else SDPA.

    Only models that continue texts are served by it: encoders attend in `nlp.inference.encoder`, and the loops over
    encoder-decoders make masks that it doesn't take.
    """
    fits = model.device.type == "cuda" and model.dtype in (torch.float16, torch.bfloat16)
    continues = model.can_generate() and not model.config.is_encoder_decoder
    if fits and continues and model._supports_flash_attn and is_flash_attn_2_available():  # noqa: SLF001 - its only name
        return FLASH
    return "sdpa"


def check_complete(loading: dict[str, Any], binding: Binding) -> None:
    """Refuse a checkpoint that lacks the task's own layers, which transformers would fill with random numbers."""
    missing = sorted(loading["missing_keys"]) + sorted(str(key) for key in loading["mismatched_keys"])
    if missing:
        raise refused(
            binding, f"has no weights for {missing[0]}", f"Choose a model that was trained for {binding.task}."
        )
