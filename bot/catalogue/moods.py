"""The report of a channel's mood as a page draws it: figures of whole cells alone, and nothing about a person."""

from collections.abc import Callable
from dataclasses import replace

from adapters.chat import Intent, Place, Progress, Request
from adapters.text import dates
from adapters.web.catalogue import MoodCell, MoodReport, MoodTopic, Visitor
from bot.mood.reporting import report
from bot.mood.reports import Cell, Report
from bot.mood.stretches import Change
from bot.services import Services


async def mood(
    services: Services, who: Visitor, place: Place, intent: Intent, on_stage: Callable[[str], None]
) -> MoodReport:
    """Return the report over the intent's window. Raises as `bot.mood.reporting.report` does."""

    def tell(step: Progress) -> None:
        on_stage(step.words)

    request = Request(intent, replace(place, thread=None), who.person, progress=tell, access=who.access)
    return drawn(await report(request, services))


def drawn(found: Report) -> MoodReport:
    """Return a report as what is drawn of it."""
    changes = tuple((_cell_at(found, each), each.said(found.end.year)) for each in found.changes)
    topics = tuple(MoodTopic(each.name, each.share, each.negative, each.quotation) for each in found.topics)
    cells = tuple(_cell(each, found) for each in found.cells)
    return MoodReport(found.channel, found.finding(), found.unit, cells, changes, topics, found.notes)


def _cell(cell: Cell, found: Report) -> MoodCell:
    label = dates.day(cell.start, found.end.year)
    if cell.estimate is None:
        return MoodCell(label, 0, 0, None)
    positive, neutral, negative = cell.estimate.shares
    bounds = cell.estimate.low, cell.estimate.high
    return MoodCell(label, cell.messages, cell.authors, (positive, neutral, negative), *bounds)


def _cell_at(found: Report, change: Change) -> int:
    """Return the number of the cell with which a change begins."""
    return next((place for place, cell in enumerate(found.cells) if cell.start >= change.at), len(found.cells) - 1)
