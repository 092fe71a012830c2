"""Finds whom a message speaks to: a name that opens it ("ana: …", "@Ana Silva …") and names further inside.

A name counts inside a text only where it can't be taken for an ordinary word. Pure.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from nlp.text.lexical import FUNCTION_WORDS, fold

TOKEN = re.compile(r"@?[\w|`^{}\[\]\\-]+")
OPENING = re.compile(r"\s*[:,;>]")  # right after a name at the start
SHORTEST_NAME = 3  # letters of a name that is looked for inside a text
SHORTEST_BEGINNING = 4  # letters by which somebody is called whose name is longer
COMMON = 3  # a word said more often so, and rarely to open a message, is an ordinary one
OFTEN = 0.3  # of its uses, those that open a message or carry a sign: from here a name
IGNORED = frozenset().union(*FUNCTION_WORDS.values())


@dataclass(frozen=True, slots=True)
class Addressed:
    """The people whom a message names, as codes: the one it opens with, -1 for nobody, and all of them."""

    first: int
    named: frozenset[int]


NOBODY = Addressed(-1, frozenset())


class People:
    """The people of a channel by the names that others call them."""

    def __init__(self, names: Sequence[str], texts: Sequence[str]) -> None:
        """Know the names, whose places are their codes; `texts` show which of the names are ordinary words here."""
        self._codes = dict(_called(names))
        self._said = [_tokens(fold(text), self._codes) for text in texts]
        plain, marked = Counter[str](), Counter[str]()
        for tokens in self._said:
            for token in tokens:
                (marked if token.marked else plain)[token.name] += 1
        self._names = {name for name in self._codes if _is_told_apart(name, plain[name], marked[name])}

    def addressed(self) -> list[Addressed]:
        """Return whom each text speaks to."""
        return [self._addressed(tokens) for tokens in self._said]

    def _addressed(self, tokens: Sequence["_Token"]) -> Addressed:
        meant = [token for token in tokens if token.marked or token.name in self._names]
        if not meant:
            return NOBODY
        first = self._codes[meant[0].name] if meant[0].opens else -1
        return Addressed(first, frozenset(self._codes[token.name] for token in meant))


@dataclass(frozen=True, slots=True)
class _Token:
    """A word that is somebody's name; `marked` says that a sign or its place shows that it is meant as one."""

    name: str
    opens: bool
    marked: bool


def _tokens(folded: str, codes: Mapping[str, int]) -> list[_Token]:
    found = []
    for place, token in enumerate(TOKEN.finditer(folded)):
        name = token[0].lstrip("@")
        opens = place == 0 and OPENING.match(folded, token.end()) is not None
        if opens and name not in codes:
            name = _begun(name, codes)
        if name in codes:
            marked = token[0][0] == "@" or opens
            found.append(_Token(name, place == 0, marked))
    return found


def _begun(start: str, codes: Mapping[str, int]) -> str:
    """Return the only name that begins so, as people shorten it ("action: …" for ActionParsnip), "" where none does."""
    names = [name for name in codes if name.startswith(start)] if len(start) >= SHORTEST_BEGINNING else []
    return names[0] if len(names) == 1 else ""


def _is_told_apart(name: str, plain: int, marked: int) -> bool:
    """Return whether the name inside a text means the person rather than an ordinary word."""
    if not name.isalpha():
        return len(name) >= SHORTEST_NAME
    if len(name) < SHORTEST_NAME or name in IGNORED:
        return False
    return plain <= COMMON or marked >= OFTEN * (plain + marked)


def _called(names: Sequence[str]) -> Iterator[tuple[str, int]]:
    """Yield each way to call somebody: the name where it is one word, else a first name that only one person has."""
    parts = [TOKEN.findall(fold(name).lstrip("@")) for name in names]
    firsts = Counter(each[0] for each in parts if each)
    for code, each in enumerate(parts):
        if each and (len(each) == 1 or firsts[each[0]] == 1):
            yield each[0], code
