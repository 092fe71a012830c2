"""Which part knows which languages, and what a channel in another language gets."""

import re
from pathlib import Path

import pytest
from talk import request, serving, talk

from adapters.platform.words import LANGUAGES as SPOKEN
from bot.conversation.quoting import sentences
from bot.discussions.graph import ReplyGraph
from bot.intents import summarize
from bot.summaries.points import LONGEST, Parts, length, points
from bot.understanding.times.words import LANGUAGES as READ
from nlp.languages.everyday import LISTED
from nlp.text.dialogue_acts import PHRASES
from nlp.text.lexical import FUNCTION_WORDS
from nlp.text.names import name_of

PAGE = (Path(__file__).parent.parent / "docs" / "languages.md").read_text(encoding="utf-8")
ROWS = dict(re.findall(r"^\| (.+?) \| (.+?) \|$", PAGE, re.MULTILINE))
TALKS = {
    "Polish": (
        "Ana: Bramka płatności odrzuca wszystkie karty od siódmej rano.",
        "Bo: Dziennik pokazuje wygasły certyfikat dostawcy kart.",
        "Cy: Nowy certyfikat zainstalujemy przed piątkiem wieczorem, a klientów powiadomimy jutro.",
        "Bo: Serwer bazy danych też wymaga większego dysku w tym tygodniu.",
    ),
    "Japanese": (
        "Ana: 今朝七時から決済ゲートウェイがすべてのカードを拒否しています。証明書の期限切れです。",
        "Bo: 新しい証明書を金曜日の夜までに入れます。",
        "Cy: データベースのサーバーも今週中に大きなディスクが必要です。",
    ),
    "Arabic": (
        "Ana: بوابة الدفع ترفض جميع البطاقات منذ السابعة صباحا.",
        "Bo: يظهر السجل أن شهادة مزود البطاقات منتهية الصلاحية.",
        "Cy: سنثبت الشهادة الجديدة قبل مساء الجمعة.",
    ),
}


def named(row: str) -> set[str]:
    (names,) = (names for part, names in ROWS.items() if part.startswith(row))
    return set(names.split(", "))


@pytest.mark.parametrize(
    ("row", "codes"),
    [
        ("requests in words", READ),
        ("Parley's own sentences", ("en", *SPOKEN)),
        ("words that carry no meaning", FUNCTION_WORDS),
        ("everyday words", [code for code in LISTED if "-" not in code]),
    ],
)
def test_the_page_names_the_languages_of_each_table(row: str, codes: tuple[str, ...]):
    assert named(row) == {name_of(code) for code in codes}


def test_the_page_names_the_languages_of_the_cue_words():
    known = "English decided, Portuguese decidimos, Spanish acordamos, German beschlossen, French convenu"
    cues = dict(each.split() for each in known.split(", "))
    assert named("sections of a summary") == set(cues)
    for cue in cues.values():
        assert any(re.search(phrase, f"we {cue}", re.IGNORECASE) for phrase in PHRASES["decision"])


@pytest.mark.parametrize("lines", TALKS.values(), ids=TALKS)
async def test_a_channel_in_any_language_gets_a_summary_without_sections(lines: tuple[str, ...]):
    async with serving(talk(*lines)) as services:
        summary = await summarize.run(request("summarize"), services)
    assert summary.items
    assert len({item.section for item in summary.items}) == 1
    assert "**" not in summary.reply().text


def test_sentences_end_at_the_stops_of_their_script():
    assert sentences("壊れました。直します。「大丈夫。」と言った。")[1:] == ["直します。", "「大丈夫。」と言った。"]
    assert sentences("هل انتهى؟ نعم.") == ["هل انتهى؟", "نعم."]
    assert sentences("काम हो गया। अब सब ठीक है।") == ["काम हो गया।", "अब सब ठीक है।"]


def test_a_text_without_spaces_is_cut_as_long_as_any_other():
    (point,) = points(Parts.of(ReplyGraph.of(talk("Bo: " + "とても長い文章が続いていて切る必要があります" * 20))))
    assert 0 < length(point.text) <= LONGEST
