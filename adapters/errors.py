"""Names what can go wrong at the edge, in words that may be shown: str(error) is a sentence, `remedy` what to do.

EdgeError             every error below
├── ServiceStopped    the service won't let this adapter in, and trying again can't help: a wrong or revoked token
├── Unreachable       the service can't be reached now; the same may work later
├── Unreadable        a place can't be read from its platform now
└── Unwelcome         Parley may not write in that place
    └── Elsewhere     the place is in a workspace that this adapter doesn't serve
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


class Unreachable(EdgeError):
    """The service isn't connected or didn't answer; nothing is known to have been said."""


class Unwelcome(EdgeError):
    """The service won't take anything from Parley in that place, now or later."""


class Elsewhere(Unwelcome):
    """The place is in a workspace that this adapter doesn't serve."""


class Unreadable(EdgeError):
    """The platform won't show this place to Parley."""


def first_of(group: ExceptionGroup[Exception]) -> Exception:
    """Return a refusal for good if there is one among them, else the first."""
    error: Exception = group.subgroup(ServiceStopped) or group
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    return error


def report(log: logging.Logger, what: str, error: BaseException | None) -> None:
    """Log where something failed, without the error's own words: they may quote what somebody wrote."""
    frames = "".join(traceback.format_tb(error.__traceback__ if error else None))
    log.error("%s: %s\n%s", what, type(error).__name__, frames)
