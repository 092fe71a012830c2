"""A packed E5 of a few pieces and layers, written as the wheel's converter writes it, with random weights."""

import struct
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

WIDTH, LAYERS, HEADS, INNER, POSITIONS = 32, 2, 4, 64, 24
LETTERS = "abcdefghijklmnopqrstuvwxyz:.,éßжя好"
PIECES = ["<s>", "<pad>", "</s>", "<unk>", "▁", "▁query", "▁passage", "▁the", "▁boat", "ing", *LETTERS, "<mask>"]
SCORES = [0.0, 0.0, 0.0, 0.0, -3.0, -6.0, -6.0, -4.0, -7.0, -5.0, *(-8.0 - n / 10 for n in range(len(LETTERS))), 0.0]


def packed(weights: NDArray[np.float32]) -> bytes:
    """Weights as Q4_0 blocks."""
    rows = weights.reshape(-1, 32)
    most = rows[np.arange(len(rows)), np.abs(rows).argmax(1)]
    scales = (most / -8).astype(np.float16)
    inverse = np.divide(1.0, scales.astype(np.float32), out=np.zeros(len(rows), np.float32), where=scales != 0)
    nibbles = np.clip(np.round(rows * inverse[:, None]) + 8, 0, 15).astype(np.uint8)
    return np.hstack([scales.view(np.uint8).reshape(-1, 2), nibbles[:, :16] | nibbles[:, 16:] << 4]).tobytes()


def write(path: Path, *, seed: int = 0, pieces: list[str] | None = None, layers: int = LAYERS) -> Path:
    """Write the file."""
    made = np.random.default_rng(seed)
    texts = [piece.encode() for piece in pieces or PIECES]
    words = len(texts)

    def random(*shape: int) -> NDArray[np.float32]:
        return made.normal(0, 0.3, shape).astype(np.float32)

    tensors: list[tuple[str, int, int, bytes]] = [
        ("emb.word", 1, words * WIDTH, packed(random(words, WIDTH))),
        ("emb.pos", 0, POSITIONS * WIDTH, random(POSITIONS, WIDTH).tobytes()),
        ("emb.type", 0, 2 * WIDTH, random(2, WIDTH).tobytes()),
        ("emb.ln.w", 0, WIDTH, random(WIDTH).tobytes()),
        ("emb.ln.b", 0, WIDTH, random(WIDTH).tobytes()),
    ]
    for n in range(LAYERS):
        for name, out, width in (
            ("q", WIDTH, WIDTH), ("k", WIDTH, WIDTH), ("v", WIDTH, WIDTH), ("ao", WIDTH, WIDTH),
            ("fi", INNER, WIDTH), ("fo", WIDTH, INNER),
        ):  # fmt: skip
            tensors += [
                (f"l{n}.{name}.w", 1, out * width, packed(random(out, width))),
                (f"l{n}.{name}.b", 0, out, random(out).tobytes()),
            ]
        for name in ("aln", "oln"):
            tensors += [(f"l{n}.{name}.{part}", 0, WIDTH, random(WIDTH).tobytes()) for part in "wb"]
    offsets = np.cumsum([0, *map(len, texts)]).astype("<u4")
    scores = np.array([*SCORES, *[-9.0] * words][:words], "<f4")
    head = b"E5S1" + struct.pack("<I7ifi", 1, WIDTH, layers, HEADS, INNER, words, POSITIONS, 2, 1e-12, 32)
    head += struct.pack("<5iQ", words, 0, 2, 1, 3, int(offsets[-1])) + offsets.tobytes() + scores.tobytes()
    head += b"".join(texts) + struct.pack("<iI", 0, 0) + struct.pack("<i", len(tensors))
    entries = sum(2 + len(name) + 21 for name, *_ in tensors)
    at, directory, data = len(head) + entries, b"", b""
    for name, kind, values, content in tensors:
        directory += struct.pack("<H", len(name)) + name.encode()
        directory += struct.pack("<BIQQ", kind, values, at + len(data), len(content))
        data += content
    path.write_bytes(head + directory + data)
    return path
