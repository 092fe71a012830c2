"""Defines a summary and how it is shown: items under headings, each with the messages that prove it."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from adapters.chat import Message, Reply
from adapters.text import dates
from adapters.text.links import literal
from bot.conversation.context import Covers
from bot.conversation.quoting import shortened, signature, source_of
from bot.summaries.points import Point
from nlp.text.dialogue_acts import Kind, reverses

REST = "What happened"
SECTIONS: dict[Kind | None, str] = {
    "decision": "Decisions",
    "action": "Who does what",
    "open question": "Open questions",
    "cause": REST,
    "fix": REST,
    None: REST,
}
ROOT = 160  # characters of a message of an app that are quoted as context
NAMED = frozenset({"cause", "fix"})  # kinds that a bullet names, since their section does not


@dataclass(frozen=True, slots=True)
class Item:
    """A point of the summary and what proves it.

    `others` are further messages that it rests on, where a model wrote it, and `verified` whether they were found to
    support it; `written` says that it did. `reversed_by` is the message that took a decision back. `under` is
    the message of an app in whose thread it was said, for the first item of that thread.
    """

    point: Point
    reversed_by: Message | None = None
    others: tuple[Message, ...] = ()
    verified: bool = True
    written: bool = False
    under: Message | None = None

    @property
    def section(self) -> str:
        """Return the heading it stands under."""
        return SECTIONS[self.point.kind]

    @property
    def reverses(self) -> bool:
        """Return whether it is a decision that takes back another."""
        return self.point.kind == "decision" and reverses(self.point.message.text)

    @property
    def sources(self) -> tuple[Message, ...]:
        """Return the messages that prove it."""
        further = (each for each in (self.reversed_by, self.under) if each)
        return (self.point.message, *self.others, *further)

    def document(self) -> dict[str, Any]:
        """Return the document that a program reads."""
        fields = {
            "text": self.point.text,
            "sources": [each.id for each in self.sources],
            "kind": self.point.kind,
            "verified": self.verified,
            "under": self.under.id if self.under else None,
        }
        if self.point.kind != "decision":
            return fields
        by = self.reversed_by
        return fields | {"reverses": self.reverses, "reversed": by.sent_at.isoformat() if by else None}


@dataclass(frozen=True, slots=True)
class Summary:
    """Items by section, in the order of time within one, and what they cover; `seconds` is how long it took."""

    items: tuple[Item, ...]
    covers: Covers
    notes: tuple[str, ...]
    model: str
    seconds: float
    zone: ZoneInfo

    def reply(self) -> Reply:
        """Return a bullet an item, with who said it and when, under the headings of the sections there are."""
        text = "\n".join(self._lines()) or "There is nothing to sum up here."
        sources = tuple(map(source_of, dict.fromkeys(each for item in self.items for each in item.sources)))
        return Reply(text, sources=sources, notes=(f"Covers {self.covers.sentence()}.", *self.notes))

    def document(self) -> dict[str, Any]:
        """Return the document that a program reads."""
        return {
            "summary": [item.document() for item in self.items],
            "covers": self.covers.document(),
            "notes": list(self.notes),
            "model": self.model,
            "seconds": round(self.seconds, 3),
        }

    def _lines(self) -> Iterator[str]:
        headed = any(item.section != REST for item in self.items)
        for place, (section, items) in enumerate(groupby(self.items, lambda item: item.section)):
            if headed:
                yield from (["", f"**{section}**", ""] if place else [f"**{section}**", ""])
            yield from map(self._bullet, items)

    def _bullet(self, item: Item) -> str:
        kind = item.point.kind or ""
        named = kind not in NAMED or item.point.text.casefold().removeprefix("the ").startswith(kind)
        label = "" if named else f"**{kind.capitalize()}:** "
        said = "; ".join(self._signed(message) for message in (item.point.message, *item.others))
        doubt = "" if item.verified else " — *unverified*"
        return f"- {label}{literal(shortened(item.point.text))} — {said}{doubt}{self._turn(item)}{self._under(item)}"

    def _signed(self, message: Message) -> str:
        return signature(message, self.zone, self.covers.this_year)

    def _under(self, item: Item) -> str:
        """Return which message of an app it was said under."""
        if item.under is None:
            return ""
        return f" — under “{literal(shortened(' '.join(item.under.text.split()), ROOT))}” by {self._signed(item.under)}"

    def _turn(self, item: Item) -> str:
        """Return the words that the decision no longer holds, or that it takes back another."""
        if (by := item.reversed_by) is not None:
            at = by.sent_at.astimezone(self.zone)
            when = dates.day(at, at.year)
            return f" — *reversed on {f'[{when}]({by.permalink})' if by.permalink else when}*"
        return " — *reverses an earlier decision*" if item.reverses else ""
