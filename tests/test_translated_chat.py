"""Lines of chat through the packaged models: none stays untranslated, invents or loses a name without a warning."""

import csv
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from nlp.core import Core
from nlp.profiles import profile
from nlp.text.sentences import NO_GLOSSARY, Glossary
from nlp.translation.chat import ChatTranslation, translate

CHAT = Path(__file__).parent / "data" / "judged.tsv"
OTHER = {"en": "pt", "pt": "en"}

pytestmark = pytest.mark.starter


@pytest.fixture
async def core() -> AsyncIterator[Core]:
    async with Core(profile("starter")) as core:
        yield core


async def one(core: Core, text: str, source: str, glossary: Glossary = NO_GLOSSARY) -> ChatTranslation:
    (made,) = await translate(core, [text], OTHER[source], languages=[source], glossary=glossary)
    assert isinstance(made, ChatTranslation)
    return made


@pytest.mark.parametrize("source", ["en", "pt"])
async def test_no_line_of_chat_stays_as_it_is_without_a_warning(core: Core, source: str):
    with CHAT.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream, delimiter="\t", quoting=csv.QUOTE_NONE))
    texts = [row["text"] for row in rows if row["language"] == source and row["part"] == "held"]
    assert len(texts) >= 100
    made = await translate(core, texts, OTHER[source], languages=[source] * len(texts))
    done = [each for each in made if isinstance(each, ChatTranslation)]
    assert [text for text, each in zip(texts, done, strict=True) if each.text == text and not each.warnings] == []
    assert [each.text for each in done if "(em inglês)" in each.text or each.text == "None"] == []
    assert sum(bool(each.warnings) for each in done) <= len(texts) * 0.4


@pytest.mark.parametrize(
    ("text", "source", "translation"),
    [
        ("Thanks a lot.", "en", "Muito obrigado."),
        ("HURRY UP!", "en", "ANDA LOGO!"),
        ("talvez", "pt", "maybe"),
        ("tmj, galera", "pt", "we're in this together, folks"),
    ],
)
async def test_short_texts_are_not_invented(core: Core, text: str, source: str, translation: str):
    made = await one(core, text, source)
    assert made.text.casefold() == translation.casefold()
    assert made.warnings == ()


async def test_both_halves_of_a_heading_are_translated(core: Core):
    made = await one(core, "Cancel Order - Open Account", "en")
    assert not {"Order", "Open", "Account"} & set(made.text.split())
    assert made.text.count(" - ") == 1


async def test_a_double_negation_that_is_lost_is_warned_of(core: Core):
    made = await one(core, "they couldn't not see the lighthouse", "en")
    twice = made.text.casefold().count("não") > 1 or "deixar de" in made.text
    assert twice or any("negation" in warning for warning in made.warnings)


async def test_words_in_capitals_are_translated(core: Core):
    made = await one(core, "DON'T open the gate!!!", "en")
    assert "gate" not in made.text
    assert "não" in made.text.casefold()


async def test_a_members_name_stays_a_name(core: Core):
    made = await one(core, "Did Summer call the harbour?", "en", Glossary(names=frozenset({"Summer"})))
    assert "Summer" in made.text
    assert "verão" in (await one(core, "The summer was hot.", "en")).text.casefold()


async def test_a_given_name_that_is_a_word_stays_a_name(core: Core):
    assert "Esperança" in (await one(core, "Encontrei a Esperança no cais ontem.", "pt")).text
    assert "hope" in (await one(core, "A esperança é grande.", "pt")).text.casefold()


@pytest.mark.parametrize("name", ["Autumn", "June"])
async def test_a_season_that_joins_a_channel_is_somebody(core: Core, name: str):
    assert name in (await one(core, f"{name} joined the channel", "en")).text


@pytest.mark.parametrize("name", ["Graça", "Salvador", "Estrela"])
async def test_a_name_behind_an_article_stays_and_loses_the_article(core: Core, name: str):
    made = await one(core, f"a {name} pediu as chaves do barco", "pt")
    assert made.text.startswith(name)
