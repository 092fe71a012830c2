"""Keeps what was said: messages, their search index and their vectors, in one SQLite file on this machine.

`History` is plain and belongs to the thread that opened it; `HistoryThread` is the async door to one on a thread of
its own. Knows no platform and no model.
"""

from bot.history.store import History
from bot.history.thread import HistoryThread
from bot.history.values import (
    Added,
    ChannelStats,
    Cleared,
    Consent,
    Derived,
    Exchange,
    Hit,
    Holdings,
    Judged,
    Receipt,
    Scope,
    Size,
    Stats,
)

__all__ = [
    "Added",
    "ChannelStats",
    "Cleared",
    "Consent",
    "Derived",
    "Exchange",
    "History",
    "HistoryThread",
    "Hit",
    "Holdings",
    "Judged",
    "Receipt",
    "Scope",
    "Size",
    "Stats",
]
