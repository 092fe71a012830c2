"""The tokenizer of the Firefox models: one SentencePiece model, or one for each side.

A vocabulary's ids are SentencePiece's own: the end of a sentence is 0, an unknown piece is 1. Files may be gzip.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sentencepiece import SentencePieceProcessor
from transformers import PreTrainedTokenizer

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


class FirefoxTokenizer(PreTrainedTokenizer):
    """Text to the source side's ids, and the target side's ids to text.

    `encode_texts` and `decode_rows` are the direct way that inference takes; the rest serves transformers' own
    interface. A padded position holds END and is masked.
    """

    vocab_files_names = FILES
    model_input_names = ("input_ids", "attention_mask")

    def __init__(self, source_spm: str, target_spm: str | None = None, **settings: Any) -> None:
        self.source = read_pieces(Path(source_spm))
        same = target_spm is None or Path(target_spm) == Path(source_spm)
        self.target = self.source if same else read_pieces(Path(str(target_spm)))
        special = {"eos_token": "</s>", "pad_token": "</s>", "unk_token": "<unk>"}
        super().__init__(**(special | settings))

    def encode_texts(self, texts: Sequence[str]) -> list[list[int]]:
        """Ids of each text, ending with END. A lone surrogate becomes a question mark."""
        clean = [text.encode("utf-8", "replace").decode() for text in texts]
        return [[*ids, END] for ids in self.source.encode(clean)]

    def decode_rows(self, rows: Sequence[Sequence[int]]) -> list[str]:
        """Text of each row of target ids, up to its END."""
        return self.target.decode([list(row[: row.index(END)] if END in row else row) for row in rows])

    @property
    def vocab_size(self) -> int:
        """Pieces of the source side."""
        return int(self.source.get_piece_size())

    def get_vocab(self) -> dict[str, int]:
        """Pieces of the source side and their ids."""
        return {self.source.id_to_piece(i): i for i in range(self.vocab_size)}

    def build_inputs_with_special_tokens(
        self, token_ids_0: list[int], token_ids_1: list[int] | None = None
    ) -> list[int]:
        """Ends a sentence."""
        return [*token_ids_0, *(token_ids_1 or []), END]

    def save_vocabulary(self, save_directory: str, filename_prefix: str | None = None) -> tuple[str, ...]:
        """Write both sides, unpacked."""
        prefix = f"{filename_prefix}-" if filename_prefix else ""
        paths = []
        for name, pieces in zip(FILES.values(), (self.source, self.target), strict=True):
            path = Path(save_directory) / f"{prefix}{name}"
            path.write_bytes(pieces.serialized_model_proto())
            paths.append(str(path))
        return tuple(paths)

    def _tokenize(self, text: str, **_: Any) -> list[str]:
        return self.source.encode(text, out_type=str)

    def _convert_token_to_id(self, token: str) -> int:
        return int(self.source.piece_to_id(token))

    def _convert_id_to_token(self, index: int) -> str:
        return str(self.target.id_to_piece(index))

    def convert_tokens_to_string(self, tokens: list[str]) -> str:
        """Join the target side's pieces."""
        return str(self.target.decode(tokens))
