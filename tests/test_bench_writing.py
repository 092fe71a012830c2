from pathlib import Path

import tiny_models
from tiny_models import TEXTS

from nlp.bench.natural import Natural, target_tokens
from nlp.bench.writing import generator, translation
from nlp.jobs import Prepared
from nlp.models.seq2seq import Seq2Seq
from nlp.scheduler.family import Binding


def test_both_sides_of_a_comparison_write_the_same_words(tmp_path: Path):
    folder = tiny_models.marian(tmp_path / "marian", forced_eos_token_id=None, max_length=None)
    family = Natural(Seq2Seq.load(Binding("translate", "seq2seq", str(folder), dtype="float32"), "cpu"))
    made = family.prepare([translation(text) for text in TEXTS])
    assert all(isinstance(job, Prepared) for job in made)
    naive = generator(folder, "cpu")
    pairs = [(one, text) for one, text in zip(family.run(made, lambda _: False), TEXTS, strict=True) if one.cut]
    assert len(pairs) > 2
    assert all(one.text == naive(text) for one, text in pairs)


def test_a_text_has_one_length_whenever_it_is_asked_for():
    lengths = [target_tokens(text, 20) for text in TEXTS]
    assert lengths == [target_tokens(text, 20) for text in TEXTS]
    assert all(14 <= length <= 28 for length in lengths)
    assert len(set(lengths)) > 2
