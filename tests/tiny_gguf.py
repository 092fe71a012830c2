"""Writes a tiny Llama with random weights as a GGUF file, as llama.cpp's own conversion does. No network."""

from pathlib import Path
from typing import Any

import gguf
import numpy as np
import torch
from gguf.quants import dequantize, quantize
from tiny_models import DECODER, TEMPLATE, built
from tokenizers import pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM

SPECIAL = ("<pad>", "<end>", "<|user|>", "<|assistant|>", "<|system|>")
TOKENS = (*SPECIAL, *sorted(pre_tokenizers.ByteLevel.alphabet()), "th")
CONFIG = LlamaConfig(**{**DECODER, "vocab_size": len(TOKENS), "intermediate_size": 64})
NAMES = {
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
    "input_layernorm": "attn_norm",
    "post_attention_layernorm": "ffn_norm",
}
KINDS = gguf.GGMLQuantizationType


def name_of(parameter: str) -> str:
    """What llama.cpp calls a parameter of transformers' Llama."""
    if parameter.startswith("model.layers."):
        _, _, layer, rest = parameter.split(".", 3)
        return f"blk.{layer}.{NAMES[rest.removesuffix('.weight')]}.weight"
    return {"model.embed_tokens": "token_embd", "model.norm": "output_norm", "lm_head": "output"}[
        parameter.removesuffix(".weight")
    ] + ".weight"


def permuted(name: str, weight: Any) -> Any:
    """Rows of queries and keys in the order in which llama.cpp turns them."""
    heads = CONFIG.num_attention_heads if "q_proj" in name else CONFIG.num_key_value_heads
    if "q_proj" not in name and "k_proj" not in name:
        return weight
    return weight.reshape(heads, 2, weight.shape[0] // heads // 2, -1).swapaxes(1, 2).reshape(weight.shape)


def llama(file: Path, kind: Any = KINDS.F32, *, change: Any = None, **settings: Any) -> Any:
    """Write the file; return the model with the same weights. `settings` replace numbers, None leaves one out."""
    model = built(LlamaForCausalLM, CONFIG).eval()
    writer = gguf.GGUFWriter(file, "llama")
    numbers = {
        "context_length": CONFIG.max_position_embeddings,
        "block_count": CONFIG.num_hidden_layers,
        "embedding_length": CONFIG.hidden_size,
        "feed_forward_length": CONFIG.intermediate_size,
        "attention.head_count": CONFIG.num_attention_heads,
        "attention.head_count_kv": CONFIG.num_key_value_heads,
        "rope.dimension_count": CONFIG.head_dim,
        **settings,
    }
    for name, value in numbers.items():
        if value is not None:
            writer.add_uint32(f"llama.{name}", value)
    writer.add_layer_norm_rms_eps(CONFIG.rms_norm_eps)
    writer.add_rope_freq_base(10_000.0)
    writer.add_tokenizer_model("gpt2")
    writer.add_token_list(list(TOKENS))
    writer.add_token_types([3] * len(SPECIAL) + [1] * (len(TOKENS) - len(SPECIAL)))
    writer.add_token_merges(["t h"])
    writer.add_pad_token_id(0)
    writer.add_eos_token_id(1)
    writer.add_chat_template(TEMPLATE)
    if change:
        change(writer)
    for name, parameter in model.named_parameters():
        put(writer, name, parameter, kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return model


def put(writer: Any, name: str, parameter: Any, kind: Any) -> None:
    """Add a tensor in a kind, and let the model compute with what is left of it."""
    weight = parameter.detach().numpy()
    kind = kind if weight.ndim > 1 else KINDS.F32
    rows = quantize(np.ascontiguousarray(permuted(name, weight)), kind)
    writer.add_tensor(name_of(name), rows, raw_dtype=kind)
    parameter.data = torch.from_numpy(np.copy(dequantize(quantize(weight, kind), kind)))
