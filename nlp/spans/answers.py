"""Finds the words of a text that answer a question, by the kind of answer that it asks for, in five languages.

A time where it asks when, a number where it asks how many, a command where it asks for one, in the sentence that speaks
most of what is asked. `parley eval ask` measures how often the words are right; those of TRUSTED mostly are. Pure.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from nlp.spans import patterns
from nlp.spans.times import has_clock, lengths, occasions, same_length, times
from nlp.text.lexical import FUNCTION_WORDS, content_stems, fold, stem, stems, words
from nlp.text.polarity import FIRST_PERSON, plain
from nlp.text.questions import AnswerKind, asked_for
from nlp.text.segments import ANY_END

LONGEST = 2_000  # characters of a text that are looked at
SHORT = 5  # words of an answer that is nothing but the answer
MOST_WORDS = 14  # of a span
NOUN = 3  # words after a number that may say what is counted
NEAR = 4  # words between who does something and what is done
IGNORED = frozenset().union(*FUNCTION_WORDS.values())
ENDS = " \t\n.,;:!?…\"'“”„«»()[]"
MACHINE = frozenset({"code", "link", "path"})
TRUSTED = MACHINE | {
    *("time", "occasion", "length", "number", "place", "speaker", "doer", "yes or no", "value", "reason", "short"),
}


@dataclass(frozen=True, slots=True)
class AnswerSpan:
    """The words that answer, the kind of answer, and the way in which they were found."""

    text: str
    kind: AnswerKind
    way: str

    @property
    def trusted(self) -> bool:
        """Return whether spans that are found in this way mostly answer."""
        return self.way in TRUSTED


@dataclass(frozen=True, slots=True)
class Spoken:
    """A text, who wrote it, and the names of people who are known where it was written."""

    text: str
    author: str = ""
    people: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class _Question:
    """A question, folded, with the stems that carry its meaning."""

    plain: str
    asked: AbstractSet[str]
    kind: AnswerKind


Finder = Callable[[_Question, Spoken], Iterator[tuple[str, str]]]


def answer_span(question: str, spoken: Spoken) -> AnswerSpan | None:
    """Return the words of the text, or its author, that answer the question, None where none can be told."""
    kind = asked_for(question)
    if kind is None or patterns.UNKNOWN.search(plain(spoken.text[:LONGEST])):
        return None
    wanted = _Question(fold(question), content_stems(question), kind)
    text = spoken.text[:LONGEST]
    for sentence in _by_relevance(text, wanted):
        part = Spoken(sentence, spoken.author, spoken.people)
        for found, way in FINDERS[kind](wanted, part):
            bare = _bare(found, way)
            if way in MACHINE and _asks_it(wanted, sentence):
                continue  # somebody who asks about a file or a command names it, and doesn't give it
            if bare and len(bare.split()) <= MOST_WORDS and not stems(bare) - IGNORED <= wanted.asked:
                return AnswerSpan(bare, kind, way)
    return _whole(wanted, text)


def _asks_it(wanted: _Question, sentence: str) -> bool:
    """Return whether a sentence is a question that speaks of half of what is asked."""
    return sentence.endswith("?") and len(wanted.asked & stems(sentence)) * 2 >= len(wanted.asked)


def _bare(found: str, way: str) -> str:
    """Return a span without the signs around it, and what is written for machines without the small words behind."""
    if way not in MACHINE:
        return patterns.TOWARDS.sub("", found.strip(ENDS)) if way == "place" else found.strip(ENDS)
    kept = found.strip(" \t\n,;:!?\"'").rstrip(".").split(" ")
    while len(kept) > 1 and kept[-1] in IGNORED:
        kept.pop()
    return " ".join(kept)


def best_sentence(question: str, text: str) -> str:
    """Return the sentence of the text that speaks most of what is asked, the earlier one of equals."""
    kind = asked_for(question) or AnswerKind.THING
    return next(_by_relevance(text, _Question(fold(question), content_stems(question), kind)), "")


def _by_relevance(text: str, wanted: _Question) -> Iterator[str]:
    """Yield the sentences of the text, those that hold most of the question's words first; questions come last."""
    sentences = [part.strip() for part in ANY_END.split(text) if part.strip()]
    order = sorted(
        range(len(sentences)),
        key=lambda place: (sentences[place].endswith("?"), -len(wanted.asked & stems(sentences[place])), place),
    )
    yield from (sentences[place] for place in order)


def _whole(wanted: _Question, text: str) -> AnswerSpan | None:
    """Return a text that is nothing but an answer: a few words, none of which the question holds."""
    bare = text.strip(ENDS)
    said = words(bare)
    if (
        0 < len(said) <= SHORT
        and said[0] not in patterns.INTERJECTIONS
        and not text.rstrip().endswith("?")
        and not stems(bare) & wanted.asked
    ):
        return AnswerSpan(bare, wanted.kind, "short")
    return None


def _times(wanted: _Question, spoken: Spoken) -> Iterator[tuple[str, str]]:
    """Yield the times; a day and an hour that stand apart in one sentence are one."""
    del wanted
    moved = patterns.MOVED.search(same_length(spoken.text))
    places = [place for place in times(spoken.text) if moved is None or place[1] > moved.end()]
    named = [spoken.text[start:end] for start, end in places]
    if moved:
        named = [patterns.TO.split(each)[-1] for each in named]
    hours = [each for each in named[1:] if has_clock(each)]
    if hours and not has_clock(named[0]):
        yield (f"{named[0].strip(ENDS)}, {hours[0]}" if len(named) == 2 else hours[0]), "time"  # noqa: PLR2004
    yield from ((each, "time") for each in named)
    yield from ((spoken.text[start:end], "occasion") for start, end in occasions(spoken.text))


def _lengths(wanted: _Question, spoken: Spoken) -> Iterator[tuple[str, str]]:
    del wanted
    yield from ((spoken.text[start:end], "length") for start, end in lengths(spoken.text))


def _numbers(wanted: _Question, spoken: Spoken) -> Iterator[tuple[str, str]]:
    """Yield the numbers of what is counted first, each with the words of the question that follow it."""
    text = same_length(spoken.text)
    dated = times(spoken.text)
    found = [
        each for each in patterns.NUMBER.finditer(text) if not any(start <= each.start() < end for start, end in dated)
    ]
    counted = [(each, _counted(text, each.end(), wanted)) for each in found]
    for each, end in sorted(counted, key=lambda pair: pair[1] == pair[0].end()):
        yield spoken.text[each.start() : end], "number"


def _counted(text: str, start: int, wanted: _Question) -> int:
    """Return where the unit behind a number ends, or the words of the question that follow it."""
    if unit := patterns.UNIT.match(text, start):
        return unit.end()
    end = at = start
    for _ in range(NOUN):
        word = patterns.NEXT_WORD.match(text, at)
        if word is None or word[1] in IGNORED:
            break
        at = word.end()
        end = at if stem(word[1]) in wanted.asked else end
    return end


def _code(wanted: _Question, spoken: Spoken) -> Iterator[tuple[str, str]]:
    """Yield what is written for machines, by what the question names: a link, a path, a version, a command."""
    text = spoken.text
    yield from ((each[1], "code") for each in patterns.CODE.finditer(text))
    for named, pattern, way in patterns.NAMED_CODE:
        if named.search(wanted.plain):
            yield from ((each[0], way) for each in pattern.finditer(text))
    yield from _values(wanted, spoken)
    yield from _machine(spoken)


def _machine(spoken: Spoken) -> Iterator[tuple[str, str]]:
    """Yield the commands, links and paths of a text."""
    for each in patterns.COMMAND.finditer(spoken.text):
        if each[0].split()[0] not in patterns.ORDINARY or patterns.TOLD_APART.search(each[0]):
            yield each[0], "code"
    yield from ((each[1], "code") for each in patterns.TRIED.finditer(spoken.text))
    yield from ((each[0], "link") for each in patterns.LINK.finditer(spoken.text))
    yield from ((each[0], "path") for each in patterns.PATH.finditer(spoken.text))


def _places(wanted: _Question, spoken: Spoken) -> Iterator[tuple[str, str]]:
    """Yield links and paths, then phrases that a preposition opens, without those that tell a time."""
    del wanted
    for pattern, way in ((patterns.LINK, "link"), (patterns.PATH, "path"), (patterns.CODE, "code")):
        yield from ((each[0].strip("`"), way) for each in pattern.finditer(spoken.text))
    yield from ((each[0], "place") for each in patterns.AT_NAME.finditer(spoken.text))
    text = same_length(spoken.text)
    dated = times(spoken.text)
    for each in patterns.WHERE.finditer(text):
        if not any(start < each.end() and each.start() < end for start, end in dated):
            yield _before_stop(spoken.text[each.start() : each.end()]), "place"


def _before_stop(phrase: str) -> str:
    """Return a phrase up to the first word that opens something else."""
    kept = phrase.split(" ")
    for place, word in enumerate(kept[1:], 1):
        if fold(word) in patterns.STOPS:
            return " ".join(kept[:place]) if place > 1 else ""
    return phrase


def _people(wanted: _Question, spoken: Spoken) -> Iterator[tuple[str, str]]:
    """Yield the author who is asked for, whoever does what is asked, then others whom the sentence names."""
    said = plain(spoken.text)
    if spoken.author and patterns.SAYS.search(wanted.plain):
        yield spoken.author, "speaker"
    for each in patterns.DOER.finditer(spoken.text):
        doer = spoken.author if each[0] in {"I", "i"} else each[0]
        if (
            fold(doer) not in patterns.INTERJECTIONS
            and not _names(wanted.plain, doer)
            and _does(each.end(), spoken.text, wanted)
        ):
            yield doer, "doer"
    yield from ((name, "name") for name in spoken.people if _names(said, name) and not _names(wanted.plain, name))
    if spoken.author and FIRST_PERSON.search(said):
        yield spoken.author, "author"
    yield from ((each[0], "name") for each in patterns.NAME.finditer(spoken.text))


def _does(end: int, text: str, wanted: _Question) -> bool:
    """Return whether a word of the question comes soon after a subject that ends there."""
    near = words(patterns.PAUSE.split(text[end : end + 60])[0])[:NEAR]
    return any(stem(word) in wanted.asked for word in near)


def _names(text: str, name: str) -> bool:
    """Return whether the folded text holds the name, or the first part of it."""
    first = fold(name).split()[:1]
    return bool(first) and re.search(rf"(?<!\w){re.escape(first[0])}(?!\w)", text) is not None


def _reasons(wanted: _Question, spoken: Spoken) -> Iterator[tuple[str, str]]:
    del wanted
    yield from (
        (spoken.text[each.start() : each.end()], "reason")
        for each in patterns.REASON.finditer(same_length(spoken.text))
    )


def _yes_or_no(wanted: _Question, spoken: Spoken) -> Iterator[tuple[str, str]]:
    del wanted
    text = same_length(spoken.text)
    if found := patterns.YES.match(text):
        yield spoken.text[found.start(1) : found.end(1)].capitalize(), "yes or no"


def _values(wanted: _Question, spoken: Spoken) -> Iterator[tuple[str, str]]:
    """Yield what a thing is said to be, where the question's words stand before "is" or a colon."""
    text = same_length(spoken.text)
    for each in patterns.VALUE.finditer(text):
        subject = content_stems(text[: each.start()])
        if wanted.asked & subject and len(wanted.asked & subject) * 2 >= len(wanted.asked):
            yield re.split(r"[.!?;,](?=\s|$)|\s[-\u2013\u2014]\s", spoken.text[each.end() :])[0], "value"


def _manners(wanted: _Question, spoken: Spoken) -> Iterator[tuple[str, str]]:
    del wanted
    yield from ((each[1], "code") for each in patterns.CODE.finditer(spoken.text))
    yield from _machine(spoken)


FINDERS: Mapping[AnswerKind, Finder] = {
    AnswerKind.TIME: _times,
    AnswerKind.DURATION: _lengths,
    AnswerKind.NUMBER: _numbers,
    AnswerKind.CODE: _code,
    AnswerKind.PLACE: _places,
    AnswerKind.PERSON: _people,
    AnswerKind.REASON: _reasons,
    AnswerKind.YES_OR_NO: _yes_or_no,
    AnswerKind.THING: _values,
    AnswerKind.MANNER: _manners,
}
