"""Talks to the Hub without waiting for ever, and says in a sentence what went wrong between it and this machine.

The Hub's client waits for as long as the Hub likes, so that it works on a thread of its own, which is left when it
falls silent. Address, token, cache and being offline are the client's own settings: HF_ENDPOINT, HF_TOKEN, HF_HOME and
HF_HUB_OFFLINE. Knows no listing and no file.
"""

import errno
import threading
import time
from collections.abc import Callable, Iterator
from typing import TypeVar

from huggingface_hub import constants, get_token
from huggingface_hub.errors import (
    DisabledRepoError,
    EntryNotFoundError,
    GatedRepoError,
    HfHubHTTPError,
    HFValidationError,
    LocalEntryNotFoundError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

from nlp.errors import ModelUnavailable
from nlp.scheduler.family import Binding

SILENCE = 30.0  # seconds without a new piece after which the Hub is left
FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
LOGIN = "put a token of yours into HF_TOKEN (or run `hf auth login`)"
UNAUTHORIZED = 401  # what the Hub says of a private model and of a wrong token alike
UNKNOWN = (
    "The Hub has no model {model}, or it is private.",
    f"Check its name on {{hub}}/models; for a private one, {LOGIN}.",
)
SENTENCES: tuple[tuple[type[BaseException], str, str], ...] = (  # the first that fits
    (
        GatedRepoError,
        "{model} is gated: its authors give access to single accounts, and yours has none.",
        f"Ask for it on {{hub}}/{{model}}, {LOGIN}, and pull again.",
    ),
    (
        RevisionNotFoundError,
        "{model} has no revision {revision} on the Hub.",
        "See which it has: {hub}/{model}/commits",
    ),
    (DisabledRepoError, "{model} is disabled on the Hub.", "Choose another model."),
    (RepositoryNotFoundError, *UNKNOWN),
    (
        OfflineModeIsEnabled,
        "HF_HUB_OFFLINE is set, so the Hub isn't asked for {model}.",
        "Unset it and pull again, or copy the cache of a machine that has the model.",
    ),
    (
        HFValidationError,
        "{model!r} can't be the name of a model on the Hub.",
        "Write it as the Hub does, such as intfloat/multilingual-e5-small.",
    ),
    (
        EntryNotFoundError,
        "The Hub lists a file of {model} that it doesn't have.",
        "Pull again, or choose another revision.",
    ),
    (
        PermissionError,
        "The folder that {model} is to lie in can't be written.",
        "Set `models.folder` or HF_HOME to a folder of yours.",
    ),
)
BY_STATUS = {
    UNAUTHORIZED: (
        "The Hub doesn't know your token, so {model} could not be fetched.",
        "Correct HF_TOKEN (or run `hf auth login`), or unset it: public models need none.",
    ),
    403: (
        "The Hub refuses {model} to the account of your token.",
        "Give the token the permission to read it, then pull again.",
    ),
}
Made = TypeVar("Made")


def watched(binding: Binding, work: Callable[[Callable[[], None]], Made]) -> Made:
    """Do `work` on a thread of its own; it calls what it is given whenever something has come.

    Raises ModelUnavailable where nothing comes for SILENCE seconds, or the Hub's client fails.
    """
    last, left = time.monotonic(), False
    results: list[Made] = []
    failed: list[Exception] = []

    def heard() -> None:
        nonlocal last
        if left:
            raise TimeoutError
        last = time.monotonic()

    def run() -> None:
        try:
            results.append(work(heard))
        except Exception as error:  # noqa: BLE001 - raised again where it is waited for
            failed.append(error)

    thread = threading.Thread(target=run, name="hub", daemon=True)
    thread.start()
    while thread.is_alive():
        thread.join(min(0.1, SILENCE))
        if thread.is_alive() and time.monotonic() - last > SILENCE:
            left = True
            what = f"{binding.model} could not be fetched: nothing came from the Hub for {SILENCE:.0f} seconds."
            raise ModelUnavailable(binding.task, what, "Pull again later; what is here already is kept.")
    if failed:
        raise told(failed[0], binding)
    return results[0]


def told(error: Exception, binding: Binding) -> ModelUnavailable:
    """Return what the Hub's client raised, which depends on its HTTP library, in words for people."""
    if isinstance(error, ModelUnavailable):
        return error
    found = next(filter(None, (said(each, binding) for each in chain(error))), None)
    what, remedy = found or (
        f"{binding.model} could not be fetched: the Hub at {constants.ENDPOINT} can't be reached.",
        "Check the network (and HF_ENDPOINT, HTTPS_PROXY), then pull again; what is here already is kept.",
    )
    unavailable = ModelUnavailable(binding.task, what, remedy)
    unavailable.__cause__ = error
    return unavailable


def chain(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and what it came of."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def said(error: BaseException, binding: Binding) -> tuple[str, str] | None:
    """Return a sentence about an error and what to do, None where another one of the chain says more."""
    if isinstance(error, LocalEntryNotFoundError):
        return None  # it wraps what really happened
    known = {"model": binding.model, "revision": binding.revision or "main", "hub": constants.ENDPOINT}
    found = next(((what, remedy) for kind, what, remedy in SENTENCES if isinstance(error, kind)), None)
    if found is None and isinstance(error, HfHubHTTPError):
        found = by_status(int(error.response.status_code), known_token=bool(get_token()))
    elif isinstance(error, OSError) and error.errno in FULL:
        found = ("The disk is full, so {model} could not be fetched.", "Make room, or set `models.folder`; pull again.")
    return (found[0].format(**known), found[1].format(**known)) if found else None


def by_status(status: int, *, known_token: bool) -> tuple[str, str]:
    """Return what an answer of the Hub means that its client has no name for."""
    if status == UNAUTHORIZED and not known_token:
        return UNKNOWN
    return BY_STATUS.get(status) or (
        f"{{model}} could not be fetched: the Hub answered {status}.",
        "Pull again later; what is here already is kept.",
    )
