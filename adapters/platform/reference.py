"""Gives each request a short reference: it stands in every line of the log that the request causes, and in its apology.

It travels with the context, so that neither a call nor a thread has to hand it on.
"""

import hashlib
import secrets
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from structlog.contextvars import bound_contextvars, get_contextvars

NAME = "reference"
DIGITS = 4


def referenced(key: str = "") -> AbstractContextManager[Any]:
    """Return a context with a reference of the key's, or a random one; where there is one already, it stays."""
    if current():
        return nullcontext()
    digits = hashlib.sha256(key.encode("utf-8", "replace")).hexdigest() if key else secrets.token_hex(DIGITS)
    return bound_contextvars(**{NAME: digits[:DIGITS]})


def current() -> str:
    """Return the reference of the request that is being served, "" outside of one."""
    return str(get_contextvars().get(NAME, ""))
