"""The picture of a report and its colours (`Theme`): shares, the band of the negative one, changes, how much was said.

Drawn for the width of a phone, in colours that the colour-blind tell apart (Okabe and Ito), light or dark. The same
report gives the same bytes. Knows only what a report says, so nothing that it withholds.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import ceil
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.dates import date2num
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from adapters.chat import Chart
from adapters.text import dates
from bot.mood.reports import Cell, Report, day

WIDTH, HEIGHT, DOTS = 5.2, 4.7, 200  # inches, and pixels an inch of a picture
MOST_DATES = 6  # under the axis
CROWDED = 40  # cells beyond which bars touch, and bands are shades instead of lines
LABEL, ROW = 0.14, 15  # what the day of a change takes: of the width, and in points of the height


@dataclass(frozen=True, slots=True)
class Theme:
    """Colours as #rrggbb, every one different, so that a page can put its own in their place."""

    paper: str = "#ffffff"
    ink: str = "#1c1e21"
    faint: str = "#d0d3d6"
    positive: str = "#56b4e9"
    neutral: str = "#e4e6e9"
    negative: str = "#d55e00"
    volume: str = "#7a8087"


LIGHT = Theme()
DARK = Theme("#16181b", "#eceef0", "#43484d", "#56b4e8", "#3a3f45", "#e8731a", "#9aa1a8")
STYLE = {"svg.hashsalt": "parley", "svg.fonttype": "none", "font.size": 10.0, "font.family": ["DejaVu Sans"]}


def picture(report: Report, theme: Theme = LIGHT) -> bytes:
    """Return the chart as PNG."""
    return _saved(
        report, theme, format="png", dpi=DOTS, metadata={"Software": "Parley", "Description": described(report)}
    )


def drawing(report: Report, theme: Theme = LIGHT) -> str:
    """Return the chart as the `<svg>` element of a page, without the prologue."""
    nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
    text = _saved(report, theme, format="svg", metadata=nothing).decode()
    return text[text.index("<svg") :]


def lines(report: Report) -> Chart | None:
    """Return shares and band in percent, for a service that draws lines, or None where a cell is withheld.

    Lines have no gap, and one that joined both sides of it would say something of what is withheld.
    """
    estimates = [cell.estimate for cell in report.cells if cell.estimate]
    if len(estimates) < max(2, len(report.cells)):
        return None
    rows = {
        "negative": [each.negative for each in estimates],
        "negative, at least": [each.low for each in estimates],
        "negative, at most": [each.high for each in estimates],
        "positive": [each.shares[0] for each in estimates],
    }
    labels = tuple(_label(cell.start, report) for cell in report.cells)
    series = tuple((name, tuple(round(share * 100, 0) for share in shares)) for name, shares in rows.items())
    return Chart(f"% of messages in {report.channel}", labels, series)


def _label(at: datetime, report: Report) -> str:
    years = report.start.year != report.end.year
    return dates.written(at, dates.SHORT_DATE if years else dates.SHORT_DAY)


def described(report: Report) -> str:
    """Return the chart in words, for people who can't see it."""
    shown = [cell for cell in report.cells if cell.estimate]
    if not shown:
        return report.finding()
    unit = report.unit
    worst = max(shown, key=lambda cell: cell.estimate.negative if cell.estimate else 0)
    calm = min(shown, key=lambda cell: cell.estimate.negative if cell.estimate else 1)
    return (
        f"{report.finding()} {_withheld(len(report.cells) - len(shown), len(report.cells), unit)}"
        f"The negative share is highest in the {unit} of {_point(worst, report)} and lowest in the {unit} of "
        f"{_point(calm, report)}."
    )


def _withheld(count: int, cells: int, unit: str) -> str:
    """Return how many of the chart's bars say nothing, "" for none."""
    if not count:
        return ""
    return f"Of {cells} {unit}s, {count} {'is' if count == 1 else 'are'} withheld. "


def _point(cell: Cell, report: Report) -> str:
    assert cell.estimate
    return f"{day(cell.start, report.end)} with {cell.estimate.negative:.0%}"


def _saved(report: Report, theme: Theme, **options: Any) -> bytes:
    with mpl.rc_context(STYLE):
        figure = Figure((WIDTH, HEIGHT), layout="constrained", facecolor=theme.paper)
        FigureCanvasAgg(figure)
        shares, volume = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
        _draw_shares(shares, report.cells, theme)
        _draw_volume(volume, report.cells, theme)
        _mark_changes(shares, volume, report, theme)
        _finish(shares, volume, report.cells, theme)
        content = io.BytesIO()
        figure.savefig(content, **options)
        return content.getvalue()


def _draw_shares(axes: Axes, cells: Sequence[Cell], theme: Theme) -> None:
    """Draw the shares, negative lowest, so that its height and its band are read from the axis."""
    for cell in cells:
        middle, width = _span(cell, crowded=len(cells) > CROWDED)
        if cell.estimate is None:
            axes.bar(middle, 1, width, color="none", edgecolor=theme.faint, hatch="////", linewidth=0)
            continue
        positive, neutral, negative = cell.estimate.shares
        axes.bar(middle, negative, width, color=theme.negative)
        axes.bar(middle, neutral, width, negative, color=theme.neutral)
        axes.bar(middle, positive, width, negative + neutral, color=theme.positive)
        low, high = cell.estimate.low, cell.estimate.high
        if len(cells) > CROWDED:
            axes.bar(middle, high - low, width, low, color=theme.ink, alpha=0.3, linewidth=0)
        else:
            axes.vlines(middle, low, high, color=theme.ink, linewidth=1.6)
    for name in ("positive", "neutral", "negative"):
        axes.bar(0, 0, 0, color=getattr(theme, name), label=name)
    if any(cell.estimate is None for cell in cells):
        axes.bar(0, 0, 0, color="none", edgecolor=theme.faint, hatch="////", label="withheld")


def _draw_volume(axes: Axes, cells: Sequence[Cell], theme: Theme) -> None:
    for cell in cells:
        middle, width = _span(cell, crowded=len(cells) > CROWDED)
        axes.bar(middle, cell.messages, width, color=theme.volume)


def _mark_changes(shares: Axes, volume: Axes, report: Report, theme: Theme) -> None:
    """Draw a line through both parts for each change, its day beside it; days that are close stand under each other."""
    start, end = (float(date2num(at)) for at in (report.cells[0].start, report.cells[-1].end))
    last, row = start - (end - start), 0
    for change in report.changes:
        at = float(date2num(change.at))
        for axes in (shares, volume):
            axes.axvline(at, color=theme.ink, linestyle=(0, (4, 3)), linewidth=1.2)
        row = row + 1 if at - last < LABEL * (end - start) else 0
        last, late = at, at > end - LABEL * (end - start)
        side, offset = ("right", -3) if late else ("left", 3)
        shares.annotate(
            dates.written(change.at, dates.SHORT_DAY), (at, 1), (offset, -3 - ROW * row), ha=side,
            textcoords="offset points", va="top", color=theme.ink, fontsize=9,
            bbox={"facecolor": theme.paper, "edgecolor": "none", "pad": 1.5},
        )  # fmt: skip


def _span(cell: Cell, *, crowded: bool) -> tuple[float, float]:
    """Return the middle and the width of a cell's bar, in matplotlib's days."""
    start, end = float(date2num(cell.start)), float(date2num(cell.end))
    return (start + end) / 2, (end - start) * (1.0 if crowded else 0.86)


def _finish(shares: Axes, volume: Axes, cells: Sequence[Cell], theme: Theme) -> None:
    shares.set_ylim(0, 1)
    shares.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    shares.set_ylabel("share of messages", color=theme.ink)
    volume.set_ylabel("messages", color=theme.ink)
    volume.yaxis.set_major_locator(MaxNLocator(3, integer=True))
    volume.set_ylim(bottom=0, top=None if any(cell.messages for cell in cells) else 1)
    starts = [cell.start for cell in cells[:: max(1, ceil(len(cells) / MOST_DATES))]]
    several = len({start.year for start in starts}) > 1
    volume.set_xticks(
        [float(date2num(start)) for start in starts],
        [dates.written(start, f"{dates.MONTH}\ny" if several else dates.SHORT_DAY) for start in starts],
        ha="left",
    )
    for axes in (shares, volume):
        axes.set_facecolor("none")
        axes.tick_params(colors=theme.ink, length=0)
        for side, spine in axes.spines.items():
            spine.set_visible(side == "bottom")
            spine.set_color(theme.faint)
    shares.figure.legend(*shares.get_legend_handles_labels(), loc="outside upper left", ncols=4, frameon=False,
        labelcolor=theme.ink, handlelength=1.1, handleheight=1.0, columnspacing=1.2, borderaxespad=0.2)  # fmt: skip
