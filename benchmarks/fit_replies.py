"""Fits the weights of bot/discussions/links.py: `python benchmarks/fit_replies.py irc/train.zip`.

The network learns, for each annotated message, which of those before it is answered, as a softmax over them and the
message itself. Each log is learnt from twice: as it is, and with its discussions one after the other, without the
names that open messages, and at the pace of slower channels, because most channels aren't as crowded as the corpus.
`parley eval replies --data irc/dev.zip` measures the result on logs that were not learnt from.
"""

import json
import random
import re
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from adapters.chat import Message
from bot.discussions.channel import ChannelLog
from bot.discussions.features import REACH, features
from bot.discussions.links import LAYERS
from bot.evaluation.irc import IrcLog, read_logs

TARGET = Path(__file__).parent.parent / "bot" / "discussions" / "replies.json"
WIDTHS = (48, 24)
EPOCHS, BATCH, RATE, DECAY, DROPPED = 8, 128, 4e-3, 1e-3, 0.1
NEAREST, FURTHER = 24, 4  # candidates of a message in learning: the nearest, and some of the others
OPENING = re.compile(r"^@?[\w|`^{}\[\]\\-]{2,20}[:,] ")
PACES = (1, 3, 10, 60)  # times as slow
NAMED = 0.2  # of the logs told in turn, those that keep the names which open messages
PAUSE = 90.0  # minutes between discussions, at most, at the first pace


def main(path: Path, seed: int = 0) -> None:
    """Fit and write."""
    torch.manual_seed(seed)
    torch.set_num_threads(1)
    logs = read_logs(path)
    draw = random.Random(seed)
    told = [*logs, *(in_turn(log, draw) for log in logs)]
    rows, right = lessons(told, np.random.default_rng(seed))
    given = next(features(ChannelLog.of(logs[0].messages)))
    layers = fit(rows, right, (given.own.shape[1], given.others.shape[1]), seed)
    document = {
        "layers": {name: np.round(layer, 4).tolist() for name, layer in layers.items()},
        "provenance": {
            "command": "python benchmarks/fit_replies.py irc/train.zip",
            "data": "Ubuntu IRC, jkkummerfeld/irc-disentanglement 82ed04f, CC BY 4.0: the training part",
        },
    }
    TARGET.write_text(json.dumps(document) + "\n", encoding="utf-8")


def in_turn(log: IrcLog, draw: random.Random) -> IrcLog:
    """The discussions of a log one after the other, at another pace and without opening names."""
    pace = draw.choice(PACES)
    keeps_names = draw.random() < NAMED
    messages: list[Message] = []
    answers: dict[int, frozenset[int]] = {}
    at = log.messages[0].sent_at
    for discussion in discussions(log):
        places = {old: len(messages) + new for new, old in enumerate(discussion)}
        began = log.messages[discussion[0]].sent_at
        for old in discussion:
            message = log.messages[old]
            text = message.text if keeps_names else OPENING.sub("", message.text)
            messages.append(replace(message, text=text, sent_at=at + pace * (message.sent_at - began)))
            found = frozenset(places[each] for each in log.answers.get(old, ()) if each in places)
            if found:
                answers[places[old]] = found
        at = messages[-1].sent_at + timedelta(minutes=draw.uniform(0, PAUSE) * pace / 3)
    return IrcLog(log.title, tuple(messages), answers)


def discussions(log: IrcLog) -> list[list[int]]:
    """The places of the messages of each discussion, in the order in which they begin."""
    root: dict[int, int] = {}
    for later in sorted(log.answers):
        first = min(log.answers[later])
        root[later] = root.setdefault(first, first) if first != later else later
    found: dict[int, list[int]] = defaultdict(list)
    for place in sorted(root):
        found[root[place]].append(place)
    return sorted(found.values())


def lessons(logs: Sequence[IrcLog], draw: np.random.Generator) -> tuple[NDArray[np.float16], NDArray[np.bool_]]:
    """The features of some candidates of each annotated message, and which are right.

    Shapes (messages, candidates, features) and (messages, candidates).
    """
    parts = [part for log in logs for part in of_log(log, draw)]
    return np.concatenate([rows for rows, _ in parts]), np.concatenate([right for _, right in parts])


def of_log(log: IrcLog, draw: np.random.Generator) -> Iterator[tuple[NDArray[np.float16], NDArray[np.bool_]]]:
    """The same of one log, piece by piece; a message whose answer lies too far back is left out."""
    wanted = np.zeros((len(log.messages), REACH + 1), dtype=bool)
    for later, earlier in log.answers.items():
        for each in earlier:
            wanted[later, min(later - each, REACH)] |= later - each <= REACH
    for given in features(ChannelLog.of(log.messages)):
        right = wanted[given.start : given.start + len(given.own)]
        chosen = np.flatnonzero((right & given.exists).any(axis=1))
        if not len(chosen):
            continue
        further = np.stack([draw.permutation(np.arange(NEAREST, REACH + 1))[:FURTHER] for _ in chosen])
        back = np.concatenate([np.tile(np.arange(NEAREST), (len(chosen), 1)), further], axis=1)
        picked = right[chosen[:, None], back]
        some = picked.any(axis=1)
        chosen, back, picked = chosen[some], back[some], picked[some]
        row = chosen[:, None]
        others = given.others[given.columns[row, back]] * (back > 0)[..., None]
        own = np.broadcast_to(given.own[row], (*back.shape, given.own.shape[1]))
        exists = given.exists[row, back][..., None]
        yield np.concatenate([own, others, given.pairs[row, back], exists], axis=2).astype(np.float16), picked


def fit(
    rows: NDArray[np.float16], right: NDArray[np.bool_], widths: tuple[int, int], seed: int
) -> Mapping[str, NDArray[np.float32]]:
    """The layers under which the answered messages have the greatest probability."""
    width = rows.shape[2] - 1
    sample = rows[::20, :, :width].astype(np.float32).reshape(-1, width)
    mean, scale = torch.from_numpy(sample.mean(0)), torch.from_numpy(sample.std(0) + 1e-3)
    network = torch.nn.Sequential(
        torch.nn.Linear(width, WIDTHS[0]),
        torch.nn.ReLU(),
        torch.nn.Dropout(DROPPED),
        torch.nn.Linear(*WIDTHS),
        torch.nn.ReLU(),
        torch.nn.Dropout(DROPPED),
        torch.nn.Linear(WIDTHS[1], 1, bias=False),
    )
    steps = EPOCHS * (len(rows) // BATCH)
    optimizer = torch.optim.AdamW(network.parameters(), lr=RATE, weight_decay=DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=steps)
    draw = np.random.default_rng(seed)
    for epoch in range(EPOCHS):
        order = draw.permutation(len(rows))
        total = 0.0
        for start in range(0, len(order) - BATCH + 1, BATCH):
            picked = order[start : start + BATCH]
            given = torch.from_numpy(rows[picked].astype(np.float32))
            scores = network((given[..., :width] - mean) / scale)[..., 0]
            scores = scores.masked_fill(given[..., width] == 0, -1e9).log_softmax(1)
            loss = -scores.masked_fill(~torch.from_numpy(right[picked]), -1e9).logsumexp(1).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            total += loss.item()
        print(f"epoch {epoch + 1} of {EPOCHS}: loss {total / (len(order) // BATCH):.4f}", flush=True)
    return unscaled(network, mean, scale, widths)


def unscaled(
    network: torch.nn.Sequential, mean: torch.Tensor, scale: torch.Tensor, widths: tuple[int, int]
) -> Mapping[str, NDArray[np.float32]]:
    """The layers for features as they are, the first one in its three parts."""
    first, second, last = network[0], network[3], network[6]
    weight = (first.weight / scale).detach()
    bias = (first.bias - weight @ mean).detach().numpy()
    parts = np.split(weight.numpy().T, [widths[0], sum(widths)])
    rest = [second.weight.detach().numpy().T, second.bias.detach().numpy(), last.weight.detach().numpy()[0]]
    return dict(zip(LAYERS, [*parts, bias, *rest], strict=True))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
