"""Every compiled pattern of the project takes time in proportion to the text, also on texts made against it.

For each pattern, texts are made from its own parts: the beginnings of what it matches, again and again, which is what
makes a pattern read the same text once for every place. Growth is compared, never time.
"""

import importlib
import pkgutil
import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from re import _constants as op  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from time import process_time
from typing import Any

import pytest

import adapters
import bot
import nlp

SMALL, LARGE = 500, 4_000  # characters
MOST = 24  # times as long for eight times the text: linear is 8, quadratic 64
MOST_CUT = 100  # the same where the text is cut to a few hundred characters: quadratic, and no worse
LEAST = 0.002  # seconds below which a time says nothing
MOST_TEXTS = 30  # of each pattern
# What a module's patterns meet, in characters, where the module cuts the text before it looks.
CUT = {
    "bot.understanding.classifier": 400,
    "bot.understanding.everywhere": 600,
    "bot.understanding.interpreting": 600,
    "bot.understanding.terms": 600,
    "bot.understanding.translations": 80,
    "nlp.text.pastes": 300,
}
TAIL = "\x00"  # what no pattern goes on with


def patterns() -> dict[str, re.Pattern[str]]:
    """Every compiled pattern of a module's names, by where it stands."""
    found: dict[str, re.Pattern[str]] = {}
    for package in (adapters, bot, nlp):
        for info in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if info.name.endswith("__main__"):
                continue
            module = importlib.import_module(info.name)
            for name, value in vars(module).items():
                for path, pattern in _inside(value, 0):
                    found.setdefault(f"{pattern.pattern!r:.300}{pattern.flags}", pattern)
                    _PLACES.setdefault(f"{pattern.pattern!r:.300}{pattern.flags}", f"{info.name}.{name}{path}")
    return {_PLACES[key]: pattern for key, pattern in found.items()}


_PLACES: dict[str, str] = {}
SOURCES = {
    str(path): path.read_text(encoding="utf-8")
    for package in (adapters, bot, nlp)
    for path in sorted(Path(package.__path__[0]).rglob("*.py"))
}


def _inside(value: Any, depth: int) -> Iterator[tuple[str, re.Pattern[str]]]:
    if isinstance(value, re.Pattern) and isinstance(value.pattern, str):
        yield "", value
    elif depth < 3 and isinstance(value, Mapping):
        for key, each in value.items():
            yield from ((f"[{key!r}]{path}", found) for path, found in _inside(each, depth + 1))
    elif depth < 3 and isinstance(value, (list, tuple, set, frozenset)):
        for place, each in enumerate(value):
            yield from ((f"[{place}]{path}", found) for path, found in _inside(each, depth + 1))


def hostile(pattern: re.Pattern[str]) -> list[str]:
    """Units to repeat: each beginning of what the pattern matches, and each of its repeated parts after it."""
    units = dict.fromkeys(unit for unit in _beginnings(parser.parse(pattern.pattern, pattern.flags), "") if unit)
    return list(units)[:: max(len(units) // MOST_TEXTS, 1)][:MOST_TEXTS]


def _beginnings(items: Iterable[Any], before: str) -> Iterator[str]:
    """What the items match, up to each of them, and what each repeats alone."""
    for kind, argument in items:
        parts = _alternatives(kind, argument)
        for part in parts:
            yield from _beginnings(part, before)
        if kind in {op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT} and argument[1] > 8:
            yield _sample(argument[2])
        before += _sample([(kind, argument)])
        yield before


def _alternatives(kind: Any, argument: Any) -> list[Any]:
    if kind is op.BRANCH:
        return list(argument[1])
    if kind is op.SUBPATTERN:
        return [argument[-1]]
    if kind in {op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT}:
        return [argument[2]]
    return [argument] if kind is op.ATOMIC_GROUP else []


def _sample(items: Iterable[Any]) -> str:
    """A short text that the items match, as far as a simple choice can tell."""
    return "".join(_of(kind, argument) for kind, argument in items)


def _of(kind: Any, argument: Any) -> str:  # noqa: PLR0911 - one line a kind
    if kind is op.LITERAL:
        return chr(argument)
    if kind is op.NOT_LITERAL:
        return "a" if argument != ord("a") else "b"
    if kind is op.ANY:
        return "a"
    if kind is op.IN:
        return _member(argument)
    if kind is op.BRANCH:
        return _sample(argument[1][0])
    if kind is op.SUBPATTERN:
        return _sample(argument[-1])
    if kind is op.ATOMIC_GROUP:
        return _sample(argument)
    if kind in {op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT}:
        return _sample(argument[2]) * min(max(argument[0], 1), 40)
    return ""


CLASSES = {op.CATEGORY_DIGIT: "1", op.CATEGORY_SPACE: " ", op.CATEGORY_WORD: "a", op.CATEGORY_NOT_SPACE: "a"}


def _member(items: list[Any]) -> str:
    """A character of the class, or one outside of what it excludes."""
    if items[0][0] is op.NEGATE:
        excluded = re.compile("[" + "".join(re.escape(_member([item])) for item in items[1:]) + "]")
        return next((each for each in "a1 -.,:x" if not excluded.match(each)), "a")
    kind, argument = items[0]
    if kind is op.LITERAL:
        return chr(argument)
    if kind is op.RANGE:
        return chr(argument[0])
    return CLASSES.get(argument, "-")


def seconds(pattern: re.Pattern[str], unit: str, length: int, *, anchored: bool) -> float:
    """The processor's time to read the unit repeated to that length as the pattern is used, the least of two."""
    text = (unit * (length // len(unit) + 1))[:length] + TAIL
    times = []
    for _ in range(2):
        begun = process_time()
        if anchored:
            pattern.match(text)
        else:
            deque(pattern.finditer(text), maxlen=0)
        times.append(process_time() - begun)
    return min(times)


def growth(pattern: re.Pattern[str], unit: str, *, anchored: bool = False, cut: int = LARGE) -> float:
    """How many times as long eight times the text takes; 1 where that is too short to say."""
    for large in (min(SMALL, cut), min(LARGE, cut)):  # the first step keeps the worst from taking for ever
        after = seconds(pattern, unit, large, anchored=anchored)
        if after < LEAST:
            continue
        times = after / max(seconds(pattern, unit, large // 8, anchored=anchored), LEAST / MOST)
        if times > MOST:
            return times
    return 1.0


def is_anchored(place: str) -> bool:
    """Whether the pattern is only ever asked about the beginning of a text, as far as its name tells."""
    module, _, name = place.partition("[")[0].rpartition(".")
    own = importlib.import_module(module).__file__
    sources = [source for path, source in SOURCES.items() if path == own or f"from {module} import" in source]
    uses = {use for source in sources for use in re.findall(rf"\b{name}(?:\[\w+\])?\.(\w+)\b", source)}
    return bool(uses) and uses <= {"match", "fullmatch", "pattern"}


@pytest.mark.parametrize("place", patterns())
def test_a_pattern_takes_time_in_proportion_to_the_text(place: str):
    pattern, anchored = patterns_by_place[place], is_anchored(place)
    cut = next((most for module, most in CUT.items() if place.startswith(module)), LARGE)
    slow = {unit: round(growth(pattern, unit, anchored=anchored, cut=cut), 1) for unit in hostile(pattern)}
    assert {unit: times for unit, times in slow.items() if times > (MOST if cut == LARGE else MOST_CUT)} == {}


def test_the_walk_finds_the_patterns_and_the_texts_find_a_slow_one():
    assert len(patterns_by_place) > 150
    slow = re.compile(r"since .*\s.*until")  # the cube of the length, which takes long enough on any processor
    assert max(growth(slow, unit) for unit in hostile(slow)) > MOST
    quick = re.compile(r"since .{0,40}until")
    assert max(growth(quick, unit) for unit in hostile(quick)) <= MOST


patterns_by_place = patterns()
