"""Says what is new in a conversation, in the words that catching up and digests share."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from adapters.text import dates
from adapters.text.links import literal
from bot.summaries.summary import REST, Summary

SECTIONS: Mapping[str, str] = {
    "Decisions": "Decided",
    "Who does what": "Who does what by when",
    "Open questions": "Still open",
    REST: "New discussions",
}
NOTHING = "Nothing is new in {} since {}."


def told(summary: Summary) -> str:
    """Return what was decided, is to do, is still open and was discussed, each with the message that says so."""
    return "\n".join(replace(summary, dated=True).lines(SECTIONS))


def headed(channel: str, summary: Summary) -> str:
    """Return the same under the name of the channel."""
    return f"### {literal(channel)}\n\n{told(summary)}"


def nothing_since(where: str, since: datetime, this_year: int) -> str:
    """Return the sentence that nothing is new there."""
    return NOTHING.format(where, dates.moment(since, this_year))
