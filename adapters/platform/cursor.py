"""Notes how far a channel has been read back, in a form that outlives a restart.

A place in a channel is what its platform sorts by: a timestamp on Slack, an id on Discord. Knows neither.
"""

import json
from dataclasses import dataclass

from adapters.text.coerce import mapping

BEGINNING = "0"


@dataclass(frozen=True, slots=True)
class Gap:
    """A gap still to be read, from `high` down to `low`. Messages before `since` count only if edited after it."""

    high: str
    low: str = BEGINNING
    since: str = BEGINNING


@dataclass(frozen=True, slots=True)
class Mark:
    """Holds how far a channel has been read: everything up to `done`, but for the gaps, the newest of them last."""

    done: str = ""
    gaps: tuple[Gap, ...] = ()

    def until(self, now: str, low: str) -> "Mark":
        """Return the mark with a gap from now down to `low` added."""
        return Mark(now, (*self.gaps, Gap(now, low, self.done or BEGINNING)))

    def without_newest(self) -> "Mark":
        """Return the mark when its newest gap is closed."""
        return Mark(self.done, self.gaps[:-1])

    def read_to(self, place: str) -> "Mark":
        """Return the mark when its newest gap is read down to `place`."""
        newest = self.gaps[-1]
        return Mark(self.done, (*self.gaps[:-1], Gap(place, newest.low, newest.since)))

    def text(self) -> str:
        """Return the mark as the host keeps it."""
        gaps = [[gap.high, gap.low, gap.since] for gap in self.gaps]
        return json.dumps({"v": 1, "done": self.done, "gaps": gaps}, separators=(",", ":"))


def read_mark(text: str) -> Mark:
    """Return a kept mark; an empty one for anything that isn't, which reads the channel again."""
    try:
        document = mapping(json.loads(text)) if text else {}
        gaps = tuple(Gap(*map(str, gap)) for gap in document.get("gaps", ()))
        return Mark(str(document.get("done", "")), gaps)
    except (ValueError, TypeError):
        return Mark()
