# ruff: noqa: RUF001 - signs that look alike are the subject
"""What a translator must not touch comes out as it went in: signs its vocabulary lacks, marks, tags, placeholders."""

import unicodedata
from collections.abc import AsyncIterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp.core import Core
from nlp.jobs import Generated
from nlp.profiles import profile
from nlp.text.masking import altered
from nlp.text.sentences import NO_GLOSSARY, prepared
from nlp.translation.chat import ChatTranslation, translate

SCRIPTS = (
    "привет мир", "γειά σου", "שלום", "مرحبا", "नमस्ते", "হ্যালো", "ਸਤ ਸ੍ਰੀ", "હેલો", "வணக்கம்", "హలో", "ಹಲೋ", "ഹലോ", "สวัสดี",
    "ສະບາຍດີ", "မင်္ဂလာပါ", "ជំរាបសួរ", "გამარჯობა", "բարև", "你好", "こんにちは", "안녕", "ሰላም",
)  # fmt: skip
SLACK = (
    "*bold*", "_italic_", "~struck~", "`code`", "```block```", "> quote", "&gt; quote", "- item", "• item", "1. item",
    "<https://x.io|label>",
    "<mailto:a@x.io|mail>", "<@U012AB3CD>", "<#C123|name>", "<!here>", "<!subteam^S1>",
    "<!date^1392734382^{date}|Feb>", ":tada:", ":+1::skin-tone-3:", "&amp;", "&lt;",
)  # fmt: skip
DISCORD = (
    "**bold**", "*italics*", "***both***", "__under__", "~~struck~~", "||spoiler||", "# Title", "-# small", ">>> all",
    "[label](https://x.io)", "<t:1618953630:R>", "<@80351110224678912>", "<@&165511591545143296>",
    "<#103735883630395392>",
    "<:mmLol:216154654256398347>",
    "<a:b1nzy:392938283556143104>", "</airhorn:816437322781949972>", "<id:customize>",
    "\\*plain\\*", "``two``",
)  # fmt: skip
PLACEHOLDERS = ("{name}", "{{count}}", "%s", "%(name)s", "%1$s", "${HOME}", "$HOME", "<b>tag</b>", "<br/>", "[Enter]")
SIGNS = "".join(
    char for char in map(chr, range(0x21, 0x2E00)) if char.isprintable() and unicodedata.category(char)[0] in "SP"
)
WORDS = ("the", "boat", "is", "late", "Ana", "não", "às", "Às", "ÀS", "10", "3.5", ".", ",", "?")


def lacks(known: str) -> frozenset[str]:
    """What a vocabulary of plain Latin letters lacks of everything that is tried here."""
    tried = "".join((*SCRIPTS, *SLACK, *DISCORD, *PLACEHOLDERS, SIGNS, *WORDS))
    return frozenset(char for char in tried if not char.isspace() and (char not in known or altered(char)))


SMALL = lacks("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,!?'\"-:;()%&/+=$*_|[]>áàãâéêíóõôúç")
PIECES = st.sampled_from([*SCRIPTS, *SLACK, *DISCORD, *PLACEHOLDERS, *WORDS]) | st.sampled_from(SIGNS)


@settings(deadline=None)
@given(st.lists(PIECES, max_size=12), st.sampled_from(["", " "]))
def test_a_text_that_is_not_changed_is_restored_with_its_spans_in_order(pieces: list[str], between: str):
    text = between.join(pieces)
    sentence = prepared(text, NO_GLOSSARY, SMALL)
    restored = sentence.accepted(Generated(sentence.shown, 1))
    if not text.strip():
        return
    assert restored is not None
    assert restored.casefold().split() == text.casefold().split()
    again = prepared(restored, NO_GLOSSARY, SMALL)
    assert [kept.text for kept in again.kept] == [kept.text for kept in sentence.kept]


@settings(deadline=None)
@given(st.lists(PIECES, max_size=12).map(" ".join))
def test_a_model_is_shown_nothing_that_it_cannot_read(text: str):
    assert set(prepared(text, NO_GLOSSARY, SMALL).shown) & SMALL == set()


def test_a_capital_that_a_vocabulary_lacks_is_shown_in_small():
    sentence = prepared("Às dez", NO_GLOSSARY, frozenset("À"))
    assert sentence.shown == "às dez."
    assert sentence.accepted(Generated("at ten", 1)) == "At ten"


def test_a_model_is_shown_a_whole_sentence_and_its_answer_is_written_as_the_source_is():
    sentence = prepared("who has the key to the boat", NO_GLOSSARY)
    assert sentence.shown == "Who has the key to the boat."
    assert sentence.accepted(Generated("Quem tem a chave do barco.", 1)) == "quem tem a chave do barco"
    question = prepared("eu fico aqui?", NO_GLOSSARY)
    assert (question.shown, question.accepted(Generated("I stay here?", 1))) == ("Eu fico aqui?", "I stay here?")


def test_a_typographers_signs_are_typed_and_set_again():
    sentence = prepared("the “old” pier — it’s shut", NO_GLOSSARY, frozenset("“”—’"))
    assert sentence.shown == 'The "old" pier - it\'s shut.'
    assert sentence.accepted(Generated('o cais "velho" - fechado', 1)) == "o cais “velho” — fechado"


def test_a_sign_that_a_model_drops_is_noticed():
    sentence = prepared("pay $ or % here", NO_GLOSSARY, frozenset())
    assert sentence.accepted(Generated("pague $ aqui", 1)) is None


@pytest.fixture
async def core() -> AsyncIterator[Core]:
    async with Core(profile("starter")) as core:
        yield core


@pytest.mark.starter
async def test_a_vocabulary_says_itself_what_it_lacks(core: Core):
    assert await core.lacking(frozenset("aé1.$€×Àж"), "en", "pt") == frozenset("€×Àж")


@pytest.mark.starter
@pytest.mark.parametrize("pair", [("en", "pt"), ("pt", "en")])
async def test_the_starter_models_keep_every_mark_and_script(core: Core, pair: tuple[str, str]):
    frame = {"en": "We saw {} at the pier today.", "pt": "Vimos {} no cais hoje."}[pair[0]]
    spans = [
        *SCRIPTS,
        *(each for each in PLACEHOLDERS if "tag" not in each),
        "€",
        "£",
        "¥",
        "×",
        "÷",
        "±",
        "½",
        "№",
        "™",
        "→",
        "12 €",
        "£5",
        "3 × 4 = 12",
    ]
    spans += [each for each in (*SLACK, *DISCORD) if each[0] in "<`:\\"]
    made = await translate(core, [frame.format(span) for span in spans], pair[1], languages=[pair[0]] * len(spans))
    lost = [
        span
        for span, each in zip(spans, made, strict=True)
        if not (isinstance(each, ChatTranslation) and (each.text.count(span) == 1 or each.warnings))
    ]
    assert lost == []


@pytest.mark.starter
@pytest.mark.parametrize(
    ("text", "translation"),
    [
        ("*old* news", "*"),
        ("the ~~old~~ **new** pier", "~~ ~~ ** **"),
        ("||the captain|| is ill", "|| ||"),
        ("a <b>new</b> pier", "<b> </b>"),
        ("see [our rules](https://x.io/r) first", "[ ](https://x.io/r)"),
        ("the __old *and* new__ pier", "__ * * __"),
    ],
)
async def test_marks_stay_in_order_around_words(core: Core, text: str, translation: str):
    (made,) = await translate(core, [text], "pt", languages=["en"])
    assert isinstance(made, ChatTranslation)
    assert made.text != text
    at = 0
    for mark in translation.split():
        at = made.text.index(mark, at) + len(mark)
