"""What somebody wants translated and into which language, in whatever order and language they say it."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.intents import commands
from bot.understanding.parse import parse
from bot.understanding.translations import WantedTranslation, wanted
from nlp.text.names import code_of

WORDS = ("the", "ferry", "lamp", "is", "above", "our", "old", "stairs")


@pytest.mark.parametrize(
    ("words", "text", "language"),
    [
        ("translate The lamp is above the stairs to Portuguese", "The lamp is above the stairs", "pt"),
        ("translate “The ferry is late” into Portuguese?", "The ferry is late", "pt"),
        ('please translate "see you soon" to fr', "see you soon", "fr"),
        ("translate the following to Portuguese: see you at the pier", "see you at the pier", "pt"),
        ("translate into English please: o farol está apagado", "o farol está apagado", "en"),
        ("translate to Brazilian Portuguese: hi", "hi", "pt"),
        ("translate hi to Brazilian Portuguese please", "hi", "pt"),
        ("translate this message into French", "", "fr"),
        ("übersetze ins Englische", "", "en"),
        ("übersetze das bitte ins Portugiesische", "", "pt"),
        ("übersetze »guten Tag« auf Französisch", "»guten Tag«", "fr"),
        ("traduz para inglês: o barco partiu", "o barco partiu", "en"),
        ('traduza "bom dia" para o inglês', "bom dia", "en"),
        ("tradúceme esto al alemán", "", "de"),
        ("traduis en anglais : bonjour", "bonjour", "en"),
        ("to pt-BR hello", "hello", "pt"),
        ("-> de the lamp is red", "the lamp is red", "de"),
    ],
)
def test_the_text_and_its_language_are_found_in_any_order(words: str, text: str, language: str):
    found = wanted(words)
    assert (found.text, code_of(found.languages["to"])) == (text, language)


def test_both_languages_are_found_behind_the_text():
    found = wanted("translate good evening from English into German, please!")
    assert found == WantedTranslation("good evening", {"to": "German", "from": "English"})


@pytest.mark.parametrize("words", ["a good day to everyone", "en route", "she gave it to me", "from the start we knew"])
def test_a_preposition_before_another_word_belongs_to_the_text(words: str):
    assert wanted(words) == WantedTranslation(words, {})


def test_a_language_inside_the_text_stays_in_it():
    assert wanted("to Portuguese: the train to German towns").text == "the train to German towns"


def test_a_language_that_nobody_knows_is_still_the_one_that_was_named():
    assert wanted("translate this to Klingon").languages == {"to": "Klingon"}


@given(
    st.lists(st.sampled_from(WORDS), min_size=2, max_size=8).map(" ".join),
    st.sampled_from(["Portuguese", "German", "Spanish", "inglês", "Französisch"]),
    st.sampled_from(["translate {text} to {to}", "translate to {to}: {text}", 'translate "{text}" into {to}, please',
                     "translate into {to} please: {text}", "translate this to {to}: {text}", "{text} → {to}"]),
)  # fmt: skip
def test_every_order_gives_the_same(text: str, to: str, order: str):
    assert wanted(order.format(text=text, to=to)) == WantedTranslation(text, {"to": to})


@pytest.mark.parametrize(
    ("words", "text", "language"),
    [
        ("how do you say see you soon in Swedish?", "see you soon", "sv"),
        ("wie sagt man bis bald auf Englisch?", "bis bald", "en"),
        ("como se diz até logo em inglês?", "até logo", "en"),
        ("¿cómo se dice hasta luego en inglés?", "hasta luego", "en"),
        ("comment dit-on à bientôt en anglais ?", "à bientôt", "en"),
        ("traduis à bientôt vers l'anglais", "à bientôt", "en"),
        ("translate to Dutch - see you soon", "see you soon", "nl"),
        ("translate to Spanish and French: see you soon", "see you soon", "es"),
    ],
)
def test_free_text_names_the_text_and_its_language(words: str, text: str, language: str):
    meant = parse(words, commands(), datetime(2026, 6, 1, tzinfo=UTC), ZoneInfo("UTC"))
    assert (meant.name, meant.argument, code_of(meant.options["to"])) == ("translate", text, language)
