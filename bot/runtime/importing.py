"""Bring an export into the history: recognise its format, stream it into the store, count what was left out.

Knows neither formats nor tables, only the importers' vocabulary and the store's door.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from adapters import recognise
from adapters.chat import Channel, Imported, Message, Place, Refusal, Remark
from adapters.files import open_plain
from adapters.imports.formats import EXPORTS, explain
from adapters.text.counts import counted
from bot.errors import NothingFound, UsageError
from bot.history import History
from bot.history.copies import records as own
from bot.history.copies.records import Record
from bot.history.copies.taking import HEAD_BYTES, CopyFlaw, is_export, read

Seen = TypeVar("Seen")
MOST_NAMED = 100  # refusals; the others are counted
MOST_COUNTED = 1_000_000  # people and threads that are counted apart, so that no export fills the memory


@dataclass(slots=True)
class ImportReport:
    """The report of an import. `messages` were read, `added` of them were new; `secrets` were redacted in their texts.

    `refused` entries were left out, of which `refusals` names the first.
    """

    format: str
    places: set[Place] = field(default_factory=set)
    messages: int = 0
    threads: set[tuple[str, str]] = field(default_factory=set)
    authors: set[str] = field(default_factory=set)
    added: int = 0
    secrets: int = 0
    refused: int = 0
    refusals: list[Refusal] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    def document(self) -> dict[str, Any]:
        """Return the report as JSON types."""
        return {
            "format": self.format,
            "channels": len(self.places),
            "messages": self.messages,
            "threads": len(self.threads),
            "authors": len(self.authors),
            "added": self.added,
            "secrets": self.secrets,
            "refused": [{"entry": refusal.entry, "reason": refusal.reason} for refusal in self.refusals],
            "left_out": self.refused,
            "remarks": self.remarks,
        }

    def sentence(self) -> str:
        """Return the report for people."""
        redacted = f"; {counted(self.secrets, 'secret')} redacted" if self.secrets else ""
        read = (
            counted(len(self.places), "channel"),
            counted(self.messages, "message"),
            counted(len(self.threads), "thread"),
            counted(len(self.authors), "author"),
        )
        return f"{', '.join(read)}; {self.added:,} new{redacted}"

    def count(self, item: Channel | Message) -> None:
        """Take note of one record on its way to the store."""
        if isinstance(item, Channel):
            _count(self.places, item.place)
            return
        self.messages += 1
        _count(self.authors, item.author.id)
        if item.place.thread is not None:
            _count(self.threads, (item.place.channel, item.place.thread))

    def refuse(self, refusal: Refusal) -> None:
        """Take note of what was left out."""
        self.refused += refusal.count
        if len(self.refusals) < MOST_NAMED:
            self.refusals.append(refusal)

    def complaints(self) -> Iterator[str]:
        """Yield what was left out, a sentence each, and how many there were besides."""
        yield from (f"left out {refusal.entry}: {refusal.reason}" for refusal in self.refusals)
        more = self.refused - sum(refusal.count for refusal in self.refusals)
        if more:
            yield f"left out {more:,} more"


def _count(seen: set[Seen], item: Seen) -> None:
    if len(seen) < MOST_COUNTED:
        seen.add(item)


def bring_in(path: Path, database: Path, on_count: Callable[[int], None]) -> ImportReport:
    """Import the export at `path` into the history at `database`; `on_count` gets the number of messages so far.

    Raises NothingFound for a path that isn't there, UsageError for what isn't an export.
    """
    if not path.exists():
        raise NothingFound(f"There is no file or folder {path}.")
    if not path.is_file() and not path.is_dir():
        raise UsageError(f"{path} is neither a plain file nor a folder.", EXPORTS)
    if is_own(path):
        return _take_back(path, database, on_count)
    importer = recognise(path)
    if importer is None:
        raise UsageError(f"{path} is not an export that I know.", explain(path) or EXPORTS)
    report = ImportReport(importer.name)
    with History.open(database) as history:
        added = history.add(_records(importer.read(path), report, on_count))
    report.added, report.secrets = added.messages, added.secrets
    return report


def is_own(path: Path) -> bool:
    """Return whether `path` is what `parley history export` writes."""
    try:
        with open_plain(path) as stream:
            return is_export(stream.read(HEAD_BYTES))
    except OSError:  # a folder, or what the importers refuse in words of their own
        return False


def _take_back(path: Path, database: Path, on_count: Callable[[int], None]) -> ImportReport:
    """Import what another history wrote: messages, and everything that was decided about them."""
    report = ImportReport("parley")
    with History.open(database) as history, open_plain(path) as stream:
        added = history.take(_own_records(read(stream), report, on_count))
    report.added, report.secrets = added.messages, added.secrets
    return report


def _own_records(
    lines: Iterator[Record | CopyFlaw], report: ImportReport, on_count: Callable[[int], None]
) -> Iterator[Record]:
    for line in lines:
        if isinstance(line, CopyFlaw):
            report.refuse(Refusal(f"line {line.number}", line.reason))
            continue
        if isinstance(line, own.Message | own.Room):
            report.count(line.known())
            if report.messages % 500 == 0:
                on_count(report.messages)
        yield line


def _records(
    items: Iterator[Imported], report: ImportReport, on_count: Callable[[int], None]
) -> Iterator[Channel | Message]:
    for item in items:
        if isinstance(item, Refusal):
            report.refuse(item)
            continue
        if isinstance(item, Remark):
            report.remarks.append(item.sentence)
            continue
        report.count(item)
        if report.messages % 500 == 0:
            on_count(report.messages)
        yield item
