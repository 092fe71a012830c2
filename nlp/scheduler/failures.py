"""Tells apart what went wrong in a batch, and puts it into words that may be shown and logged."""

import logging
import traceback

from nlp.errors import CoreError, JobFailed

log = logging.getLogger(__name__)


def out_of_memory(error: BaseException) -> bool:
    """Return whether a device or the machine ran out of memory; it knows torch's errors by name, without torch."""
    text = str(error)
    return (
        isinstance(error, MemoryError)
        or type(error).__name__ == "OutOfMemoryError"
        or "DefaultCPUAllocator" in text
        or "out of memory" in text
    )


def failure(name: str, error: BaseException) -> CoreError:
    """Return the error for the caller of a failed job. The log gets only kind and place, as texts may quote a message.

    The log gets only kind and place, as texts may quote a message.
    """
    if isinstance(error, CoreError):
        return error
    log.error("%s failed: %s at %s", name, type(error).__name__, place_of(error))
    if out_of_memory(error):
        reported = JobFailed(f"{name} ran out of memory on this text.", "Choose a smaller model or a shorter text.")
    else:
        reported = JobFailed(f"{name} failed on this text ({type(error).__name__}).", "The log holds the details.")
    reported.__cause__ = error
    return reported


def place_of(error: BaseException) -> str:
    """Return where an error was raised, as file:line."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{frames[-1].filename}:{frames[-1].lineno}" if frames else "an unknown place"
