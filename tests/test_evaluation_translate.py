"""Measuring translation on a labelled file."""

from collections.abc import AsyncIterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sacrebleu import corpus_chrf

from adapters.clock import Clock
from bot.errors import UsageError
from bot.evaluation.translate import evaluate, read
from bot.history import HistoryThread
from bot.services import Services
from nlp.core import Core
from nlp.errors import UnsupportedPair
from nlp.scheduler.family import Binding

EVERYDAY = Path(__file__).parent / "data" / "everyday.en-pt.tsv"


@pytest.fixture
async def services() -> AsyncIterator[Services]:
    echo = Binding("translate", "echo", "echo", source="en", target="pt")
    async with HistoryThread(None) as history, Core([echo]) as core:
        yield Services(core, history, Clock().now, ZoneInfo("UTC"))


async def test_the_scores_are_sacrebleus(tmp_path: Path, services: Services):
    file = tmp_path / "pairs.csv"
    file.write_text(
        'en,pt\n"The tide is in again.","A maré subiu de novo."\nIt rains here.,Chove aqui.\n', encoding="utf-8"
    )
    report = await evaluate(file, services, source="en", target="pt")
    made = ["[pt] The tide is in again.", "[pt] It rains here."]
    expected = corpus_chrf(made, [["A maré subiu de novo.", "Chove aqui."]]).score
    assert {figure.name: figure.value for figure in report.figures}["chrF"] == pytest.approx(expected)
    assert report.examples == 2


async def test_a_pair_without_a_model_is_refused(services: Services):
    with pytest.raises(UnsupportedPair):
        await evaluate(EVERYDAY, services, source="pt", target="en")


@pytest.mark.parametrize("content", ["en,pt\n", "en,fr\na,b\n", "en,pt\na,\n", "", "\xff"])
def test_a_file_without_both_columns_is_refused(tmp_path: Path, content: str):
    file = tmp_path / "pairs.csv"
    file.write_bytes(content.encode("latin-1"))
    with pytest.raises(UsageError):
        read(file, "en", "pt")


def test_the_everyday_sentences_are_at_least_two_hundred_pairs():
    texts, references = read(EVERYDAY, "en", "pt")
    assert len(set(texts)) == len(references) >= 200
