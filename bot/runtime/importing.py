"""Bring an export into the history: recognise its format, stream it into the store, count what was left out.

Knows neither formats nor tables, only the importers' vocabulary and the store's door.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from adapters import recognise
from adapters.chat import Channel, Imported, Message, Refusal
from bot.errors import NothingFound, UsageError
from bot.history import History


@dataclass(slots=True)
class ImportReport:
    """What an import did. `messages` were read, `added` of them were new; `secrets` were redacted in their texts."""

    format: str
    channels: int = 0
    messages: int = 0
    threads: set[tuple[str, str]] = field(default_factory=set)
    authors: set[str] = field(default_factory=set)
    added: int = 0
    secrets: int = 0
    refusals: list[Refusal] = field(default_factory=list)

    def document(self) -> dict[str, Any]:
        """The report as JSON types."""
        return {
            "format": self.format,
            "channels": self.channels,
            "messages": self.messages,
            "threads": len(self.threads),
            "authors": len(self.authors),
            "added": self.added,
            "secrets": self.secrets,
            "refused": [{"entry": refusal.entry, "reason": refusal.reason} for refusal in self.refusals],
        }

    def sentence(self) -> str:
        """The report for people."""
        redacted = f"; {self.secrets} secret{'' if self.secrets == 1 else 's'} redacted" if self.secrets else ""
        return (
            f"{self.channels} channels, {self.messages} messages, {len(self.threads)} threads, "
            f"{len(self.authors)} authors; {self.added} new{redacted}"
        )

    def count(self, item: Channel | Message) -> None:
        """Take note of one record on its way to the store."""
        if isinstance(item, Channel):
            self.channels += 1
            return
        self.messages += 1
        self.authors.add(item.author.id)
        if item.place.thread is not None:
            self.threads.add((item.place.channel, item.place.thread))


def bring_in(path: Path, database: Path, on_count: Callable[[int], None]) -> ImportReport:
    """Import the export at `path` into the history at `database`; `on_count` hears the messages so far.

    Raises NothingFound for a path that isn't there, UsageError for what is no export.
    """
    if not path.exists():
        raise NothingFound(f"There is no file or folder {path}.")
    importer = recognise(path)
    if importer is None:
        raise UsageError(
            f"{path} is not an export that I know.",
            "I read Slack exports (zip or folder) and DiscordChatExporter's JSON (file, folder or zip).",
        )
    report = ImportReport(importer.name)
    with History.open(database) as history:
        added = history.add(_records(importer.read(path), report, on_count))
    report.added, report.secrets = added.messages, added.secrets
    return report


def _records(
    items: Iterator[Imported], report: ImportReport, on_count: Callable[[int], None]
) -> Iterator[Channel | Message]:
    for item in items:
        if isinstance(item, Refusal):
            report.refusals.append(item)
            continue
        report.count(item)
        if report.messages % 500 == 0:
            on_count(report.messages)
        yield item
