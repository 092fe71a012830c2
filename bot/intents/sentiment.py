"""Says how a text sounds; or, without a text, the mood of a channel over a window, in aggregate only.

A channel's mood is its report (`bot.mood.reporting`) in a few lines and one picture: never about one person, withheld
where too few speak, and only of channels whose messages are kept with consent.
"""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from adapters.chat import Attachment, Command, Entrances, Option, Prompt, Reply, Request
from bot.history.derived.scores import LABELS
from bot.mood.reporting import report
from bot.mood.reports import Report
from bot.mood.sentiment import Judgement, judge
from bot.services import Services

COMMAND = Command(
    "sentiment",
    "Say how a text sounds, or the mood of this channel.",
    argument="text",
    options=(Option("window", "which messages, such as 2 days or last 100", "window"),),
    aliases=("mood",),
    judged=True,
    repeatable=True,
    entrances=Entrances("mood", prompt=Prompt("How is the mood in {}?", "mood this week")),
)


@dataclass(frozen=True, slots=True)
class MoodResult:
    """A channel's report, by `model`, and its chart where there is something to show."""

    found: Report
    model: str
    files: tuple[Attachment, ...] = ()

    def reply(self) -> Reply:
        """Return the reply as a person reads it: the finding, the shares, the topics, then what it rests on."""
        shares = [f"- {label}: {share:.0%}" for label, share in self._shares().items()]
        topics = [f"- {each.said()}" for each in self.found.topics]
        parts = (self.found.finding(), self.found.moved, "\n".join(shares), "\n".join(topics))
        return Reply("\n\n".join(part for part in parts if part), notes=self.found.notes, files=self.files)

    def document(self) -> dict[str, Any]:
        """Return the document that a program reads."""
        covers = {
            "messages": self.found.messages + self.found.left_out,
            "authors": self.found.authors,
            "from": self.found.start.astimezone(UTC).isoformat(),
            "to": self.found.end.astimezone(UTC).isoformat(),
            "left_out": self.found.left_out,
        }
        withheld = [] if self.found.overall else [self.found.finding()]
        counts = {"messages": self.found.messages, "authors": self.found.authors}
        notes = [*withheld, *self.found.notes]
        return {"shares": self._shares(), **counts, "covers": covers, "notes": notes, "model": self.model}

    def _shares(self) -> dict[str, float]:
        return dict(zip(LABELS, self.found.overall.shares, strict=True)) if self.found.overall else {}


async def run(request: Request, services: Services) -> Judgement | MoodResult:
    """Judge the argument, or the window of the channel where there is none."""
    if text := request.intent.argument.strip():
        return (await judge([text], services.core))[0]
    return await mood(request, services)


async def mood(request: Request, services: Services, last: datetime | None = None) -> MoodResult:
    """Return the mood of the request's window; with `last`, also what moved most from before then to after.

    Raises NothingFound, UsageError and ModelUnavailable.
    """
    current = await report(request, services, last)
    files = (await asyncio.to_thread(_chart, current),) if current.overall else ()
    return MoodResult(current, services.core.model_name("sentiment"), files)


def _chart(found: Report) -> Attachment:
    from bot.mood.charts import described, lines, picture  # noqa: PLC0415 - matplotlib, for those who look at a mood

    return Attachment("mood.png", picture(found), "image/png", described(found), lines(found))
