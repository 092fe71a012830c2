"""Finds which earlier message each one answers, by a small network over `bot.discussions.features`.

Two hidden layers, their first one split into what it reads of each message and of each pair, so that 20,000 messages
cost about a second. `replies.json` holds the weights and where they are from; `benchmarks/fit_replies.py` makes it.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.discussions.channel import ChannelLog, Floats
from bot.discussions.features import REACH, Features, features

BACK = np.arange(REACH + 1)
LAYERS = ("own", "others", "pairs", "bias", "hidden", "hidden_bias", "last")


@dataclass(frozen=True, slots=True)
class Network:
    """The weights of the layers by their names."""

    layers: Mapping[str, Floats]
    provenance: Mapping[str, Any]

    def scores(self, given: Features) -> Floats:
        """Return how much speaks for each pair, shape (rows, REACH + 1), minus infinity where there is none."""
        layers = self.layers
        first = given.pairs @ layers["pairs"]
        first += (given.own @ layers["own"] + layers["bias"])[:, None, :]
        first += (given.others @ layers["others"])[given.columns] * (BACK > 0)[:, None]
        np.maximum(first, 0, out=first)
        second = first @ layers["hidden"] + layers["hidden_bias"]
        np.maximum(second, 0, out=second)
        return np.where(given.exists, second @ layers["last"], -np.inf)


@cache
def shipped() -> Network:
    """Return the network that comes with Parley."""
    document = json.loads(Path(__file__).with_name("replies.json").read_text(encoding="utf-8"))
    layers = {name: np.array(document["layers"][name], dtype=np.float32) for name in LAYERS}
    return Network(layers, document["provenance"])


def links(channel: ChannelLog, network: Network) -> tuple[NDArray[np.intp], Floats]:
    """Return the place that each message answers, -1 for one that begins something, and how probable that is.

    Shapes (n,). The channel's messages lie in no thread.
    """
    answered = np.full(len(channel.authors), -1, dtype=np.intp)
    sure = np.zeros(len(channel.authors), dtype=np.float32)
    for given in features(channel):
        scores = network.scores(given)
        back = scores.argmax(axis=1)
        rows = np.arange(given.start, given.start + len(back))
        answered[rows] = np.where(back > 0, rows - back, -1)
        best = scores[np.arange(len(back)), back]
        sure[rows] = 1 / np.exp(scores - best[:, None]).sum(axis=1)
    return answered, sure
