"""Idioms, phrasal verbs and jargon are said in plain words before a model of a few megabytes takes them by the word."""

import re
from collections.abc import AsyncIterator
from importlib.resources import files

import pytest

from nlp.core import Core
from nlp.profiles import profile
from nlp.translation.chat import ChatTranslation, translate
from nlp.translation.idioms import any_idiom, idioms, in_plain_words

LANGUAGES = ("en", "pt")


@pytest.mark.parametrize(
    ("text", "language", "plain"),
    [
        ("Our website is down again", "en", "Our website is offline again"),
        ("it's raining cats and dogs in Faro", "en", "it's raining heavily in Faro"),
        ("Piece of cake!", "en", "Very easy!"),
        ("CALL IT A DAY", "en", "STOP FOR TODAY"),
        ("a festa deu ruim", "pt", "a festa deu errado"),
        ("dá pra abrir a porta?", "pt", "é possível abrir a porta?"),
        ("chego na quinta", "pt", "chego na quinta-feira"),
        ("na quinta vez ele chegou", "pt", "na quinta vez ele chegou"),
        ("Uploaded the photos, checking the rest now", "en", "I uploaded the photos, I'm checking the rest now"),
        ("Found your umbrella?", "en", "Found your umbrella?"),
        ("Checking the list is dull", "en", "Checking the list is dull"),
        ("Drinks are on me", "en", "I will pay for drinks"),
        ("sumiu a chave do barco de novo", "pt", "a chave do barco sumiu de novo"),
        ("voltou a chover", "pt", "voltou a chover"),
        ("sit down, the book is down there", "en", "sit down, the book is down there"),
    ],
)
def test_an_idiom_becomes_plain_words_and_the_rest_stays(text: str, language: str, plain: str):
    assert in_plain_words(text, language) == plain


def test_what_is_protected_stays():
    text = "`is down` and https://x.io/piece-of-cake and :fingers_crossed:"
    assert in_plain_words(text, "en") == text


def test_a_language_without_a_table_stays():
    assert in_plain_words("das ist mir Wurst", "de") == "das ist mir Wurst"


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_row_is_in_small_letters_and_names_groups_that_it_has(language: str):
    for idiom in idioms(language):
        assert idiom.regex == idiom.regex.strip()
        assert idiom.regex.lower() == idiom.regex
        assert all(int(number) <= idiom.pattern.groups for number in re.findall(r"\\(\d)", idiom.plain))
    assert len({idiom.regex for idiom in idioms(language)}) == len(idioms(language)) > 100


def test_every_row_belongs_to_a_language_with_a_model_that_was_tried():
    rows = (files("nlp.translation") / "idioms.tsv").read_text(encoding="utf-8").splitlines()
    assert {row.split("\t")[0] for row in rows} == set(LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_row_reads_more_of_a_text_than_a_few_words(language: str):
    parsed = any_idiom(language).pattern
    assert not re.search(r"(?<!\\)[.\])][*+](?!\?*\\)", parsed.replace("(?:", ""))


@pytest.fixture
async def core() -> AsyncIterator[Core]:
    async with Core(profile("starter")) as core:
        yield core


@pytest.mark.starter
@pytest.mark.parametrize(
    ("text", "source", "held", "wrong"),
    [
        ("the wiki has been down since noon", "en", "offline", "baixo"),
        ("long story short, they said yes", "en", "resumo", "história"),
        ("a ficha caiu ontem", "pt", "understood", "fell"),
        ("ele sempre pisa na bola, mas mandou bem hoje", "pt", "well", "sent"),
    ],
)
async def test_an_idiom_is_translated_by_its_meaning(core: Core, text: str, source: str, held: str, wrong: str):
    target = {"en": "pt", "pt": "en"}[source]
    (made,) = await translate(core, [text], target, languages=[source])
    assert isinstance(made, ChatTranslation)
    assert held in made.text
    assert wrong not in made.text
