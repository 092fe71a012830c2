"""Puts into words what goes wrong with a server, and tells what may pass if one asks again.

Nothing of what the server wrote comes into a sentence: its errors may quote what it was sent.
"""

import time
from email.utils import parsedate_to_datetime

from nlp.errors import CoreError, JobFailed, JobTooLong, ModelRefused, ModelUnavailable
from nlp.remote.addresses import host_of
from nlp.scheduler.family import Binding, Endpoint

TOO_LONG = (  # what servers call a text that their model can't take: OpenAI and vLLM, llama.cpp, TGI, Ollama
    "context_length_exceeded", "maximum context length", "context size", "context length", "context window",
    "inputs tokens", "input length", "too many tokens",
)  # fmt: skip
BUSY = frozenset({408, 429})
SPLIT = frozenset({400, 413, 422})  # what refuses a list where perhaps one text of it is at fault
KEY, MISSING, MOVED = frozenset({401, 403}), frozenset({404, 405, 501}), range(300, 400)
FIRST_FAULT = 500


class Passing(Exception):
    """A failure that may pass: `error` is for the caller if it doesn't, `after` seconds are asked for."""

    def __init__(self, error: CoreError, after: float | None = None) -> None:
        super().__init__(str(error))
        self.error = error
        self.after = after


class Unacceptable(Exception):
    """The server refuses a request for what it holds: too many texts, or one that it can't take."""

    def __init__(self, error: CoreError) -> None:
        super().__init__(str(error))
        self.error = error


class Wrong(ValueError):
    """A server sent something else than what was asked for. Says what is wrong with it, and nothing of its content."""


class Refusals:
    """The sentences about one server and the model that it is asked for."""

    def __init__(self, binding: Binding, endpoint: Endpoint) -> None:
        self._task = binding.task
        self._model = binding.name
        self._host = host_of(endpoint)
        self._timeout = endpoint.timeout

    def unreachable(self) -> CoreError:
        """Return that nobody answers there."""
        return self.off(
            f"The server of {self._model} at {self._host} can't be reached", "Start it, or correct its url."
        )

    def untrusted(self) -> CoreError:
        """Return that the server's certificate doesn't prove who it is."""
        return self.refused(
            f"The certificate of {self._host} isn't one that this machine trusts for it",
            "If its authority is your own, name the file of that authority's certificate in ca_file.",
        )

    def late(self) -> CoreError:
        """Return that the answer took too long."""
        return self.off(
            f"{self._model} at {self._host} didn't answer within {self._timeout:g} seconds",
            f"Try again, or raise timeout in [models.{self._task}].",
        )

    def broken_off(self) -> CoreError:
        """Return that an answer ended before its end, when its beginning had been shown already."""
        return JobFailed(f"The answer of {self._model} at {self._host} broke off.", "Ask again.")

    def wrong(self, what: str) -> CoreError:
        """Return that the server sent what can't be used."""
        return self.refused(
            f"{self._model} at {self._host} sent {what}", "Look whether url, family and model are those of the server."
        )

    def left(self) -> CoreError:
        """Return that nobody waits for the answer any more."""
        return JobFailed(f"The request to {self._model} was given up.")

    def of(self, status: int, said: bytes, retry_after: str) -> Exception:
        """Return what an answer with another status than 200 means; `said` is looked at and never shown."""
        if status in SPLIT:
            return Unacceptable(self._unacceptable(status, said))
        if status in BUSY or (status >= FIRST_FAULT and status not in MISSING):
            return self._passing(status, seconds(retry_after))
        if status in KEY:
            remedy = f"Name it by api_key_env or api_key_file in [models.{self._task}]."
            return self.refused(f"{self._host} doesn't accept the key of {self._model}", remedy)
        if status in MOVED:
            what = f"{self._host} would send the request on to another place, which isn't followed"
            return self.refused(what, "Write the place that it sends on to as url, if you trust it.")
        if status in MISSING:
            what = f"{self._host} knows no such request or no model {self._model}"
            return self.off(what, "Correct url (that of most servers ends with /v1) or model.")
        return self.off(f"{self._host} refused the request with status {status}", "Look into the server's log.")

    def _passing(self, status: int, after: float | None) -> Passing:
        if status in BUSY:
            when = f"in {after:.0f} seconds" if after else "in a minute"
            return Passing(self.off(f"{self._model} at {self._host} has too much to do", f"Try again {when}."), after)
        what = f"{self._model} at {self._host} failed with status {status}"
        return Passing(self.off(what, "Look into the server's log."), after)

    def _unacceptable(self, status: int, said: bytes) -> CoreError:
        text = said.decode(errors="replace").casefold()
        if any(words in text for words in TOO_LONG) or status == 413:  # noqa: PLR2004 - "payload too large"
            return JobTooLong(f"The text is longer than {self._model} at {self._host} takes.", "Ask about less text.")
        return JobFailed(f"{self._model} at {self._host} refused this text.", "The server's log may say why.")

    def off(self, what: str, remedy: str) -> ModelUnavailable:
        """Return that a feature doesn't work for now."""
        return ModelUnavailable(self._task, f"{what}, so {self._task} is off.", remedy)

    def refused(self, what: str, remedy: str) -> ModelRefused:
        """Return that a feature doesn't work until the owner changes something."""
        return ModelRefused(self._task, f"{what}, so {self._task} is off.", remedy)


def seconds(retry_after: str) -> float | None:
    """Return the seconds that a Retry-After header asks for, a number or a date; None for what is neither."""
    try:
        return max(0.0, float(retry_after))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(retry_after).timestamp() - time.time())
    except (ValueError, TypeError):
        return None
