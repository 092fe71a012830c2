"""A report as one HTML file: the chart inside it, a table of the same figures under it, and nothing from elsewhere.

The page has no script. Its colours follow the reader's light or dark setting, in the chart too: the drawing's own
colours are replaced by the page's variables.
"""

from dataclasses import asdict
from importlib.resources import files
from re import sub

from jinja2 import Environment, StrictUndefined

from bot.mood.charts import DARK, LIGHT, described, drawing
from bot.mood.reports import Report


def page(report: Report) -> str:
    """Return the report as a document."""
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    template = environment.from_string(files("bot.mood").joinpath("report.html").read_text(encoding="utf-8"))
    return template.render(
        report=report,
        chart=_inline(drawing(report)),
        description=described(report),
        light=asdict(LIGHT),
        dark=asdict(DARK),
    )


def _inline(svg: str) -> str:
    """Return the drawing as part of the page: as wide as the page, in its colours, silent beside its description."""
    for name, colour in asdict(LIGHT).items():
        svg = svg.replace(colour, f"var(--{name})")
    svg = sub(r'(<svg\b[^>]*?) width="[^"]*"', r"\1", svg, count=1)
    svg = sub(r'(<svg\b[^>]*?) height="[^"]*"', r"\1", svg, count=1)
    return svg.replace("<svg ", '<svg aria-hidden="true" focusable="false" ', 1)
