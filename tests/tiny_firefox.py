"""A Firefox model small enough to build in a test: random weights in Marian's binary layout, and a real vocabulary."""

import io
import struct
from pathlib import Path
from typing import Any

import numpy as np
import sentencepiece
import yaml

SENTENCES = [
    "the cat sat on the mat",
    "a dog ran to the big house",
    "we meet at ten today, quickly",
    "o gato viu a casa azul",
    "bom dia",
    "just fix the next job",
]
D, WIDE, LAYERS, HEADS, VOCABULARY = 16, 32, 2, 2, 40
OPTIONS: dict[str, Any] = {
    "type": "transformer", "dec-cell": "ssru", "dec-cell-base-depth": 2, "dec-cell-high-depth": 1, "dec-depth": LAYERS,
    "enc-depth": LAYERS, "dim-emb": D, "dim-vocabs": [VOCABULARY, VOCABULARY], "tied-embeddings-all": True,
    "transformer-decoder-autoreg": "rnn", "transformer-dim-ffn": WIDE, "transformer-ffn-activation": "relu",
    "transformer-ffn-depth": 2, "transformer-heads": HEADS, "transformer-postprocess": "dan",
    "transformer-postprocess-emb": "d", "transformer-preprocess": "", "transformer-tied-layers": [],
}  # fmt: skip
FLOAT32, INT8, TEXT = 0x404, 0x4101, 0x101

Rows = list[tuple[str, int, tuple[int, ...], bytes]]


def write_vocabulary(path: Path, size: int = VOCABULARY) -> Path:
    """Train a real SentencePiece model of `size` pieces."""
    made = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(SENTENCES * 4), model_writer=made, vocab_size=size, model_type="unigram",
        eos_id=0, unk_id=1, bos_id=-1, pad_id=-1, max_sentencepiece_length=6, minloglevel=2,
    )  # fmt: skip
    path.write_bytes(made.getvalue())
    return path


def tensors(seed: int = 0, *, quantised: bool = True) -> Rows:
    """Every tensor that the architecture needs, with random values."""
    random = np.random.default_rng(seed)
    rows: Rows = []

    def matrix(name: str, inputs: int, outputs: int, *, transposed: bool = True) -> None:
        values = random.normal(0, 0.3, (inputs, outputs)).astype(np.float32)
        if not quantised:
            rows.append((name, FLOAT32, (inputs, outputs), values.tobytes()))
            return
        ints = np.clip(np.round(values * 100), -127, 127).astype(np.int8)
        laid = ints.T if transposed else ints
        rows.append((name, INT8, (inputs, outputs), laid.tobytes() + struct.pack("<f", 100.0)))
        rows.append((name + "_QuantMultA", FLOAT32, (1, 1), struct.pack("<f", 20.0)))

    def vector(name: str, size: int, around: float = 0.0) -> None:
        rows.append((name, FLOAT32, (1, size), random.normal(around, 0.1, size).astype("<f4").tobytes()))

    def norm(name: str) -> None:
        vector(f"{name}_ln_scale", D, 1.0)
        vector(f"{name}_ln_bias", D)

    def attention(name: str) -> None:
        for letter in "qkvo":
            matrix(f"{name}_W{letter}", D, D)
            vector(f"{name}_b{letter}", D)
        norm(f"{name}_Wo")

    def feed_forward(name: str) -> None:
        matrix(f"{name}_W1", D, WIDE)
        vector(f"{name}_b1", WIDE)
        matrix(f"{name}_W2", WIDE, D)
        vector(f"{name}_b2", D)
        norm(f"{name}_ffn")

    matrix("Wemb", VOCABULARY, D, transposed=False)
    vector("decoder_ff_logit_out_b", VOCABULARY)
    for i in range(1, LAYERS + 1):
        attention(f"encoder_l{i}_self")
        feed_forward(f"encoder_l{i}_ffn")
        matrix(f"decoder_l{i}_rnn_W", D, D)
        matrix(f"decoder_l{i}_rnn_Wf", D, D)
        vector(f"decoder_l{i}_rnn_bf", D)
        norm(f"decoder_l{i}_rnn_ffn")
        attention(f"decoder_l{i}_context")
        feed_forward(f"decoder_l{i}_ffn")
    return rows


def pack(rows: Rows, options: dict[str, Any] | None = None) -> bytes:
    """The bytes of a model file."""
    raw = yaml.safe_dump(OPTIONS if options is None else options).encode() + b"\0"
    rows = [*rows, ("special:model.yml", TEXT, (len(raw),), raw)]
    names = [name.encode() + b"\0" for name, *_ in rows]
    header = b"".join(
        struct.pack("<QQQQ", len(name), kind, len(shape), len(data))
        for name, (_, kind, shape, data) in zip(names, rows, strict=True)
    )
    shapes = b"".join(struct.pack(f"<{len(shape)}i", *shape) for _, _, shape, _ in rows)
    body = b"".join(data for *_, data in rows)
    return (
        struct.pack("<QQ", 1, len(rows)) + header + b"".join(names) + shapes + struct.pack("<Q", 5) + b"\0" * 5 + body
    )


def write_pair(folder: Path, *, quantised: bool = True) -> Path:
    """A folder with a tiny English to Portuguese pair."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.enpt.intgemm.alphas.bin").write_bytes(pack(tensors(quantised=quantised)))
    write_vocabulary(folder / "vocab.enpt.spm")
    return folder
