"""Amounts and lengths of time: "3 days", "drei Tage", "half an hour", as a pattern of `words` finds them. Pure."""

import re
from datetime import timedelta

from bot.understanding.times import words

Found = re.Match[str]

LONGEST = timedelta(days=36_500)
LENGTHS = {
    "minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(weeks=1),
    "fortnight": timedelta(weeks=2), "month": timedelta(days=30), "year": timedelta(days=365),
}  # fmt: skip


def length_of(found: Found) -> timedelta | None:
    """Return the amount of a unit that was found, None where it is more than a hundred years."""
    unit, amount = LENGTHS[unit_of(found["unit"])], amount_of(found)
    return unit * amount if amount <= LONGEST / unit else None


def amount_of(found: Found) -> float:
    """Return the number that was found, 1 where none was."""
    word = found.groupdict().get("amount") or "1"
    named = words.NUMBERS.get(" ".join(word.split()))
    return int(word) if named is None else named


def unit_of(word: str) -> str:
    """Return which unit a word names."""
    short = {"m": "minute", "h": "hour", "d": "day", "w": "week"}.get(word)
    return short or next(name for name, names in words.UNITS.items() if re.fullmatch(names, word))
