"""Free text that asks for what comes round: a digest or a report, set, stopped or shown, for whom and about what."""

import pytest

from bot.understanding.rounds import comes_round, read

DIGESTS = [
    "send us a digest every Monday at 9",
    "Every Friday at 4pm, post a summary here",
    "we'd like a recap every weekday morning",
    "summarise this channel every Monday at 9",
    "give us a daily summary at 6pm",
    "digest weekly mon 9:00",
    "envia-nos um resumo todas as segundas às 9",
    "quero um resumo diário às 18h",
    "podes mandar-nos um resumo às sextas, todas as semanas?",
    "mándanos un resumen cada lunes a las 9",
    "queremos un resumen todos los viernes",
    "schick uns jeden Montag um 9 Uhr eine Zusammenfassung",
    "wir möchten montags um 9 eine Zusammenfassung",
    "bitte poste jeden Freitag einen Überblick",
    "envoie-nous un résumé tous les lundis à 9h",
    "on voudrait un résumé chaque matin à 8h",
]
ENDS = [
    "stop the digest",
    "cancel the weekly summary",
    "para o resumo semanal",
    "deja de enviar el resumen semanal",
    "stoppe die wöchentliche Zusammenfassung",
    "arrête le résumé hebdomadaire",
]
OTHERS = [
    "digest of the last 200 messages",
    "make me a digest of this week",
    "weekly digest",
    "give me a weekly recap",
    "we send a digest every Monday",
    "who sends the summary every Friday?",
    "send me the summary of every meeting",
    "summarise every thread",
    "send us a summary of the talk from Monday",
    "resume la semana",
    "fass die Woche zusammen",
    "o que se passou todas as segundas?",
]


@pytest.mark.parametrize("words", [*DIGESTS, *ENDS])
def test_a_digest_that_comes_round_is_recognised_in_five_languages(words: str):
    assert comes_round(words) == "digest"


@pytest.mark.parametrize("words", OTHERS)
def test_other_words_about_summaries_ask_for_none_that_comes_round(words: str):
    assert comes_round(words) is None


@pytest.mark.parametrize(
    "words",
    [
        "post a mood report every Monday at 9", "please stop the weekly reports", "report list",
        "publica um relatório de humor todas as sextas", "schick uns jeden Montag einen Stimmungsbericht",
    ],
)  # fmt: skip
def test_a_report_that_comes_round_is_recognised_too(words: str):
    assert comes_round(words) == "report"


@pytest.mark.parametrize(
    ("words", "change"), [("", ""), ("list", ""), *((words, "stopped") for words in ("off", *ENDS))]
)
def test_it_is_shown_or_stopped(words: str, change: str):
    assert read(words).change == change


@pytest.mark.parametrize(
    ("words", "own", "everything", "channels"),
    [
        ("weekly mon 9:00", False, False, ()),
        ("send us a digest every Monday", False, False, ()),
        ("me daily 8:00", True, False, ()),
        ("send me a digest every Monday", True, False, ()),
        ("all weekly mon 9:00", False, True, ()),
        ("everything I may read, daily 8:00", False, True, ()),
        ("weekly mon 9:00 #ops and #dev-boats", False, False, ("ops", "dev-boats")),
        ("weekly <#123456> <#C77|pier>", False, False, ("123456", "C77")),
        ("manda-me um resumo de todos os canais todas as segundas", True, True, ()),
        ("envíame un resumen de todos los canales cada viernes", True, True, ()),
        ("schick mir montags eine Zusammenfassung aller Kanäle", True, True, ()),
        ("envoie-moi un résumé de tous les salons chaque lundi", True, True, ()),
        ("me off", True, False, ()),
    ],
)
def test_it_says_for_whom_it_is_and_about_what(words: str, own: bool, everything: bool, channels: tuple[str, ...]):  # noqa: FBT001 - the case
    found = read(words)
    assert (found.own, found.everything, found.channels) == (own, everything, channels)
