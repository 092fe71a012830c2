"""What can go wrong at the edge, in words that may be shown: str(error) is one sentence, `remedy` says what to do.

EdgeError             every error below
├── ServiceStopped    the service won't let this adapter in, and trying again can't help: a wrong or revoked token
└── Unreadable        a place can't be read from its platform now
"""

import logging
import traceback


class EdgeError(Exception):
    """Base of the adapters' errors. `remedy` is a second sentence, possibly empty."""

    def __init__(self, sentence: str, remedy: str = "") -> None:
        super().__init__(sentence)
        self.remedy = remedy


class ServiceStopped(EdgeError):
    """The service refuses this adapter for good; whoever runs it must change something first."""


class Unreadable(EdgeError):
    """The platform won't show this place to Parley."""


def report(log: logging.Logger, what: str, error: BaseException | None) -> None:
    """Log where something failed, without the error's own words: they may quote what somebody wrote."""
    frames = "".join(traceback.format_tb(error.__traceback__ if error else None))
    log.error("%s: %s\n%s", what, type(error).__name__, frames)
