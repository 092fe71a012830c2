"""How people say when: ranges, ordinals, weekends, edges of months and dates, in five languages."""

import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.chat import EVERYTHING, Typed, Window
from bot.errors import UsageError
from bot.intents import commands
from bot.understanding.parse import Heard, understand
from bot.understanding.times import words as time_words
from bot.understanding.times.windows import moment, unknown_time, window

LISBON = ZoneInfo("Europe/Lisbon")
NOW = datetime(2026, 6, 17, 13, 20, tzinfo=UTC)  # a Wednesday, 14:20 there


def at(month: int, day: int, hour: int = 0, minute: int = 0, year: int = 2026) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=LISBON)


def said(text: str) -> Window:
    meant, rest = window(text, NOW, LISBON)
    assert rest == ""
    return meant


@pytest.mark.parametrize(
    "text",
    [
        "from 3 to 8 April", "3 April \N{EN DASH} 8 April",
        "3\N{EN DASH}8 April", "April 3 to 8", "April 3rd to April 8th", "03/04 to 08/04",
        "between 3 April and 8 April 2026", "vom 3. bis 8. April", "3.-8.4.", "du 3 au 8 avril", "del 3 al 8 de abril",
        "de 3 a 8 de abril", "entre 3 e 8 de abril", "2026-04-03 to 2026-04-08", "since 3 April until 8 April",
        "from the 3rd of April through the 8th of April",
    ],
)  # fmt: skip
def test_a_range_of_days_goes_from_the_start_of_the_first_to_the_end_of_the_last(text: str):
    assert said(text) == Window(since=at(4, 3), until=at(4, 9))


@pytest.mark.parametrize(
    ("text", "since", "until"),
    [
        ("since Thursday last week", at(6, 11), None),
        ("on Friday of last week", at(6, 12), at(6, 13)),
        ("last week on Tuesday", at(6, 9), at(6, 10)),
        ("seit Dienstag letzter Woche", at(6, 9), None),
        ("am Montag vor zwei Wochen", at(6, 1), at(6, 2)),
        ("desde quarta da semana passada", at(6, 10), None),
        ("el viernes de la semana pasada", at(6, 12), at(6, 13)),
        ("depuis jeudi de la semaine dernière", at(6, 11), None),
        ("depuis 8h", at(6, 17, 8), None),
        ("desde las 8h", at(6, 17, 8), None),
        ("depuis 3h", at(6, 17, 11, 20), None),
        ("depuis ce matin à 9h", at(6, 17, 9), None),
        ("since yesterday at 9", at(6, 16, 9), None),
        ("seit gestern Abend um 8", at(6, 16, 20), None),
        ("avant 9h", None, at(6, 17, 9)),
        ("nach 9 Uhr", at(6, 17, 9), None),
        ("over the weekend", at(6, 13), at(6, 15)),
        ("am Wochenende", at(6, 13), at(6, 15)),
        ("no fim de semana", at(6, 13), at(6, 15)),
        ("el fin de semana pasado", at(6, 13), at(6, 15)),
        ("le week-end dernier", at(6, 13), at(6, 15)),
        ("da semana", at(6, 15), None),
        ("de la semaine", at(6, 15), None),
        ("last work week", at(6, 8), at(6, 13)),
        ("the third week of May", at(5, 15), at(5, 22)),
        ("na primeira semana de maio", at(5, 1), at(5, 8)),
        ("la última semana de mayo", at(5, 25), at(6, 1)),
        ("die vierte Maiwoche", at(5, 22), at(5, 29)),
        ("la cinquième semaine de mai", at(5, 29), at(6, 1)),
        ("the second week of this month", at(6, 8), at(6, 15)),
        ("the first week of last month", at(5, 1), at(5, 8)),
        ("2024", at(1, 1, year=2024), at(1, 1, year=2025)),
        ("week before last", at(6, 1), at(6, 8)),
        ("vorletzte Woche", at(6, 1), at(6, 8)),
        ("this quarter", at(4, 1), None),
        ("last quarter", at(1, 1), at(4, 1)),
        ("week 20", at(5, 11), at(5, 18)),
        ("KW 20", at(5, 11), at(5, 18)),
        ("the first half of May", at(5, 1), at(5, 17)),
        ("Dienstagabend", at(6, 16, 18), at(6, 17)),
        ("gestern Mittag", at(6, 16, 11), at(6, 16, 14)),
        ("le 4", at(6, 4), at(6, 5)),
        ("from yesterday to now", at(6, 16), at(6, 17, 14, 20)),
        ("Q1", at(1, 1), at(4, 1)),
        ("the first quarter of 2025", at(1, 1, year=2025), at(4, 1, year=2025)),
        ("October", at(10, 1, year=2025), at(11, 1, year=2025)),
        ("end of May", at(5, 22), at(6, 1)),
        ("Anfang Mai", at(5, 1), at(5, 11)),
        ("2 de março", at(3, 2), at(3, 3)),
        ("le 3 mai", at(5, 3), at(5, 4)),
        ("am 5.3.", at(3, 5), at(3, 6)),
        ("el día 4", at(6, 4), at(6, 5)),
        ("primeiro de maio", at(5, 1), at(5, 2)),
        ("vor drei Tagen", at(6, 14), at(6, 15)),
        ("yesterday evening", at(6, 16, 18), at(6, 17)),
        ("between Monday and Tuesday", at(6, 15), at(6, 17)),
        ("from Friday to Monday", at(6, 12), at(6, 16)),
        ("von Donnerstag bis Samstag", at(6, 11), at(6, 14)),
        ("from 28 December to 3 January", at(12, 28, year=2025), at(1, 4)),
        ("between 9:00 and 11:30", at(6, 17, 9), at(6, 17, 11, 30)),
        ("until Sunday", None, at(6, 15)),
        ("before 2 May", None, at(5, 2)),
    ],
)  # fmt: skip
def test_a_named_time_is_the_window_that_people_mean(text: str, since: datetime | None, until: datetime | None):
    assert said(text) == Window(since=since, until=until)


@pytest.mark.parametrize(
    ("text", "since"),
    [
        ("since the 1st", at(6, 1)),
        ("since the 20th", at(5, 20)),
        ("since the start of the month", at(6, 1)),
        ("desde o início do mês", at(6, 1)),
        ("depuis le début de la semaine", at(6, 15)),
        ("seit Anfang des Jahres", at(1, 1)),
        ("since yesterday evening", at(6, 16, 18)),
        ("desde ontem à noite", at(6, 16, 18)),
        ("depuis hier soir", at(6, 16, 18)),
        ("since Monday at 9am", at(6, 15, 9)),
        ("since 10:30", at(6, 17, 10, 30)),
        ("since 22:30", at(6, 16, 22, 30)),
        ("since 2024", at(1, 1, year=2024)),
        ("since may", at(5, 1)),
    ],
)
def test_since_a_time_starts_when_it_does(text: str, since: datetime):
    assert said(text) == Window(since=since)


@pytest.mark.parametrize(
    ("text", "within"),
    [("the last fortnight", timedelta(14)), ("os últimos quinze dias", timedelta(15)), ("24h", timedelta(1))],
)
def test_a_length_of_time_ends_now(text: str, within: timedelta):
    assert said(text) == Window(within=within)


@pytest.mark.parametrize("word", ["since ", "desde "])
@pytest.mark.parametrize("day", ["2026-11-31", "31 November", "30.02.", "the 40th"])
def test_a_day_that_does_not_exist_is_no_time_and_is_named(word: str, day: str):
    assert moment(day, NOW, LISBON) is None
    meant, rest = window(word + day, NOW, LISBON)
    assert meant == EVERYTHING
    assert day.strip("t.h")[-2:] in unknown_time(rest)


@pytest.mark.parametrize(
    "text",
    ["sum up since the flood", "recap the last sprint", "summarise 31 November", "summarise between 9 and 11",
     "/summarize since 2026-02-30", "how was the mood since the move?", "catch me up since the flood",
     "resume desde a mudança", "fasse alles seit dem Umzug zusammen"],
)  # fmt: skip
def test_a_time_that_nobody_can_read_is_said_and_never_dropped(text: str):
    with pytest.raises(UsageError, match="I don't know that time") as refused:
        understand(Typed(text), Heard(commands(), NOW, LISBON))
    assert "last 50" in refused.value.remedy


def test_an_option_that_is_no_time_is_said():
    with pytest.raises(UsageError, match="I don't know that time: “the flood”"):
        understand(Typed("", "summarize", {"window": "the flood"}), Heard(commands(), NOW, LISBON))


@pytest.mark.parametrize(
    "text",
    [
        "was ist hier los?",
        "may I come?",
        "5 out of 10",
        "version 1.2",
        "a third of the people",
        "what about Friday's party",
    ],
)
def test_words_that_only_look_like_a_time_are_none(text: str):
    meant, rest = window(text, NOW, LISBON)
    assert (meant, rest, unknown_time(rest)) == (EVERYTHING, text, "")


def test_a_day_in_what_a_summary_is_to_be_about_is_no_window():
    meant = understand(Typed("sum up what we said about the October release"), Heard(commands(), NOW, LISBON))
    assert (meant.window, meant.argument) == (EVERYTHING, "about the October release")


@pytest.mark.parametrize(
    ("zone", "day"), [("America/New_York", (3, 8)), ("Europe/Lisbon", (3, 29)), ("Europe/Lisbon", (10, 25))]
)
def test_a_day_on_which_clocks_change_is_whole(zone: str, day: tuple[int, int]):
    there = ZoneInfo(zone)
    noon = datetime(2026, *day, 12, tzinfo=there)
    meant, _ = window("yesterday", noon.astimezone(UTC) + timedelta(days=1), there)
    assert meant == Window(since=noon.replace(hour=0), until=noon.replace(hour=0) + timedelta(days=1))


LANGUAGES = {  # how each names a day of a month, and a range of two
    "en": ("{day} {month}", "from {first} to {last} {month}"),
    "pt": ("{day} de {month}", "de {first} a {last} de {month}"),
    "es": ("{day} de {month}", "del {first} al {last} de {month}"),
    "de": ("{day}. {month}", "vom {first}. bis {last}. {month}"),
    "fr": ("{day} {month}", "du {first} au {last} {month}"),
}
MONTHS = {language: dict(time_words.get_month_names("wide", "format", language)) for language in LANGUAGES}
DAYS = st.dates(date(2024, 1, 1), date(2026, 6, 17))
TONGUES = st.sampled_from(sorted(LANGUAGES))


@given(DAYS, TONGUES)
def test_every_date_in_words_is_that_day(day: date, language: str):
    text = f"{LANGUAGES[language][0]} {day.year}".format(day=day.day, month=MONTHS[language][day.month])
    start = datetime(day.year, day.month, day.day, tzinfo=LISBON)
    assert said(text) == Window(since=start, until=start + timedelta(days=1)) or day == NOW.date()


@given(DAYS, TONGUES)
def test_every_date_without_a_year_is_its_latest_day(day: date, language: str):
    found = moment(LANGUAGES[language][0].format(day=day.day, month=MONTHS[language][day.month]), NOW, LISBON)
    assert found is not None
    there = found.astimezone(LISBON).date()
    assert (there.day, there.month) == (day.day, day.month)
    assert there <= NOW.date()
    assert (there.year >= 2025) or (day.day, day.month) == (29, 2)


@given(st.integers(1, 12), st.integers(1, 28), st.integers(1, 28), TONGUES)
def test_every_range_in_one_month_has_both_its_days(month: int, one: int, other: int, language: str):
    first, last = sorted((one, other))
    text = LANGUAGES[language][1].format(first=first, last=last, month=MONTHS[language][month])
    meant = said(text)
    assert meant.since is not None
    assert meant.until is not None
    start, end = meant.since.astimezone(LISBON), (meant.until - timedelta(hours=1)).astimezone(LISBON)
    assert (start.day, start.month, end.day, end.month) == (first, month, last, month)


@given(st.sampled_from(["", "since ", "seit ", "desde ", "from "]), st.text("0123456789/.-: abcdefstz ", max_size=40))
def test_any_words_after_a_preposition_are_a_window_or_themselves(word: str, text: str):
    meant, rest = window(word + text, NOW, LISBON)
    assert isinstance(meant, Window)
    assert len(rest) <= len(word + text)


def steps(text: str) -> int:
    """How often a pattern of a span was tried."""
    tried = 0

    class Counting:
        def __init__(self, pattern: re.Pattern[str]) -> None:
            self.pattern = pattern

        def match(self, plain: str, start: int) -> re.Match[str] | None:
            nonlocal tried
            tried += 1
            return self.pattern.match(plain, start)

    with pytest.MonkeyPatch.context() as patch:
        from bot.understanding.times import spans  # noqa: PLC0415 - only its table is exchanged

        patch.setattr(spans, "TABLE", tuple((Counting(each), *more) for each, *more in spans.TABLE))
        window(text, NOW, LISBON)
    return tried


@pytest.mark.parametrize("piece", ["since ", "from 1 to ", "the 1st of ", "last ", "monday and ", "12/", "hier "])
def test_twice_as_many_words_take_at_most_twice_the_steps(piece: str):
    once, twice = steps(piece * 20), steps(piece * 40)
    assert twice <= 2.2 * once + 100
    assert steps(piece * 4_000) <= 2.2 * steps(piece * 200) + 100


@pytest.mark.parametrize(
    ("text", "since", "until"),
    [
        ("summarise 2025", at(1, 1, year=2025), at(1, 1)),
        ("recap early June", at(6, 1), at(6, 11)),
        ("summarise the first half of May", at(5, 1), at(5, 17)),
        ("resumo 05.05.2026", at(5, 5), at(5, 6)),
    ],
)
def test_a_time_alone_behind_a_word_for_a_summary_is_what_is_summed_up(text: str, since: datetime, until: datetime):
    intent = understand(Typed(text), Heard(commands(), NOW, LISBON))
    assert (intent.name, intent.window) == ("summarize", Window(since=since, until=until))


@pytest.mark.parametrize("text", ["summarise the past hour and a half", "fasse die Pfingstwoche zusammen"])
def test_a_time_that_is_read_in_part_is_refused(text: str):
    with pytest.raises(UsageError, match="I don't know that time"):
        understand(Typed(text), Heard(commands(), NOW, LISBON))


@pytest.mark.parametrize(
    ("text", "day", "hours"),
    [
        ("8 to 10 am", (6, 17), (8, 10)),
        ("from 11 to 1pm", (6, 17), (11, 13)),
        ("from 15:00 to 18:00", (6, 16), (15, 18)),
        ("yesterday between 8 and 10", (6, 16), (8, 10)),
        ("between 8:00 and 10:00 on Saturday", (6, 13), (8, 10)),
        ("on Monday from 3pm to 5pm", (6, 15), (15, 17)),
        ("das 10h às 12h", (6, 17), (10, 12)),
        ("anteontem das 8 às 10", (6, 15), (8, 10)),
        ("de las 8 a las 10", (6, 17), (8, 10)),
        ("ayer de 15:00 a 17:00", (6, 16), (15, 17)),
        ("ayer de 3 a 5 de la tarde", (6, 16), (15, 17)),
        ("von 8 bis 10 Uhr", (6, 17), (8, 10)),
        ("vorgestern zwischen 8 und 10 Uhr", (6, 15), (8, 10)),
        ("hier de 8h à 10h", (6, 16), (8, 10)),
        ("lundi entre 14h et 16h", (6, 15), (14, 16)),
    ],
)
def test_hours_of_a_day_are_those_of_the_day_beside_them(text: str, day: tuple[int, int], hours: tuple[int, int]):
    assert said(text) == Window(since=at(*day, hours[0]), until=at(*day, hours[1]))


@pytest.mark.parametrize("text", ["from 8 to 10", "8 to 10 messages", "the last 8 to 10", "from 8 to 40 Uhr"])
def test_two_numbers_alone_are_no_hours(text: str):
    assert window(text, NOW, LISBON)[0].until is None


@pytest.mark.parametrize(
    ("text", "since", "until"),
    [
        ("seit Monatsbeginn", at(6, 1), None),
        ("seit Wochenanfang", at(6, 15), None),
        ("seit Jahresbeginn", at(1, 1), None),
        ("zweites Quartal 2025", at(4, 1, year=2025), at(7, 1, year=2025)),
        ("Feb - Apr", at(2, 1), at(5, 1)),
        ("d'avril à mai", at(4, 1), at(6, 1)),
        ("na segunda e na terça", at(6, 15), at(6, 17)),
        ("desde las 8", at(6, 17, 8), None),
        ("gestern ab 19 Uhr", at(6, 16, 19), None),
        ("hier à partir de 19h", at(6, 16, 19), None),
        ("desde as 19h de ontem", at(6, 16, 19), None),
        ("since 7pm on Monday", at(6, 15, 19), None),
        ("desde ayer a las 7 de la tarde", at(6, 16, 19), None),
    ],
)
def test_compounds_short_months_and_pairs_of_days_are_read(text: str, since: datetime, until: datetime | None):
    assert said(text) == Window(since=since, until=until)


@pytest.mark.parametrize(
    "text",
    [
        "summarise after the storm", "recap over dinner", "sum up before the launch party", "summarize tomorrow",
        "summarize next Tuesday", "recap the last 3 shifts", "summarise lately", "summarise on my birthday",
        "faz um resumo depois da obra", "resume antes do jantar", "resume a próxima terça", "faz um resumo na páscoa",
        "hazme un resumen después de la obra", "resume antes de la cena", "resume el lunes que viene",
        "fasse alles nach dem Umbau zusammen", "Zusammenfassung vor dem Abendessen", "fasse nächsten Montag zusammen",
        "résume après le dîner", "fais un résumé avant la fête", "résume le mois prochain", "résume le 34",
        "how was the mood after the move?", "recap between lunch and dinner", "summarise the first 4 days of May",
        "summarise at noon yesterday", "recap the end of the call", "summarise Apr 31", "recap Feb 30 to Mar 5",
        "fasse das letzte Halbjahr zusammen", "resume o primeiro semestre",
        "resume los días 8 y 9", "résume les 8 et 9",
    ],
)  # fmt: skip
def test_a_time_by_what_happened_then_or_to_come_is_refused_and_not_dropped(text: str):
    with pytest.raises(UsageError, match="I don't know that time"):
        understand(Typed(text), Heard(commands(), NOW, LISBON))


@pytest.mark.parametrize(
    "text",
    [
        "summarise the thread after all", "summarise the next steps", "sum up the plan for next year's fair",
        "summarise what was said about the dinner", "guten Morgen, fasse den Kanal zusammen", "resume o almoço",
        "summarise this before I call Tom", "summarise the lunch plans",
    ],
)  # fmt: skip
def test_words_beside_an_order_that_are_no_time_refuse_nothing(text: str):
    meant = understand(Typed(text), Heard(commands(), NOW, LISBON))
    assert (meant.name, meant.window) == ("summarize", EVERYTHING)


def test_a_count_of_something_else_than_messages_is_none():
    assert window("last 12 replies", NOW, LISBON)[0] == Window(last=12)
    assert window("last 12 please", NOW, LISBON)[0] == Window(last=12)
    assert window("last 12 releases", NOW, LISBON)[0] == EVERYTHING


def test_a_weekdays_talk_is_of_that_day_and_its_other_things_are_not():
    assert window("recap Tuesday's discussion", NOW, LISBON)[0] == Window(since=at(6, 16), until=at(6, 17))
    assert window("recap Tuesday's regatta", NOW, LISBON)[0] == EVERYTHING
