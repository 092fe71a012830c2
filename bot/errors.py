"""Names what can go wrong for the person who asks, in words that they may see, with the command line's exit codes.

ParleyError             every error below; str(error) is one sentence, `remedy` says what to do
├── UsageError          2  the request can't be understood
├── NothingFound        4  no such channel, an empty window
├── NotAllowed          2  the asker may not do that, here or at all
├── SlowDown            1  the asker, the channel or the workspace asks too much
└── FeatureUnavailable  5  a model or a feature is missing
    └── HistoryUnavailable  the stored messages can't be read or written: no database, newer, not ours to write
        ├── HistoryBusy     another process holds the file: the same works later, so nothing may be dropped for it
        ├── HistoryFull     the disk is full: reading works, storing doesn't
        └── HistoryDamaged  bytes of the file are wrong: `parley history check` names them

nlp.errors.CoreError    5  the core's own tree, shown the same way
"""

from typing import ClassVar


class ParleyError(Exception):
    """Base of the assistant's errors. `remedy` is a second sentence, possibly empty."""

    exit_code: ClassVar[int] = 1

    def __init__(self, sentence: str, remedy: str = "") -> None:
        super().__init__(sentence)
        self.remedy = remedy


class UsageError(ParleyError):
    """The request can't be understood."""

    exit_code = 2


class NothingFound(ParleyError):
    """Says that what was asked about isn't there."""

    exit_code = 4


class NotAllowed(ParleyError):
    """The asker may not do that, here or at all."""

    exit_code = 2


class SlowDown(ParleyError):
    """Too many requests; the remedy says when the next one will be served. `quiet`: the asker has heard it already."""

    def __init__(self, sentence: str, remedy: str = "", *, quiet: bool = False) -> None:
        super().__init__(sentence, remedy)
        self.quiet = quiet


class FeatureUnavailable(ParleyError):
    """A model or a feature is missing; the remedy says how to get it."""

    exit_code = 5


class HistoryUnavailable(FeatureUnavailable):
    """The store of messages can't be opened, read or written; nothing was written in part."""


class HistoryBusy(HistoryUnavailable):
    """Another process held the file for as long as one waits; the same work succeeds once it has finished."""


class HistoryFull(HistoryUnavailable):
    """The disk is full: nothing can be stored, and what is stored can be read."""


NOT_NOW = (HistoryBusy, HistoryFull)  # what can't be written now, and can be later: caches wait for that


class HistoryDamaged(HistoryUnavailable):
    """The file's bytes are not what was written: the remedy names the command that checks it."""
