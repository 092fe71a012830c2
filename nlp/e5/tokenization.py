"""The tokenizer of XLM-R: SentencePiece's NFKC, then the likeliest pieces of a unigram model, between <s> and </s>.

The sentencepiece library does both. Its model is put together from its own normaliser and the packed pieces: a protobuf
message goes on where another ends (https://protobuf.dev/programming-guides/encoding/#last-one-wins), so that nothing
but the pieces has to be written here.
"""

import struct
from collections.abc import Iterator, Sequence

from sentencepiece import SentencePieceNormalizer, SentencePieceProcessor

from nlp.e5.format import Pieces

RULES = "nmt_nfkc"  # XLM-R's own normalisation, https://arxiv.org/abs/1911.02116
UNKNOWN, CONTROL = 2, 3  # kinds of pieces that text never becomes; sentencepiece_model.proto
SPECIAL = frozenset({b"<s>", b"<pad>", b"</s>", b"<mask>"})


class XlmrTokenizer:
    """Texts to rows of token ids. Called as transformers' tokenizers are; keeps no state between calls."""

    def __init__(self, pieces: Pieces, longest: int) -> None:
        self.pad_token_id = pieces.filler
        self.model_max_length = longest
        self._start, self._end = pieces.start, pieces.end
        rules = SentencePieceNormalizer(rule_name=RULES).serialized_model_proto()
        self._inner = SentencePieceProcessor(model_proto=rules + b"".join(messages(pieces)))

    def __call__(self, texts: Sequence[str], *, truncation: bool, max_length: int) -> dict[str, list[list[int]]]:
        """Return `input_ids`, cut to `max_length` tokens with the special ones."""
        # One half of a surrogate pair has no bytes; it reads as an unknown sign.
        rows = self._inner.encode([text.encode("utf-8", "replace").decode() for text in texts], num_threads=1)
        kept = max_length - 2 if truncation else None
        return {"input_ids": [[self._start, *row[:kept], self._end] for row in rows]}


def messages(pieces: Pieces) -> Iterator[bytes]:
    """Yield each piece as field 1 of a ModelProto: its text, its score, and its kind where that isn't plain text."""
    for place, (text, score) in enumerate(zip(pieces.texts, pieces.scores.tolist(), strict=True)):
        kind = UNKNOWN if place == pieces.unknown else CONTROL if text in SPECIAL else 1
        body = bytes((0x0A, len(text))) + text + struct.pack("<BfBB", 0x15, score, 0x18, kind)
        yield bytes((0x0A, len(body))) + body
