"""Says that people write faster than translations may be posted, and offers the summary instead."""

from datetime import datetime, timedelta

from adapters.chat import Action, Intent, Place, Posting, Reply, Window
from adapters.text.counts import counted

WITHIN = timedelta(minutes=15)


def too_much(place: Place, skipped: int, at: datetime) -> Posting:
    """Return what is said once where so many messages were passed over."""
    line = f"I passed over {counted(skipped, 'message')} here: they came faster than I may post their translations."
    summary = Action("Sum them up", Intent("summarize", window=Window(since=at - WITHIN)))
    key = f"{place.channel}/overload/{at:%Y%m%dT%H%M%S}"
    note = "Newer messages are translated again."
    return Posting(key, line, place, Reply(line, notes=(note,), actions=(summary,), private=False))
