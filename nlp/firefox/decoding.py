"""Greedy decoding in batches: every row one token a step, and rows that are done leave the batch.

The students are trained on the output of a large model's beam search so that greedy decoding suffices. The whole
vocabulary is searched at every step: Marian's lexical shortlist would make a row's words depend on its neighbours.
"""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from nlp.firefox.modeling import Network
from nlp.firefox.tokenization import END
from nlp.inference.tokens import best

DONE = -1  # in place of a row's number
KEEP_SHARE = 0.9  # the batch shrinks when fewer of its rows than this still write


def nobody(_: int) -> bool:
    """Return False: no row's caller has left."""
    return False


@torch.inference_mode()
def translate(
    model: Network, sources: Sequence[Sequence[int]], cancelled: Callable[[int], bool] = nobody
) -> list[list[int]]:
    """Return target ids of each source. A row ends with END unless it reached its limit or `cancelled(row)` said so."""
    ids, mask = pad(sources, model.device)
    limits = model.limits([len(source) for source in sources])
    state = model.encode(ids, mask)
    positions = model.positions(max(limits) + 1)
    x = torch.zeros_like(state.cells[0]) + positions[0]
    written: list[list[int]] = [[] for _ in sources]
    rows = list(range(len(sources)))
    for t in range(1, max(limits) + 1):
        tokens = best(model.step(x, state))
        going = write(tokens.tolist(), rows, written, limits, cancelled)
        if not going:
            break
        if len(going) < len(rows) * KEEP_SHARE:
            kept = torch.tensor(going, device=model.device)
            state, tokens, rows = state.keep(kept), tokens[kept], [rows[place] for place in going]
        x = model.embed(tokens)[:, None] + positions[t]
    return written


def write(
    tokens: Sequence[int],
    rows: list[int],
    written: list[list[int]],
    limits: Sequence[int],
    cancelled: Callable[[int], bool],
) -> list[int]:
    """Append each place's token to its row and mark the rows that end as DONE. The places that go on."""
    going = []
    for place, (row, token) in enumerate(zip(rows, tokens, strict=True)):
        if row == DONE:
            continue
        written[row].append(token)
        if token == END or len(written[row]) >= limits[row] or cancelled(row):
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
