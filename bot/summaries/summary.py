"""Defines a summary and how it is shown: items under headings, each with the messages that prove it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, time
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from adapters.chat import Message, Reply
from adapters.text import dates
from adapters.text.links import literal
from bot.conversation.context import Covers
from bot.conversation.quoting import shortened, signature, source_of
from bot.summaries.deadlines import deadline
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
OWN_NAMES = {section: section for section in SECTIONS.values()}
ROOT = 160  # characters of a message of an app that are quoted as context
TURN = 300  # characters of a message that took a decision back
NAMED = frozenset({"cause", "fix"})  # kinds that a bullet names, since their section does not


@dataclass(frozen=True, slots=True)
class Item:
    """A discussion, or what a model wrote, and what proves it.

    `point` is what it comes to, and `beside` what else is quoted of the discussion: what began it, further answers.
    `heading` is what it is about, "" where no phrase of its own says so. `others` are further messages that it rests
    on, where a model wrote it, and `verified` whether they were found to support it; `written` says that it did.
    `reversed_by` is the message that took a decision back. `under` is the message of an app in whose thread it was
    said, for the first item of that thread.
    """

    point: Point
    reversed_by: Message | None = None
    others: tuple[Message, ...] = ()
    verified: bool = True
    written: bool = False
    under: Message | None = None
    beside: tuple[Point, ...] = ()
    heading: str = ""

    @property
    def quoted(self) -> tuple[Point, ...]:
        """Return all that is quoted, in the order of time."""
        return tuple(sorted((self.point, *self.beside), key=lambda point: point.message.sent_at))

    @property
    def text(self) -> str:
        """Return the words of all that is quoted, or what a model wrote."""
        return " ".join(point.text for point in self.quoted)

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
        return (self.point.message, *(point.message for point in self.beside), *self.others, *further)

    def document(self) -> dict[str, Any]:
        """Return the document that a program reads."""
        fields = {
            "heading": self.heading,
            "text": self.text,
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
    """Items by section, in the order of time within one, and what they cover; `seconds` is how long it took.

    Where it is `dated`, times have their day, and tasks the day by which they are to be done: it may be read later.
    """

    items: tuple[Item, ...]
    covers: Covers
    notes: tuple[str, ...]
    model: str
    seconds: float
    zone: ZoneInfo
    dated: bool = False

    def reply(self) -> Reply:
        """Return a bullet an item, with who said it and when, under the headings of the sections there are."""
        text = "\n".join(self.lines()) or "There is nothing to sum up here."
        sources = tuple(map(source_of, dict.fromkeys(each for item in self.items for each in item.sources)))
        return Reply(text, sources=sources, notes=(f"Covers {self.covers.sentence()}.", *self.notes), cited=True)

    def document(self) -> dict[str, Any]:
        """Return the document that a program reads."""
        return {
            "summary": [item.document() for item in self.items],
            "covers": self.covers.document(),
            "notes": list(self.notes),
            "model": self.model,
            "seconds": round(self.seconds, 3),
        }

    def lines(self, called: Mapping[str, str] = OWN_NAMES) -> Iterator[str]:
        """Yield the items as bullets, under the sections where there are any; those may be `called` otherwise."""
        headed = any(item.section != REST for item in self.items)
        shown = {item.reversed_by.id for item in self.items if item.reversed_by}
        items = [item for item in self.items if item.reversed_by or item.point.message.id not in shown]
        for place, (section, inside) in enumerate(groupby(items, lambda item: item.section)):
            if headed:
                yield from ([""] if place else [])
                yield from (f"**{called[section]}**", "")
            yield from (self._bullet(item) + (self._due(item) if self.dated else "") for item in inside)

    def _due(self, item: Item) -> str:
        """Return the day by which a task is to be done, as far as its words say it."""
        if item.point.kind != "action":
            return ""
        due = deadline(item.point.text, item.point.message.sent_at.astimezone(self.zone).date())
        return f" — **by {dates.written(datetime.combine(due, time()), f'EEEE {dates.DAY}')}**" if due else ""

    def _bullet(self, item: Item) -> str:
        """Return the last word on a subject, what began it before, and what it took the place of after it."""
        authors = " → ".join(self._said(point, item) for point in item.quoted)
        if (by := item.reversed_by) is not None:
            last = f"{literal(shortened(' '.join(by.text.split()), TURN))} — {self._signed(by)}"
            authors = f"{last}. *Before that:* {authors}"
        doubt = "" if item.verified else " — *unverified*"
        turn = " — *reverses an earlier decision*" if item.reverses and not item.reversed_by else ""
        return f"- {self._label(item)}{authors}{doubt}{turn}{self._under(item)}"

    def _label(self, item: Item) -> str:
        """Return what the discussion is about, and that it tells a cause or a fix, since no section says that."""
        kind = item.point.kind or ""
        said = item.point.text.casefold().removeprefix("the ").startswith(kind)
        named = [literal(item.heading)] if item.heading else []
        named += [kind if named else kind.capitalize()] if kind in NAMED and not said else []
        return f"**{', '.join(named)}:** " if named else ""

    def _said(self, point: Point, item: Item) -> str:
        messages = (point.message, *(item.others if point == item.point else ()))
        return f"{literal(shortened(point.text))} — {'; '.join(map(self._signed, messages))}"

    def _signed(self, message: Message) -> str:
        return signature(
            message, self.zone, self.covers.this_year, within_a_day=self.covers.within_a_day and not self.dated
        )

    def _under(self, item: Item) -> str:
        """Return which message of an app it was said under."""
        if item.under is None:
            return ""
        return f" — under “{literal(shortened(' '.join(item.under.text.split()), ROOT))}” by {self._signed(item.under)}"
