"""The tokenizer of the Firefox models: one SentencePiece model, or one for each side.

A vocabulary's ids are SentencePiece's own: the end of a sentence is 0, an unknown piece is 1. Files may be gzip.
"""

from collections.abc import Sequence
from pathlib import Path

from sentencepiece import SentencePieceProcessor

from nlp.firefox.format import BadFile, read_bytes

END, UNKNOWN = 0, 1
LARGEST_VOCABULARY_FILE = 64 << 20
FILES = {"source_spm": "source.spm", "target_spm": "target.spm"}


def read_pieces(path: Path) -> SentencePieceProcessor:
    """Load a SentencePiece model. Raises BadFile where it isn't one, or isn't one that a Firefox model uses."""
    try:
        pieces = SentencePieceProcessor(model_proto=read_bytes(path, LARGEST_VOCABULARY_FILE))
        size = pieces.get_piece_size()
    except (RuntimeError, ValueError, TypeError) as error:
        raise BadFile("it isn't a SentencePiece vocabulary") from error
    if size < UNKNOWN + 1 or (pieces.eos_id(), pieces.unk_id()) != (END, UNKNOWN):
        raise BadFile("its end of sentence isn't number 0, or its unknown piece isn't number 1")
    return pieces


class Pieces:
    """Text to the source side's ids, and the target side's ids to text."""

    def __init__(self, source: Path, target: Path) -> None:
        self.source = read_pieces(source)
        self.target = self.source if target == source else read_pieces(target)

    def encode_texts(self, texts: Sequence[str]) -> list[list[int]]:
        """Return ids of each text, ending with END. A lone surrogate becomes a question mark."""
        clean = [text.encode("utf-8", "replace").decode() for text in texts]
        return [[*ids, END] for ids in self.source.encode(clean)]

    def decode_rows(self, rows: Sequence[Sequence[int]]) -> list[str]:
        """Return text of each row of target ids, up to its END."""
        return self.target.decode([list(row[: row.index(END)] if END in row else row) for row in rows])
