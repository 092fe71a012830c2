"""Fits the weights of bot/summaries/worth.py: `python benchmarks/fit_worth.py facts.jsonl`.

The file is of the form that `parley eval keyfacts` reads; a message is worth telling where it holds a fact that a
colleague must know. Prints how well it ranks messages of conversations that it wasn't fitted to.
"""

import json
import sys
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import LeaveOneGroupOut, cross_val_predict

from bot.discussions.graph import ReplyGraph
from bot.evaluation.keyfacts import Labelled, read_facts
from bot.summaries.worth import FEATURES, measure

TARGET = Path(__file__).parent.parent / "bot" / "summaries" / "worth.json"
STRENGTH = 0.3  # of the fit against the weights' size


def main(path: Path) -> None:
    """Fit, print and write."""
    conversations = read_facts(path)
    rows = np.concatenate([measure(ReplyGraph.of(each.messages)) for each in conversations])
    told = np.concatenate([labels(each) for each in conversations])
    groups = np.repeat(np.arange(len(conversations)), [len(each.messages) for each in conversations])
    model = LogisticRegression(C=STRENGTH, max_iter=1_000)
    guessed = cross_val_predict(model, rows, told, groups=groups, cv=LeaveOneGroupOut(), method="predict_proba")
    print(f"{told.sum()} of {len(told)} messages; area under the curve {roc_auc_score(told, guessed[:, 1]):.3f}")
    model.fit(rows, told)
    document = {
        "weights": dict(zip(FEATURES, model.coef_[0].round(3).tolist(), strict=True)),
        "constant": round(float(model.intercept_[0]), 3),
        "provenance": {
            "command": "python benchmarks/fit_worth.py facts.jsonl",
            "data": "Ubuntu IRC, jkkummerfeld/irc-disentanglement 82ed04f, CC BY 4.0: nine parts of the training logs, "
            "labelled with the facts that a colleague must know before any summary was seen",
            "conversations": [each.title for each in conversations],
        },
    }
    TARGET.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


def labels(each: Labelled) -> np.ndarray:
    """Whether each message holds a fact."""
    held = frozenset().union(*(fact.messages for fact in each.facts))
    return np.array([place in held for place in range(len(each.messages))])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
