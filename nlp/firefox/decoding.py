"""Greedy decoding in batches: every row one token a step, and rows that are done leave the batch.

The students are trained on the output of a large model's beam search so that greedy decoding suffices. The whole
vocabulary is searched at every step: Marian's lexical shortlist would make a row's words depend on its neighbours.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from nlp.firefox.modeling import FirefoxNetwork
from nlp.firefox.tokenization import END
from nlp.inference.tokens import likeliest

DONE = -1  # in place of a row's number
KEEP_SHARE = 0.9  # the batch shrinks when fewer of its rows than this still write


@dataclass(slots=True)
class WrittenTokens:
    """Holds a row's ids so far, and the log probability of each."""

    ids: list[int] = field(default_factory=list)
    scores: list[float] = field(default_factory=list)


def nobody(_: int) -> bool:
    """Return False: no row's caller has left."""
    return False


def translate(
    model: FirefoxNetwork, sources: Sequence[Sequence[int]], cancelled: Callable[[int], bool] = nobody
) -> list[list[int]]:
    """Return target ids of each source. A row ends with END unless it reached its limit or `cancelled(row)` said so."""
    return [row.ids for row in decode(model, sources, cancelled)]


@torch.inference_mode()
def decode(
    model: FirefoxNetwork, sources: Sequence[Sequence[int]], cancelled: Callable[[int], bool] = nobody
) -> list[WrittenTokens]:
    """Return what `translate` does, with the log probability of each id."""
    ids, mask = pad(sources, model.device)
    limits = model.limits([len(source) for source in sources])
    state = model.encode(ids, mask)
    positions = model.positions(max(limits) + 1)
    x = torch.zeros_like(state.cells[0]) + positions[0]
    written = [WrittenTokens() for _ in sources]
    rows = list(range(len(sources)))
    for t in range(1, max(limits) + 1):
        tokens, scores = likeliest(model.step(x, state))
        going = write(list(zip(tokens.tolist(), scores.tolist(), strict=True)), rows, written, limits, cancelled)
        if not going:
            break
        if len(going) < len(rows) * KEEP_SHARE:
            kept = torch.tensor(going, device=model.device)
            state, tokens, rows = state.keep(kept), tokens[kept], [rows[place] for place in going]
        x = model.embed(tokens)[:, None] + positions[t]
    return written


def write(
    tokens: Sequence[tuple[int, float]],
    rows: list[int],
    written: list[WrittenTokens],
    limits: Sequence[int],
    cancelled: Callable[[int], bool],
) -> list[int]:
    """Append each place's token to its row and mark the rows that end as DONE. The places that go on."""
    going = []
    for place, (row, (token, score)) in enumerate(zip(rows, tokens, strict=True)):
        if row == DONE:
            continue
        written[row].ids.append(token)
        written[row].scores.append(score)
        if token == END or len(written[row].ids) >= limits[row] or cancelled(row):
            rows[place] = DONE
        else:
            going.append(place)
    return going


def pad(sources: Sequence[Sequence[int]], device: torch.device) -> tuple[Tensor, Tensor]:
    """Return sources as ids and attention mask, both (rows, longest)."""
    longest = max(map(len, sources))
    ids = torch.tensor([[*source, *[END] * (longest - len(source))] for source in sources])
    lengths = torch.tensor([len(source) for source in sources])
    return ids.to(device), (torch.arange(longest) < lengths[:, None]).long().to(device)
