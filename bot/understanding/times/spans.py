"""Times by the words that name them: "yesterday evening", "le 3 mai", "am 5.3.", "Q2 2025".

A table of patterns, each with the reader of what it finds (`bot.understanding.times.calendar`); the longest that fits
counts. Pure.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from bot.understanding.times import calendar, weeks, words
from bot.understanding.times.calendar import DAYS_IN_WEEK
from bot.understanding.times.lengths import Found
from bot.understanding.times.values import Now, TimeSpan

Reader = Callable[[Found, Now], TimeSpan | None]


def span_at(plain: str, start: int, now: Now, *, led: bool = False) -> tuple[TimeSpan, int] | None:
    """Return the longest span that folded text names at that place, and where it ends.

    `led` says that a preposition stands before it, so that words with other meanings name a time.
    """
    longest: tuple[TimeSpan, int] | None = None
    for pattern, read, needs in TABLE:
        match = pattern.match(plain, start) if led or not needs else None
        if match is None or (longest is not None and match.end() <= longest[1]):
            continue
        try:
            span = read(match, now)
        except (ValueError, OverflowError):  # a day that the calendar lacks
            span = None
        if span is not None:
            longest = span, match.end()
    return longest


def shifted(span: TimeSpan, count: int, now: Now) -> TimeSpan | None:
    """Return the span so many of its own periods later; None for one that comes once or where there is no such day."""
    try:
        start = _moved(span.start, span.every, count, now)
        end = None if span.end is None else _moved(span.end, span.every, count, now)
    except (ValueError, OverflowError):
        return None
    return replace(span, start=start, end=end) if span.every else None


def _moved(at: datetime, every: str, count: int, now: Now) -> datetime:
    here = at.astimezone(now.zone)
    day = here.date()
    if every == "week":
        day += timedelta(days=DAYS_IN_WEEK * count)
    elif every == "year":
        day = day.replace(year=day.year + count)
    elif every == "month":
        day = calendar.month_later(day.replace(day=1), count).replace(day=day.day)
    return now.start(day, here.hour, here.minute)


_MONTH, _ANY_MONTH = words.any_of(words.MONTHS), words.any_of(words.ANY_MONTH)
_CLEAR_MONTH = words.any_of(set(words.MONTHS) - words.UNCLEAR)
_DAYS, _SHORT_DAYS = words.any_of(words.WEEKDAYS), words.any_of(words.SHORT_WEEKDAYS)
_CLOCK = (
    r"(?:(?P<hour>\d{1,2})(?::(?P<minute>\d\d)(?!\d)\s?(?P<half>[ap]m)?)"
    r"|(?P<hour2>\d{1,2})\s?(?:(?P<half2>[ap]m)|h(?P<minute2>\d\d)?|uhr|heures?|horas|o'clock))\b"
)
_HALF_OF_DAY = r"(?:\s+(?:de la|da)\s+(?P<half3>manana|manha|madrugada|tarde|noche|noite)\b)?"
_AT = (
    rf"(?:,?\s+(?:(?:(?:at|um|as|a las?|a|gegen|vers|pelas)\s+)?{_CLOCK}"
    rf"|(?:a las?|as|pelas|at|um|gegen|vers)\s+(?P<hour3>\d{{1,2}})(?![\w:/.-]\w|\w|\s?%){_HALF_OF_DAY}))"
)
_JOIN = r"\s+(?:(?:in the|at|a|de|da|do|por la|pela|por|en la|dans l'|au|le|am|em|na|a la)\s+)?(?:l')?"
_PART = rf"(?:{_JOIN}(?P<part>{'|'.join(words.PARTS)})\b)"
_OF_DAY = rf"{_PART}?{_AT}?"
_THE = rf"(?:{words.THE}\s*)?"
_THIS_OR_LAST = rf"(?:(?P<this>{words.THIS})\s+|(?P<last>{words.LAST})\s+)?"
_AFTER = rf"(?:\s+(?P<after>{words.AFTER})\b)?"
_OF_YEAR = r"(?:,?\s+(?:(?:de|of|del|von|do)\s+)?(?P<year>\d{4})(?!\d))?"
_EDGE = rf"(?:(?P<edge>{'|'.join(words.EDGES)})[\s-]+(?:(?:of|in|de|do|del|d[aeo]|von|du|des|der)\s+)?)"
_ORDINAL = rf"{words.ORDINAL}(?!\w)"


def _reading(read: Reader, *patterns: str, needs: bool = False) -> tuple[tuple[re.Pattern[str], Reader, bool], ...]:
    return tuple((re.compile(pattern), read, needs) for pattern in patterns)


_PERIOD = rf"(?P<period>{words.PERIOD})\b"
_OWN = r"(?:'s\b|-ci\b)?"
_ALONE = r"(?<!\d\s)(?<!\d\.\s)(?<!\d\sde\s)(?<!\d(?:st|nd|rd|th)\s)"  # a month behind no number
_NO_DAY = r"(?!'|\.?\s\d\d?(?!\d))"
_ANY_DAY = words.any_of({*words.WEEKDAYS, *words.SHORT_WEEKDAYS})
_WEEK = rf"(?:{words.PERIODS['week']})"
_WEEK_OF = r"(?:(?:of|in|from|d[aeo]|del?|du|der|von|aus)\s+)?"
_WHICH_WEEK = (
    rf"{_THE}(?:(?P<this>{words.THIS})|(?P<last>{words.LAST}))\s+{_WEEK}\b(?P<before>\s+before last)?"
    rf"|{_THE}{_WEEK}\s+(?:(?P<after>{words.AFTER})|(?P<before2>before last|retrasad[oa]))\b"
    rf"|{_THE}(?P<before3>vorletzte[nrsm]?|penultim[oa]|avant-derniere?)\s+{_WEEK}\b"
    rf"|{words.AMOUNT}\s+(?:weeks?|semanas?)\s+(?:ago|atras)\b"
    rf"|(?:ha|hace|vor|il y a)\s+(?P<amount2>\d{{1,2}}|{words.any_of(words.NUMBERS)})\s+"
    r"(?:semanas?|wochen?|semaines?)\b"
)

TABLE = (
    *_reading(
        calendar.iso_day,
        r"(?P<day>\d{4}([-/])\d\d\2\d\d)(?:[t ](?P<clock>\d\d:\d\d(?::\d\d)?(?:z|[+-]\d\d:?\d\d)?))?(?![\d-])",
    ),
    *_reading(calendar.iso_month, r"(?P<year>\d{4})-(?P<month>\d\d)(?![\d-])"),
    *_reading(
        calendar.numeric_date,
        rf"(?P<first>\d{{1,2}})\.(?P<second>\d{{1,2}})\.(?P<year>\d{{4}}|\d\d)?(?![\d.]){_OF_DAY}",
        rf"(?P<first>\d{{1,2}})/(?P<second>\d{{1,2}})/(?P<year>\d{{4}}|\d\d)(?![\d/]){_OF_DAY}",
        rf"(?P<first>\d{{1,2}})/(?P<second>\d\d)(?P<year>(?!))?(?![\d/]){_OF_DAY}",
    ),
    *_reading(
        calendar.numeric_date,
        rf"(?P<first>\d{{1,2}})[/.](?P<second>\d{{1,2}})(?P<year>(?!))?(?![\d/]|\.\d){_OF_DAY}",
        needs=True,
    ),
    *_reading(
        calendar.day_of_month,
        rf"{_THE}(?:(?P<number>\d{{1,2}})(?:{_ORDINAL})?|(?:{words.FIRST_DAY}))\s*(?:(?:of|de|d'|do|del)\s*)?"
        rf"\b(?P<month>{_ANY_MONTH})\b\.?{_OF_YEAR}{_OF_DAY}",
        rf"(?P<month>{_ANY_MONTH})\.?\s+(?:the\s+)?(?P<number>\d{{1,2}})(?:{_ORDINAL})?(?![\d:]){_OF_YEAR}{_OF_DAY}",
    ),
    *_reading(
        calendar.month,
        rf"{_ALONE}{_THE}(?:{_EDGE}{_THE}|{_THIS_OR_LAST})(?P<month>{_CLEAR_MONTH})\b{_AFTER}{_OF_YEAR}{_NO_DAY}",
        rf"{_THE}(?:(?P<this>{words.THIS})|(?P<last>{words.LAST}))\s+(?P<month>{_MONTH})\b{_NO_DAY}",
        rf"{_ALONE}{_EDGE}{_THE}(?P<month>{_MONTH})\b{_OF_YEAR}{_NO_DAY}",
        rf"{_ALONE}(?P<month>{_MONTH})\s+(?:(?:de|of|del)\s+)?(?P<year>\d{{4}})\b",
    ),
    *_reading(
        calendar.month,
        rf"{_ALONE}{_THE}(?P<month>{_MONTH})\b{_AFTER}{_NO_DAY}",
        rf"{_ALONE}(?P<month>{words.any_of(words.CLEAR_SHORT_MONTHS)})\b\.?{_OF_YEAR}{_NO_DAY}",
        needs=True,
    ),
    *_reading(
        calendar.weekday,
        rf"{_THE}{_THIS_OR_LAST}(?P<weekday>{_DAYS})\b(?!'|\s+ago){_AFTER}{_OF_DAY}",
        rf"{_THE}(?:(?P<this>{words.THIS})|(?P<last>{words.LAST}))\s+(?P<weekday>{_SHORT_DAYS})\b\.?{_OF_DAY}",
        rf"{_THE}(?P<this>(?!))?(?P<weekday>{_SHORT_DAYS})\b\s+(?P<after>{words.AFTER})\b{_OF_DAY}",
    ),
    *_reading(
        calendar.weekday,
        rf"{_THIS_OR_LAST}(?P<weekday>{_DAYS})'s(?=\s+(?:discussions?|conversations?|chats?|talks?|threads?|messages|posts)\b)",
    ),
    *_reading(
        calendar.weekday, rf"{_THE}{_THIS_OR_LAST}(?P<weekday>{_SHORT_DAYS})\b\.?(?!'){_AFTER}{_OF_DAY}", needs=True
    ),
    *_reading(
        weeks.day_of_week,
        rf"{_THE}(?P<weekday>{_ANY_DAY}),?\s+{_WEEK_OF}(?:{_WHICH_WEEK}){_OF_DAY}",
        rf"{_THE}(?:(?P<this>{words.THIS})|(?P<last>{words.LAST}))\s+{_WEEK}(?:'s)?,?\s+(?:{words.ON})?(?P<weekday>{_ANY_DAY})\b"
        rf"{_OF_DAY}",
    ),
    *_reading(calendar.day_word, rf"{_THE}(?:d')?(?P<day>{'|'.join(words.DAYS_AGO)})\b{_OWN}{_OF_DAY}"),
    *_reading(
        calendar.this_part, rf"(?:{words.THIS}){_PART}{_OWN}{_AT}?", r"(?:heute|hoje|hoy)\s+(?P<part>fruh|morgen)\b"
    ),
    *_reading(calendar.tonight, r"(?:tonight|this evening|heute nacht|ce soir|esta noche|esta noite)\b"),
    *_reading(
        calendar.last_night,
        r"(?:last night|anoche|(?:in der )?letzten? nacht|la nuit derniere|(?:a )?noite passada)\b",
    ),
    *_reading(
        calendar.ago,
        rf"{words.AMOUNT}\s+{words.UNIT}\s+(?:ago|atras)\b",
        rf"(?:ha|hace|vor|il y a)\s+{words.AMOUNT}\s+{words.UNIT}",
    ),
    *_reading(
        calendar.named_period,
        rf"{_THE}(?P<period>{words.PERIODS['weekend']}|{words.PERIODS['business week']})\b{_OWN}",
        rf"{_THE}(?:{_EDGE}{_THE})?(?:(?P<this>{words.THIS})|(?P<last>{words.LAST}))\s+{_PERIOD}{_OWN}"
        r"(?P<before>\s+before last)?",
        rf"{_THE}(?:{_EDGE}{_THE})?{_PERIOD}\s+(?P<after>{words.AFTER})\b",
        rf"{_THE}{_PERIOD}\s+(?P<before>before last|retrasad[oa])\b",
        rf"{_THE}(?P<before>vorletzte[nrsm]?|penultim[oa]|avant-derniere?)\s+{_PERIOD}",
        rf"{_THE}{_EDGE}{_THE}{_PERIOD}",
        rf"{_PERIOD}[\s-]to[\s-]date\b",
    ),
    *_reading(
        calendar.named_period,
        r"(?P<period>woche|monats?|quartals?|jahres?)n?(?P<edge>anfang|beginn|mitte|ende)s?\b",
    ),
    *_reading(calendar.this_period, rf"{words.THE}\s*(?!an\b){_PERIOD}{_OWN}(?!\s\d|\s+santa)"),
    *_reading(calendar.this_period, rf"(?!an\b){_PERIOD}(?!\s\d|\s+santa)", needs=True),
    *_reading(
        calendar.week_of_year, rf"{_THE}(?:week|kw|kalenderwoche|woche|semana|semaine)\s+(?P<number>\d{{1,2}})\b"
    ),
    *_reading(
        calendar.week_of_month,
        rf"{_THE}(?P<nth>{'|'.join(words.NTH)})\s+{words.WEEK_OF}{_THE}(?P<month>{_ANY_MONTH})\b(?P<that>(?!))?{_OF_YEAR}",
        rf"{_THE}(?P<nth>{'|'.join(words.NTH)})\s+{words.WEEK_OF}(?:{words.THE}\s*|{_THIS_OR_LAST}){words.MONTHS_SAID}\b"
        rf"{_AFTER}",
        rf"{_THE}(?P<nth>{'|'.join(words.NTH)})\s+(?P<month>{_MONTH})woche\b(?P<that>(?!))?(?P<year>(?!))?",
    ),
    *_reading(calendar.at_present, r"(?:now|jetzt|agora|ahora|maintenant)\b", needs=True),
    *_reading(calendar.day_alone, rf"le\s+(?P<number>\d{{1,2}})(?:er)?(?=\s*(?:[?.!,;]|$)|\s+a\s+\d){_OF_DAY}"),
    *_reading(
        calendar.weekday,
        rf"{_THE}{_THIS_OR_LAST}(?P<weekday>{_DAYS})(?P<part>vormittag|nachmittag|mittag|morgen|abend|nacht)s?\b",
    ),
    *_reading(
        calendar.quarter,
        rf"{_THE}q(?P<quarter>[1-4])\b(?P<named>(?!))?{_OF_YEAR}",
        rf"{_THE}(?:(?P<quarter>[1-4])(?:{_ORDINAL})?|(?P<named>{'|'.join(words.QUARTERS)}))\s+"
        rf"(?:quarter|trimestre|quartal)\b{_OF_YEAR}",
    ),
    *_reading(
        calendar.moment_of_today,
        rf"(?:(?:at|um|as|(?:a )?las?|les?)\s+)?{_CLOCK}",
        r"(?:a\s+)?l?as\s+(?P<hour>\d{1,2})(?![\w:/.-]\w|\w)",
        r"(?P<named>noon|midday|midnight|meio-?\s?dia|mediodia|mittag|midi|meia-?\s?noite|medianoche|mitternacht"
        r"|minuit)\b",
        needs=True,
    ),
    *_reading(calendar.day_alone, rf"(?:{words.THE}\s+)?dia\s+(?P<number>\d{{1,2}})(?![\w:/.-]\w|\w){_OF_DAY}"),
    *_reading(
        calendar.day_alone,
        rf"{words.THE}\s+(?P<number>\d{{1,2}})(?:{_ORDINAL})?(?![\w:/.-]\w|\w|\s?%){_OF_DAY}",
        rf"(?P<number>\d{{1,2}}){_ORDINAL}(?![:/-]\w){_OF_DAY}",
        needs=True,
    ),
    *_reading(
        calendar.whole_year, r"(?:(?:the )?(?:year|ano|jahr|annee)\s+)?(?P<year>\d{4})\b(?![-/:.]\d)", needs=True
    ),
)
