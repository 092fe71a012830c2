"""An encoder with its tokenizer: `nlp.inference.bert`'s where that fits, else whatever AutoModel makes of the files."""

from functools import partial
from pathlib import Path
from typing import Any

from nlp.hub import lora
from nlp.hub.checkpoint import find_folder
from nlp.inference import bert
from nlp.scheduler.family import Binding


def load_encoder(binding: Binding, device: str, adapter: Path | None = None) -> tuple[Any, Any]:
    """Return the model, which says `last_hidden_state` of rows, and the tokenizer that makes rows of texts.

    `adapter` is the folder of a LoRA adapter that is added to the model's weights. Raises ModelUnavailable or
    ModelRefused.
    """
    folder = find_folder(binding)
    if bert.fits(folder, binding):
        return bert.load(folder, binding, device, adapter), bert.Tokenizer(folder)
    from transformers import AutoModel  # noqa: PLC0415 - seconds, for those who bind another architecture

    from nlp.inference.loading import leave, load_model, load_tokenizer  # noqa: PLC0415 - as above

    adapt = partial(lora.merge_into, folder=adapter) if adapter is not None else leave
    return load_model(AutoModel, binding, device, adapt=adapt), load_tokenizer(binding)
