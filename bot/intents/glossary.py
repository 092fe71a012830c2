"""Shows and changes the words of a workspace that translations leave as they are, or translate in one way alone.

Whoever is there may know them; whoever administers a channel decides, in that channel, where everyone reads it. The
owner's own words stand beside them. Asks no model.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from adapters.chat import Command, Reply, Request
from adapters.text.markup import markdown_from_plain
from bot.conversation.permissions import channel, check_admin, is_between_few, may_read
from bot.errors import UsageError
from bot.glossary import Terms
from bot.history import History, preferences
from bot.history.preferences import LONGEST
from bot.redaction import is_secret, redact
from bot.services import Services
from bot.understanding.terms import TermWish, read
from nlp.text.names import name_of

COMMAND = Command(
    "glossary",
    "Show the words that translations leave or fix; administrators change them.",
    argument="add Kelpbase, add boathouse = Bootshaus in German, remove Kelpbase …",
    limited=False,
)
USAGE = (
    "Say `/glossary add Kelpbase`, `/glossary add boathouse = Bootshaus in German`, `/glossary remove Kelpbase`, or"
    " `/glossary` to see what is in it."
)
NOTE = "It holds for the whole workspace, where everyone can see the glossary. `/glossary remove {}` ends it."
STILL = "The owner's configuration still says what becomes of {}."
LIST = TermWish("list")
MOST = 500  # entries of a workspace
MOST_AT_ONCE = 20


@dataclass(frozen=True, slots=True)
class Words:
    """The workspace's words and the owner's, and what was changed just now by whom."""

    own: tuple[Terms, ...]
    owners: tuple[Terms, ...] = ()
    change: TermWish = LIST
    by: str = ""

    def reply(self) -> Reply:
        """Return the change for everyone in the channel, or the words for the asker alone."""
        words, by = _listed(self.change.terms), markdown_from_plain(self.by)
        if self.change.kind == "remove":
            return Reply(
                f"I took {words} out of the glossary, because {by} asked me to.", notes=self._still(), private=False
            )
        if self.change.kind == "add":
            (line,) = _lines([_terms(self.change, "")]) if self.change.translation else (f"{words} stays as written",)
            note = NOTE.format(self.change.terms[0])
            return Reply(
                f"**From now on {line} in translations**, because {by} asked me to.", notes=(note,), private=False
            )
        lines = [*_lines(self.own), *(f"{line}, set by the owner" for line in _lines(self.owners))]
        if not lines:
            return Reply("The glossary is empty.", notes=(USAGE,))
        return Reply("In translations:\n\n" + "\n".join(f"- {line}" for line in lines))

    def _still(self) -> tuple[str, ...]:
        """Return a note about those of the words that the owner's configuration has as well."""
        gone = {word.casefold() for word in self.change.terms}
        left = [word for terms in self.owners for word in (*terms.keep, *terms.translate) if word.casefold() in gone]
        return (STILL.format(_listed(dict.fromkeys(left))),) if left else ()

    def document(self) -> dict[str, Any]:
        """Return the document that a program reads."""
        rows = [
            {"term": word, "translation": translation, "target": target, "owners": owners}
            for tables, owners in ((self.own, False), (self.owners, True))
            for word, translation, target in _entries(tables)
        ]
        return {"terms": rows, "change": "" if self.change.kind == "list" else self.change.kind}


async def run(request: Request, services: Services) -> Words:
    """Show or change. Raises UsageError, and NotAllowed for who doesn't administer the channel."""
    wish, place = read(request.intent.argument), channel(request.place)
    if wish is None:
        raise UsageError("I didn't understand that.", USAGE)
    if wish.kind == "list":
        if not await may_read(request, place):
            return Words(())
        own = await services.history.read(preferences.terms, place)
    else:
        own = await _changed(wish, request, services)
    owners = tuple(terms for terms in services.terms if terms.workspace in {"", place.workspace})
    return Words(own, owners, wish, request.asker.name)


async def _changed(wish: TermWish, request: Request, services: Services) -> tuple[Terms, ...]:
    """Return the workspace's words after the change. Raises UsageError and NotAllowed."""
    if await is_between_few(request):
        raise UsageError("The glossary is changed where others read it.", "Ask in a channel that you administer.")
    await check_admin(request, services.admins)
    if flaw := _flaw(wish):
        raise UsageError(flaw, USAGE)
    place, by, now = channel(request.place), request.asker.id, services.now()

    def change(store: History) -> tuple[Terms, ...]:
        if wish.kind == "remove":
            if not store.write(preferences.drop_terms, place, wish.terms, wish.target):
                raise UsageError(f"{_listed(wish.terms)} isn't in the glossary.", "`/glossary` shows what is.")
        elif len(store.read(preferences.terms, place)) + len(wish.terms) > MOST:
            raise UsageError(f"The glossary is full: it holds {MOST} entries.", "Take some out first.")
        else:
            store.write(preferences.put_terms, place, _terms(wish, place.workspace), by, now)
        return store.read(preferences.terms, place)

    return await services.history.run(change, writes=True)


def _flaw(wish: TermWish) -> str:
    """Return why these words can't be in a glossary, "" where they can."""
    words = [*wish.terms, wish.translation]
    if len(wish.terms) > MOST_AT_ONCE:
        return f"That is more than {MOST_AT_ONCE} words at once."
    if any(len(word) > LONGEST for word in words):
        return f"A word or its translation has {LONGEST} characters at most."
    if not all(any(map(str.isalnum, word)) for word in wish.terms):
        return "A word has a letter or a number in it."
    if any(is_secret(word) or redact(word) != word for word in words):
        return "That looks like a secret, which doesn't belong into a glossary."
    return ""


def _terms(wish: TermWish, workspace: str) -> Terms:
    """Return what is to be added."""
    if wish.translation:
        return Terms(workspace, wish.target, translate={wish.terms[0]: wish.translation})
    return Terms(workspace, wish.target, keep=wish.terms)


def _entries(tables: Iterable[Terms]) -> Iterator[tuple[str, str, str]]:
    """Yield each word with its translation, "" for none, and the language that this holds for, "" for every one."""
    for terms in tables:
        yield from ((word, "", terms.target) for word in terms.keep)
        yield from ((word, translation, terms.target) for word, translation in terms.translate.items())


def _lines(tables: Iterable[Terms]) -> list[str]:
    """Return what becomes of each word, as a person reads it."""
    lines = []
    for word, translation, target in _entries(tables):
        becomes = f"becomes {_listed([translation])}" if translation else "stays as written"
        lines.append(f"{_listed([word])} {becomes}{f' in {name_of(target)}' if target else ''}")
    return lines


def _listed(words: Iterable[str]) -> str:
    return ", ".join(f"“{markdown_from_plain(word)}”" for word in words)
