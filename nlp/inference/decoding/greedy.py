"""Greedy decoding: one token a step for every row, and rows that ended leave the batch.

The tokens are those of `generate(num_beams=1, do_sample=False)` for each row alone. What the loop adds is a limit
and a least length per row, cancellation between steps and the dropping of rows, which is what pays in large batches;
moving caches costs too, so that a tenth of the rows go at a time.
Knows rows and rules; a `Writer` knows the model. Knows no texts.
"""

from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, Protocol

import torch
from transformers import LogitsProcessorList

from nlp.inference.tokens import best

NEVER = float("-inf")
KEEP_SHARE = 0.9  # a batch shrinks once fewer of its rows than this still write


def goes_on(_: Sequence[int]) -> bool:
    """Return the listener of a row that ends by itself."""
    return False


@dataclass(slots=True)
class Row:
    """One sequence being written.

    It takes at most `limit` tokens and no end before `least` of them; `first` is forced upon it where given. `heard`
    gets all its tokens after each one and ends the row by returning True. `cut` says that the limit ended it.
    """

    limit: int
    least: int = 0
    first: int | None = None
    heard: Callable[[Sequence[int]], bool] = goes_on
    ids: list[int] = field(default_factory=list)
    ended: bool = False
    cut: bool = False

    def take(self, token: int, ends: frozenset[int]) -> None:
        """Add a token; an end token ends the row and isn't kept."""
        if token in ends:
            self.ended = True
            return
        self.ids.append(token)
        self.cut = len(self.ids) >= self.limit
        self.ended = self.heard(self.ids) or self.cut


class Writer(Protocol):
    """A model in the middle of writing a batch. Its rows lie in groups of `sizes`, and stay in them."""

    @property
    def sizes(self) -> Sequence[int]:
        """Return rows of each group, in their order."""
        ...

    def step(self, newest: torch.Tensor) -> torch.Tensor:
        """Read the newest tokens (rows, n) and return float scores of the next one, (rows, vocabulary)."""
        ...

    def pick(self, newest: torch.Tensor, never: Sequence[int]) -> torch.Tensor:
        """Read the newest tokens and return the likeliest next one of each row that isn't among `never`, (rows,)."""
        ...

    def keep(self, rows: torch.Tensor) -> None:
        """Go on with these rows alone, in this order."""
        ...


class Rules:
    """Holds what a generation config forbids or forces, for one batch.

    Tokens that are never allowed, least lengths and forced tokens are handled here per row, without a copy of the
    scores; whatever else the config asks for (n-grams, penalties, words) is done by transformers' own processors.
    """

    def __init__(
        self,
        model: Any,
        config: Any,
        start: torch.Tensor,
        source: torch.Tensor | None = None,
        mask: torch.Tensor | None = None,
    ) -> None:
        self._model = model
        self._start = start.shape[1]
        self._source = source  # an encoder's input
        self._mask = mask  # a prompt's padding
        self.ends = frozenset(as_tuple(config.eos_token_id))
        self._end_ids = sorted(self.ends)
        self._forced_end = next(iter(as_tuple(config.forced_eos_token_id)), None)
        self._rest = deepcopy(config)
        self._never = self._take_over(self._rest)
        self._processors = self._build()

    def _take_over(self, config: Any) -> list[int]:
        """Clear from the config what is handled here, and return the tokens that are never allowed."""
        words = [list(word) for word in config.bad_words_ids or ()]
        never = {word[0] for word in words if len(word) == 1} - self.ends | set(config.suppress_tokens or ())
        config.bad_words_ids = [word for word in words if len(word) > 1] or None
        config.suppress_tokens = config.forced_bos_token_id = config.forced_eos_token_id = None
        config.min_length = config.min_new_tokens = None
        config.do_sample, config.num_beams = False, 1
        return sorted(never)

    def _build(self) -> LogitsProcessorList:
        config = deepcopy(self._rest)
        device = self._model.device
        self._model._prepare_special_tokens(config, device=device)  # noqa: SLF001 - the public door is generate alone
        return self._model._get_logits_processor(  # noqa: SLF001 - as above
            config,
            input_ids_seq_length=self._start,
            encoder_input_ids=self._source,
            device=device,
            model_kwargs={"attention_mask": self._mask},
        )

    def keep(self, rows: torch.Tensor) -> None:
        """Go on with these rows alone; processors that know the rows are made anew."""
        if self._processors:
            self._source = None if self._source is None else self._source[rows]
            self._mask = None if self._mask is None else self._mask[rows]
            self._processors = self._build()

    @property
    def plain(self) -> bool:
        """Return whether the likeliest token is always the next one."""
        return not (self._processors or self._never or self._forced_end is not None)

    def next(self, writer: Writer, history: torch.Tensor, newest: torch.Tensor, rows: Sequence[Row]) -> torch.Tensor:
        """Return the next token of each row, shape (rows, 1). `history` is all they have so far."""
        written = history.shape[1] - self._start
        early = [place for place, row in enumerate(rows) if written < row.least and not row.ended]
        if early or self._processors:
            tokens = self._choose(history, writer.step(newest), early)
        else:
            tokens = writer.pick(newest, self._never)
        for place, token in self._forced(rows, written):
            rows[place].cut = written > 0 and int(tokens[place]) != token
            tokens[place] = token
        return tokens.unsqueeze(1)

    def _choose(self, history: torch.Tensor, scores: torch.Tensor, early: Sequence[int]) -> torch.Tensor:
        """Return the likeliest tokens by all rules; the rows at the places `early` may not end.

        `scores` is overwritten.
        """
        if early and self._end_ids:
            scores[torch.tensor(early)[:, None], torch.tensor(self._end_ids)] = NEVER
        if self._processors:
            scores = self._processors(history, scores.float())
        return likeliest(scores, self._never)

    def _forced(self, rows: Sequence[Row], written: int) -> list[tuple[int, int]]:
        """Return the places whose next token isn't free, and that token."""
        if written == 0:
            return [(place, row.first) for place, row in enumerate(rows) if row.first is not None]
        if self._forced_end is None:
            return []
        return [(place, self._forced_end) for place, row in enumerate(rows) if written == row.limit - 1]


@torch.inference_mode()
def decode(
    writer: Writer, start: torch.Tensor, rows: Sequence[Row], rules: Rules, cancelled: Callable[[int], bool]
) -> None:
    """Write every row until it ends or `cancelled(its place)`. `start` (rows, n) is what the model reads first."""
    live = list(range(len(rows)))
    newest = history = start
    while True:
        newest = rules.next(writer, history, newest, [rows[i] for i in live])
        for i, token in zip(live, newest[:, 0].tolist(), strict=True):
            if not rows[i].ended:
                rows[i].take(token, rules.ends)
                rows[i].ended = rows[i].ended or cancelled(i)
        history = torch.cat([history, newest], 1)
        ended = [rows[i].ended for i in live]
        if all(ended):
            return
        if ended.count(False) < KEEP_SHARE * len(live):
            order = stay(ended, writer.sizes)
            live = [live[place] for place in order]
            kept = torch.tensor(order, device=start.device)
            newest, history = newest[kept], history[kept]
            writer.keep(kept)
            rules.keep(kept)


def likeliest(scores: torch.Tensor, never: Sequence[int]) -> torch.Tensor:
    """Return the best token of each row, (rows,).

    `scores` (rows, vocabulary) is overwritten where a token is forbidden.
    """
    if never:
        scores[:, list(never)] = NEVER
    return best(scores)


def stay(ended: Sequence[bool], sizes: Sequence[int]) -> list[int]:
    """Return the places of the rows that go on, group by group.

    In each group only the last ones move, into the places of those that ended.
    """
    order: list[int] = []
    start = 0
    for size in sizes:
        going = [place for place in range(start, start + size) if not ended[place]]
        within = start + len(going)
        spare = iter([place for place in going if place >= within])
        order += [next(spare) if ended[place] else place for place in range(start, within)]
        start += size
    return order


def as_tuple(ids: int | Sequence[int] | None) -> tuple[int, ...]:
    """Return token ids of a config, which may name one, several or none."""
    if ids is None:
        return ()
    return (ids,) if isinstance(ids, int) else tuple(ids)
