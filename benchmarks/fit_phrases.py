"""Fits bot/understanding/classifier.py on the phrasings of the tests: `python benchmarks/fit_phrases.py` (20 s).

It sees `phrasings_fitted.txt` and `phrasings_nothing.txt`, the half of the other two files that is not kept out, and as
talk that asks for nothing also every second sentence of the sample workspace and the everyday lines of the translation
tests. Prints how much of what it did not see is understood.
"""

import json
import re
from base64 import b85encode
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

from adapters.chat import Message
from adapters.imports.slack import SlackExport
from bot import sample
from bot.conversation.quoting import sentences
from bot.understanding.classifier import BUCKETS, NOTHING, buckets, guess, skeleton
from bot.understanding.patterns import GREETING
from nlp.text.questions import is_question

ROOT = Path(__file__).parent.parent
TARGET = ROOT / "bot" / "understanding" / "classifier.json"
DATA = ROOT / "tests" / "data"
HALVES = ("phrasings.txt", "phrasings_blind.txt")
WHOLE = ("phrasings_fitted.txt", "phrasings_nothing.txt")
EVERYDAY = "everyday.en-pt.tsv"
BLIND = "phrasings_nothing_blind.txt"
STRENGTH = 30.0  # the inverse of the penalty: the best of 3, 10, 30 by cross-validation
LARGEST = 127
GREETS = re.compile(rf"^{GREETING}(?: \w+){{0,2}}$")  # who greets Parley gets help


def main() -> None:
    """Fit, write and judge."""
    seen = [pair for name in HALVES for pair in phrasings(name, kept_out=False)]
    seen += [pair for name in WHOLE for half in (False, True) for pair in phrasings(name, kept_out=half)]
    seen += [(sentence, NOTHING) for sentence in (*statements()[::2], *everyday())]
    names = sorted({name for _, name in seen})
    model = LogisticRegression(C=STRENGTH, max_iter=5000)
    model.fit(rows([text for text, _ in seen]), [names.index(name) for _, name in seen])
    scale = float(np.abs(model.coef_).max()) / LARGEST
    table = np.round(model.coef_.T / scale).astype(np.int8)
    TARGET.write_text(json.dumps(document(names, model.intercept_.round(3).tolist(), scale, table)) + "\n")
    for name in HALVES:
        judged = [guess(text).name == meant for text, meant in phrasings(name, kept_out=True)]
        print(f"{name}, kept out: {np.mean(judged):.3f} of {len(judged)}")
    blind = [text for half in (False, True) for text, _ in phrasings(BLIND, kept_out=half)]
    for said, texts in ((BLIND, blind), ("the sample workspace, kept out", statements()[1::2])):
        silent = [guess(text).name in {None, NOTHING} for text in texts]
        print(f"{said}: {np.mean(silent):.3f} of {len(silent)} are taken for no wish")


def document(names: list[str], constants: list[float], scale: float, table: np.ndarray) -> dict[str, object]:
    """What the file holds."""
    return {
        "names": names,
        "constants": constants,
        "scale": scale,
        "provenance": {
            "command": "python benchmarks/fit_phrases.py",
            "data": [
                *WHOLE,
                EVERYDAY,
                *(f"{name}: every second line, from the first" for name in HALVES),
                "the sample workspace",
            ],
        },
        "table": b85encode(table.tobytes()).decode(),
    }


def phrasings(name: str, *, kept_out: bool) -> Iterator[tuple[str, str]]:
    """Text and intent of every second line of each section of a file: the first, third … or those kept out."""
    intent, place = "", 0
    for line in (DATA / name).read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            intent, place = line.strip("[]").partition(" ")[2], 0
        elif not line.startswith("#"):
            if place % 2 == kept_out:
                yield line, intent
            place += 1


def statements() -> list[str]:
    """What people say in the sample workspace without asking."""
    said = [each for each in SlackExport().read(sample.path()) if isinstance(each, Message)]
    found = {sentence for message in said if not message.notice for sentence in sentences(message.text)}
    return sorted(sentence for sentence in found if not is_question(sentence) and not GREETS.search(skeleton(sentence)))


def everyday() -> list[str]:
    """What the everyday lines of the translation tests say without asking, in both their languages."""
    lines = (DATA / EVERYDAY).read_text(encoding="utf-8").splitlines()[1:]
    texts = (text for line in lines for text in line.split("\t"))
    return [text for text in texts if not is_question(text) and not GREETS.search(skeleton(text))]


def rows(texts: list[str]) -> csr_matrix:
    """The texts as the classifier reads them, shape (n, BUCKETS): each bucket's share, of unit length together."""
    found = [sorted(buckets(skeleton(text))) for text in texts]
    values = np.concatenate([np.full(len(each), len(each) ** -0.5) for each in found])
    ends = np.cumsum([0, *map(len, found)])
    return csr_matrix((values, np.concatenate(found), ends), shape=(len(texts), BUCKETS))


if __name__ == "__main__":
    main()
