"""Opens an encoder to adapt: a BERT in a folder of transformers, every layer, or a packed E5, its upper half.

Of the packed one the lower layers stay as they are, so that a running Parley shares them with the embedder.
"""

from pathlib import Path
from typing import Any

from peft import LoraConfig
from torch import nn
from transformers import AutoModel, AutoTokenizer

from nlp.e5.encoder import FILE, build
from nlp.e5.format import read
from nlp.e5.tokenization import XlmrTokenizer

BERT = ("query", "key", "value", "dense")  # linear layers by the names of a stock BERT
PACKED = ("project", "out", "up", "down")  # and by those of this project's


def open_base(base: Path, rank: int, alpha: int) -> tuple[Any, LoraConfig]:
    """Return the encoder in a folder, and which of its layers get an adapter."""
    if is_multilingual(base):
        encoder = build(read(base / FILE))
        for layer in encoder.layers:
            layer.activate = nn.functional.gelu  # in place of the one that overwrites what a gradient needs
        count = len(encoder.layers)
        upper = list(range(count // 2, count))
        return encoder, LoraConfig(
            r=rank, lora_alpha=alpha, target_modules=list(PACKED), layers_to_transform=upper, layers_pattern="layers"
        )
    model = AutoModel.from_pretrained(base, local_files_only=True)
    model.pooler = None  # the mean of the tokens takes its place
    return model, LoraConfig(r=rank, lora_alpha=alpha, target_modules=list(BERT))


def is_multilingual(base: Path) -> bool:
    """Return whether the encoder in a folder is one that reads every language."""
    return (base / FILE).is_file()


def open_tokenizer(base: Path) -> Any:
    """Return what makes rows of token ids of texts, for the encoder in a folder."""
    if is_multilingual(base):
        file = read(base / FILE)
        return XlmrTokenizer(file.pieces, file.sizes.positions)
    return AutoTokenizer.from_pretrained(base, local_files_only=True)
