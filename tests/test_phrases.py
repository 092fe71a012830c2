"""What free text asks for: right for nearly all phrasings that were kept out while the rules were built."""

import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from talk import request, serving

from adapters.chat import Intent, Window
from bot.intents import commands, help  # noqa: A004 - the intent is called so
from bot.understanding.classifier import NOTHING, guess
from bot.understanding.parse import UNSURE, parse

DATA = Path(__file__).parent / "data"
FILES = ("phrasings.txt", "phrasings_blind.txt")
FITTED = "phrasings_fitted.txt"
NO_WISH = "phrasings_nothing_blind.txt"
NOW = datetime(2026, 4, 15, 14, 30, tzinfo=UTC)  # a Wednesday
ZONE = ZoneInfo("UTC")


def phrasings(file: str, *, kept_out: bool) -> Iterator[tuple[str, str, str]]:
    """Language, intent and text of every second line of each section: the first, third … or those kept out."""
    section, place = ("", ""), 0
    for line in (DATA / file).read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            language, _, name = line.strip("[]").partition(" ")
            section, place = (language, name), 0
        elif not line.startswith("#"):
            if place % 2 == kept_out:
                yield (*section, line)
            place += 1


@pytest.mark.parametrize("file", FILES)
def test_a_file_has_sixty_phrasings_an_intent_in_english_and_twenty_in_four_other_languages(file: str):
    counted = Counter(
        (language, name) for half in (False, True) for language, name, _ in phrasings(file, kept_out=half)
    )
    names = {"summarize", "translate", "ask", "sentiment", "catchup", "help"}
    assert counted == {
        (language, name): 60 if language == "en" else 20
        for language in ("en", "pt", "es", "de", "fr")
        for name in names
    }


@pytest.mark.parametrize("file", FILES)
def test_nothing_that_is_kept_out_was_fitted_on(file: str):
    fitted = {text.casefold().strip("?¿ ") for half in (0, 1) for *_, text in phrasings(FITTED, kept_out=half)}
    assert not fitted & {text.casefold().strip("?¿ ") for *_, text in phrasings(file, kept_out=True)}


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("language", ["en", ""])
def test_at_least_95_percent_of_the_phrasings_that_were_kept_out_are_understood(file: str, language: str):
    kept_out = [each for each in phrasings(file, kept_out=True) if language in {"", each[0]}]
    judged = [guess(text).name == name for _, name, text in kept_out]
    assert sum(judged) / len(judged) >= 0.95


@pytest.mark.parametrize("file", FILES)
def test_no_language_and_no_intent_is_left_behind(file: str):
    judged: dict[tuple[str, str], list[bool]] = {}
    for language, name, text in phrasings(file, kept_out=True):
        judged.setdefault((language, name), []).append(guess(text).name == name)
    assert min(sum(each) / len(each) for each in judged.values()) >= 0.8


@pytest.mark.parametrize("text", ["lol", "ok thanks", "the keys are on the table", "book a table", "🎉", "مرحبا"])
def test_talk_that_asks_for_nothing_is_taken_for_nothing(text: str):
    assert guess(text).name in {None, NOTHING}


def without_wish() -> list[tuple[str, str]]:
    """Language and text of everything that asks for nothing and was not fitted on."""
    return [(language, text) for half in (False, True) for language, _, text in phrasings(NO_WISH, kept_out=half)]


@pytest.mark.parametrize("language", ["en", "pt", "es", "de", "fr"])
def test_at_least_90_percent_of_unseen_chat_that_asks_for_nothing_is_taken_for_no_wish(language: str):
    judged = [guess(text).name in {None, NOTHING} for tongue, text in without_wish() if tongue == language]
    assert len(judged) == 40
    assert sum(judged) / len(judged) >= 0.9


@pytest.mark.parametrize(
    "text",
    [
        "Good bot!",
        "such a clever robot",
        "boa, parley",
        "sehr gut",
        "guter Bot",
        "très bien, parley",
        "muy bien",
        "you rock",
    ],
)
def test_praise_for_a_bot_asks_for_nothing(text: str):
    assert guess(text).name == NOTHING


def test_no_chat_that_asks_for_nothing_was_fitted_on_and_judged():
    file = "phrasings_nothing.txt"
    fitted = [text.casefold() for half in (False, True) for *_, text in phrasings(file, kept_out=half)]
    assert len(fitted) >= 600
    assert not set(fitted) & {text.casefold() for _, text in without_wish()}


@pytest.mark.parametrize(
    "text",
    [
        "please don't recap this channel",
        "there is no need to translate that",
        "I'd rather you didn't summarise this",
        "thank you, lovely recap!",
        "good translation, thanks",
        "I'll summarise the workshop on Friday",
        "we translated the flyer ourselves",
        "Ana is translating the brochure",
        "não precisas de traduzir isso",
        "sem resumo, por favor",
        "no hace falta que resumas el hilo",
        "bitte nichts zusammenfassen",
        "das übersetze ich morgen selbst",
        "pas besoin de traduire le fil",
        "haha ok",
        "please quit posting recaps here",
        "nobody asked you for a digest",
        "just saw your summary",
        "top Zusammenfassung!",
        "não pedi nenhum resumo",
        "je n'ai pas demandé de résumé",
        "okay, merci",
        "passt für mich",
        "a tradução está meio torta",
        "el resumen fue perfecto",
        "deine Übersetzung war klasse",
        "quel résumé interminable",
        "Ida traduz os cartazes, eu resumo o resto",
        "Tom está resumiendo la reunión",
        "laisse la traduction pour demain",
        "niemand braucht diese Zusammenfassungen",
        "ya basta de resúmenes",
        "clever bot",
        "our translation won a prize",
        "o pessoal adorou a tradução, li duas vezes",
        "we posted a short recap on the board",
        "die Gäste fanden die Übersetzung lustig",
        "nous avons lu le résumé hier",
        "mi alemán está oxidado",
        "hoy no necesito nada",
        "🎉🎉 🥳",
        "Ben: back the old file up first",
    ],
)
def test_a_wish_that_is_denied_or_is_none_gets_no_order_done(text: str):
    assert parse(text, commands(), NOW, ZONE).name == "nothing"


@pytest.mark.parametrize(
    "text",
    [
        "why don't you summarise this?",
        "don't forget to translate this to German",
        "I don't speak French, translate this please",
        "don't translate it, just sum it up",
    ],
)
def test_a_denial_of_something_else_hides_no_wish(text: str):
    assert parse(text, commands(), NOW, ZONE).name in {"summarize", "translate"}


@pytest.mark.parametrize("text", ["settings", "settings language German", "privacy forget me", "consent on", "health"])
def test_the_name_of_a_command_is_that_command(text: str):
    assert parse(text, commands(), NOW, ZONE).name == text.split(maxsplit=1)[0]


@pytest.mark.parametrize("text", ["how do i undo this commit", "how do we open the second door"])
def test_how_something_is_done_is_a_question_and_not_a_call_for_help(text: str):
    assert guess(text).name == "ask"


def test_a_thing_for_somebody_is_not_what_they_missed():
    assert guess("please recap the outage for me").name == "summarize"


def test_an_endless_text_costs_no_more_than_its_beginning():
    started = time.perf_counter()
    guess("how do you " * 100_000)
    assert time.perf_counter() - started < 1


@given(st.text(max_size=500))
def test_every_text_has_a_guess(text: str):
    assert 0 <= guess(text).confidence <= 1


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ('how do you say "thank you" in Spanish?', Intent("translate", "thank you", options={"to": "Spanish"})),
        (
            "in French please: the meeting is at ten",
            Intent("translate", "the meeting is at ten", options={"to": "French"}),
        ),
        ("how does this sound: I am not happy", Intent("sentiment", "I am not happy")),
        ("a quick recap of the last 50 messages", Intent("summarize", "", Window(last=50))),
        ("um resumo desde ontem", Intent("summarize", "", Window(since=datetime(2026, 4, 14, tzinfo=UTC)))),
        ("the boats", Intent("help", "the boats", options=UNSURE)),
    ],
)
def test_free_text_becomes_an_intent_with_its_words(text: str, intent: Intent):
    assert parse(text, commands(), NOW, ZONE) == intent


def test_a_command_name_at_the_beginning_does_not_outweigh_the_rest():
    assert parse("help me catch up", commands(), NOW, ZONE).name != "help"


async def test_when_unsure_the_reply_asks_with_a_button_for_each_meaning():
    meant = parse("the boats", commands(), NOW, ZONE)
    asked = request("help", meant.argument)
    async with serving([]) as services:
        unsure = await help.run(type(asked)(meant, asked.place, asked.asker), services)
    reply = unsure.reply()
    assert reply.text.endswith("?")
    assert Intent("ask", "the boats") in [action.intent for action in reply.actions]


@pytest.mark.parametrize(
    "text",
    [
        "faz um resumo no jantar",
        "je veux un résumé",
        "dame un resumen de lo de la fiesta",
        "résume en anglais",
        "summarise the holiday rota",
        "mach uns eine Zusammenfassung auf Spanisch",
        "that recap is too long, make it shorter",
        "I read half of it, I need a summary of the rest",
        "li metade, preciso de um resumo do resto",
    ],
)
def test_an_order_to_sum_up_is_one_whatever_else_it_names(text: str):
    assert guess(text).name == "summarize"
