"""Fits the weights of nlp/translation/trust.py on judged lines: `python benchmarks/fit_trust.py` (scikit-learn).

Lines of tests/data/judged.tsv are fitted on as the packaged pair translates them with all steps (parts "fit", of which
the tables of phrases and idioms may know, and "weights", of which they don't) and with none ("raw"); a translation that
is another than the judged one is left out. Lines of the parts "held" and "fresh" are never fitted on; `parley eval
translate --part held` measures on them.

    python benchmarks/fit_trust.py --round-trip

says instead what a check would find that takes each translation back and warns where too few of the source's content
words return: of the wrong ones without a warning, and wrongly of the good ones.
"""

import argparse
import asyncio
import csv
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression

from nlp.core import Core
from nlp.errors import CoreError
from nlp.jobs import Priority
from nlp.profiles import profile
from nlp.text.lexical import content_stems
from nlp.text.sentences import NO_GLOSSARY, prepared
from nlp.translation.chat import find_route, translate
from nlp.translation.clauses import in_clauses
from nlp.translation.idioms import in_plain_words
from nlp.translation.rendering import Task, tried
from nlp.translation.shorthand import spelled_out
from nlp.translation.trust import SIGNS, signs

ROOT = Path(__file__).parent.parent
DATA, TARGET = ROOT / "tests" / "data" / "judged.tsv", ROOT / "nlp" / "translation" / "trust.json"
OTHER = {"en": "pt", "pt": "en"}
PARTS = {"fit", "raw", "weights"}  # which the weights may know
SHARES = (0.2, 0.35, 0.5, 0.65, 0.8)  # of content words that return, below which a round trip would warn
FALSE_ALARMS = 0.15  # of the good translations that are fitted on; fixes the threshold


@dataclass(frozen=True, slots=True)
class Case:
    """A judged translation, and the signs of it."""

    wrong: bool
    good: bool
    signs: tuple[float, ...]


def main() -> None:
    """Fit, write and say how well the fitted half is told apart."""
    rows = [row for row in judged() if row["part"] in PARTS]
    cases = [case for language in OTHER for case in asyncio.run(measured(rows, language))]
    x, wrong = np.array([case.signs for case in cases]), np.array([case.wrong for case in cases])
    good = np.array([case.good for case in cases])
    model = LogisticRegression(C=1.0, class_weight="balanced", max_iter=1_000).fit(x, wrong)
    risks = model.predict_proba(x)[:, 1]
    threshold = float(np.quantile(risks[good], 1 - FALSE_ALARMS))
    parameters = {
        "signs": dict(zip(SIGNS, model.coef_[0].round(3).tolist(), strict=True)),
        "constant": round(float(model.intercept_[0]), 3),
        "threshold": round(threshold, 3),
        "provenance": {
            "command": "python benchmarks/fit_trust.py",
            "data": "tests/data/judged.tsv, parts fit, raw and weights",
            "cases": len(cases),
            "wrong": int(wrong.sum()),
        },
    }
    TARGET.write_text(json.dumps(parameters, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(parameters, indent=2))
    warned = risks >= threshold
    print(f"fitted: {warned[wrong].mean():.2f} of the wrong, {warned[good].mean():.2f} of the good are warned of")


def judged() -> list[dict[str, str]]:
    """Return the judged lines."""
    with DATA.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream, delimiter="\t", quoting=csv.QUOTE_NONE))


async def take_back() -> None:
    """Print what a round trip would find, by the share of content words that must return."""
    returned: list[tuple[str, bool, float]] = []  # the verdict, whether it is warned of today, the share
    async with Core([each for each in profile("starter") if each.task in {"translate", "embed"}]) as core:
        for language, other in OTHER.items():
            rows = [row for row in judged() if row["part"] != "raw" and row["language"] == language]
            texts = [row["text"] for row in rows]
            made = await translate(core, texts, other, languages=[language] * len(rows))
            same = [(row, each) for row, each in zip(rows, made, strict=True) if each.text == row["translation"]]
            there = [each.text for _, each in same]
            back = await translate(core, there, language, languages=[other] * len(there), checked=False)
            returned += [
                (row["judged"], bool(each.warnings), share_returned(row["text"], again.text))
                for (row, each), again in zip(same, back, strict=True)
            ]
    for verdict in "012":
        own = [warned for judged_as, warned, _ in returned if judged_as == verdict]
        print(f"judged {verdict}: {len(own)} lines, {sum(own)} of them warned of today")
    for least in SHARES:
        more = {
            v: [share < least for judged_as, warned, share in returned if judged_as == v and not warned] for v in "02"
        }
        wrong, good = (float(np.mean(more[verdict])) for verdict in "02")
        print(f"below {least}, without a warning today: {wrong:.2f} of the wrong, {good:.2f} of the good")


def share_returned(text: str, back: str) -> float:
    """Return the share of a text's content words that its way back holds, by their stems."""
    here = content_stems(text)
    return len(here & content_stems(back)) / len(here) if here else 1.0


async def measured(rows: Sequence[dict[str, str]], language: str) -> list[Case]:
    """Return the cases of one language whose translation is the judged one."""
    own = [row for row in rows if row["language"] == language]
    pair = (language, OTHER[language])
    async with Core([each for each in profile("starter") if each.task == "translate"]) as core:
        task = Task(core, find_route(core, *pair), NO_GLOSSARY, Priority.BULK)
        sources = [source_of(row, pair) for row in own]
        lacking = await task.lacking(sources)
        made = await tried(task, [prepared(source, NO_GLOSSARY, lacking) for source in sources], lacking)
        bare = await task.through([row["text"] for row in own])
    cases = []
    for row, source, whole, plain in zip(own, sources, made, bare, strict=True):
        raw = None if isinstance(plain, CoreError) else plain
        text, scores = (
            (whole.text, whole.scores) if row["part"] != "raw" else (raw and raw.text, raw.scores if raw else ())
        )
        if text == row["translation"] and scores:
            cases.append(Case(row["judged"] == "0", row["judged"] == "2", signs(source, text, scores, pair)))
    return cases


def source_of(row: dict[str, str], pair: tuple[str, str]) -> str:
    """Return what the model is asked for a line that it translates whole, the line itself where it is asked raw."""
    if row["part"] == "raw":
        return row["text"]
    full = spelled_out(row["text"], pair[0])
    (whole, known), *others = in_clauses(full, pair)
    return row["text"] if others or known else in_plain_words(whole, pair[0])


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--round-trip", action="store_true")
    asyncio.run(take_back()) if options.parse_args().round_trip else main()
