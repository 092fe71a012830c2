"""Tells the day by which something is to be done, from words that meant it when they were said: "by Friday".

English, Portuguese, Spanish, German and French, over folded text. Whoever reads it a week later reads a date. Pure.
"""

import re
from datetime import date, timedelta

from bot.understanding.recurrence_words import LONG
from bot.understanding.times.words import MONTHS, any_of, fold

BY = (
    r"\b(?:by|before|until|till|on|due|this|next|no later than|ate|antes de|para|na|no|el|hasta|proxim[oa]|bis|vor"
    r"|am|zum|kommenden|nachsten|d'ici|avant|pour|ce|le|jusqu'a)\s+"
)
THE = r"(?:(?:the|o|a|el|la|zum|den|dem|le|next|this|proxim[oa]|nachsten|kommenden)\s+){0,2}"
TODAY = re.compile(r"\b(?:today|tonight|hoje|hoy|heute|aujourd'hui|ce soir)\b")
TOMORROW = re.compile(
    r"\b(?:tomorrow|amanha|demain)\b|(?<!por la )(?<!esta )(?<!de la )(?<!cada )\bmanana\b"
    r"|(?<!guten )(?<!jeden )\bmorgen\b"
)
WEEKDAY = re.compile(rf"{BY}{THE}(?P<day>{any_of(LONG)})\b")
DAY_FIRST = re.compile(rf"\b(?P<day>\d{{1,2}})(?:st|nd|rd|th|er|\.)?\s+(?:of\s+|de\s+)?(?P<month>{any_of(MONTHS)})\b")
MONTH_FIRST = re.compile(rf"\b(?P<month>{any_of(MONTHS)})\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\b(?!:)")
WEEK = 7
HALF_A_YEAR = timedelta(days=183)  # a day of the year that lies farther back is next year's


def deadline(text: str, said_on: date) -> date | None:
    """Return the day that a text of that day names first for something to be done, None where it names none."""
    plain = fold(text)
    if TOMORROW.search(plain):
        return said_on + timedelta(days=1)
    if found := WEEKDAY.search(plain):
        ahead = (LONG[found["day"]] - said_on.weekday() - 1) % WEEK + 1
        return said_on + timedelta(days=ahead)
    if found := DAY_FIRST.search(plain) or MONTH_FIRST.search(plain):
        return _in_year(int(found["day"]), MONTHS[found["month"]], said_on)
    return said_on if TODAY.search(plain) else None


def _in_year(day: int, month: int, said_on: date) -> date | None:
    """Return that day as it comes next, None for one that was a while ago, or that no calendar has."""
    try:
        this, following = (date(said_on.year + more, month, day) for more in (0, 1))
    except ValueError:
        return None
    if this >= said_on:
        return this
    return following if said_on - this > HALF_A_YEAR else None
