"""The tokenizer of XLM-R: SentencePiece's NFKC, then the likeliest pieces of a unigram model, between <s> and </s>.

The sentencepiece library normalises. The pieces are found here, since that library takes over a second and 75 MB to
load 250,000 of them, at every start: a piece begins with ▁ or holds none, so that each word is cut by itself (Viterbi).
What comes out is what the library says.
"""

import math
import re
from array import array
from collections.abc import Iterator, Sequence
from itertools import islice

from sentencepiece import SentencePieceNormalizer

from nlp.e5.format import E5Pieces

RULES = "nmt_nfkc"  # XLM-R's own normalisation, https://arxiv.org/abs/1911.02116
SPECIAL = frozenset({"<s>", "<pad>", "</s>", "<mask>"})  # pieces that text never becomes
RARE = 10.0  # how much less likely than the rarest piece a letter is that none holds; sentencepiece's kUnkPenalty
WORD = re.compile("▁[^▁]*|[^▁]+")


class XlmrTokenizer:
    """Texts to rows of token ids. Called as transformers' tokenizers are; keeps no state between calls."""

    def __init__(self, pieces: E5Pieces, longest: int) -> None:
        self.pad_token_id = pieces.filler
        self.model_max_length = longest
        self._start, self._end, self._unknown = pieces.start, pieces.end, pieces.unknown
        self._ids = {text: place for place, text in enumerate(pieces.texts)}
        for text in SPECIAL | {pieces.texts[pieces.unknown]}:
            self._ids.pop(text, None)
        self._scores = array("f", pieces.scores.tobytes())  # a seventh of the memory of a list
        self._rare = min((self._scores[place] for place in self._ids.values()), default=0.0) - RARE
        self._longest = max(map(len, self._ids), default=1)
        self._normalizer = SentencePieceNormalizer(
            rule_name=RULES, add_dummy_prefix=True, escape_whitespaces=True, remove_extra_whitespaces=True
        )

    def __call__(self, texts: Sequence[str], *, truncation: bool, max_length: int) -> dict[str, list[list[int]]]:
        """Return `input_ids`, cut to `max_length` tokens with the special ones."""
        kept = max_length - 2 if truncation else None
        return {"input_ids": [[self._start, *islice(self._tokens(text), kept), self._end] for text in texts]}

    def _tokens(self, text: str) -> Iterator[int]:
        """Yield the ids of a text's pieces; letters that no piece holds are one unknown together."""
        # One half of a surrogate pair has no bytes; it reads as an unknown sign.
        written = self._normalizer.normalize(text.encode("utf-8", "replace").decode())
        before = -1
        for word in WORD.finditer(written):
            for token in self._cut(word.group()):
                if token != self._unknown or before != self._unknown:
                    yield token
                before = token

    def _cut(self, word: str) -> list[int]:
        """Return the ids of the likeliest pieces of a word."""
        size, ids, scores = len(word), self._ids, self._scores
        best, starts, tokens = [0.0, *[-math.inf] * size], [0] * (size + 1), [self._unknown] * (size + 1)
        for start in range(size):
            for end in range(start + 1, min(start + self._longest, size) + 1):
                token = ids.get(word[start:end], -1)
                if token < 0 and end > start + 1:
                    continue
                score = best[start] + (scores[token] if token >= 0 else self._rare)
                if score > best[end]:
                    best[end], starts[end], tokens[end] = score, start, token if token >= 0 else self._unknown
        found, end = [], size
        while end:
            found.append(tokens[end])
            end = starts[end]
        return found[::-1]
