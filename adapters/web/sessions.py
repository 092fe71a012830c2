"""Sessions of browsers: a random cookie, whose session says who it is and holds a token against forged forms.

In memory alone, so that a restart logs everybody out. Knows no page.
"""

import secrets
from dataclasses import dataclass, field
from hmac import compare_digest

from cachetools import TTLCache
from starlette.requests import Request

from adapters.web.catalogue import Visitor

COOKIE = "parley"
MOST, HOURS = 1000, 12
TRIES, MINUTE = 5, 60.0


@dataclass(slots=True)
class BrowserSession:
    """A browser's session. `visitor` is None until somebody has logged in; `language` is what they translate into."""

    key: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    csrf: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    visitor: Visitor | None = None
    language: str = ""


@dataclass(slots=True)
class Sessions:
    """The sessions there are, and how often somebody failed to log in from an address within a minute."""

    _open: TTLCache[str, BrowserSession] = field(default_factory=lambda: TTLCache(MOST, HOURS * 3600.0))
    _failed: TTLCache[str, int] = field(default_factory=lambda: TTLCache(MOST, MINUTE))

    def of(self, request: Request) -> BrowserSession | None:
        """Return the session that the request's cookie names."""
        return self._open.get(request.cookies.get(COOKIE, ""))

    def begin(self, visitor: Visitor | None = None) -> BrowserSession:
        """Return a new session, under a name that nobody knew before."""
        session = BrowserSession(visitor=visitor)
        self._open[session.key] = session
        return session

    def end(self, session: BrowserSession) -> None:
        """Forget the session."""
        self._open.pop(session.key, None)

    def may_try(self, address: str) -> bool:
        """Return whether that address may try a password now."""
        return self._failed.get(address, 0) < TRIES

    def failed(self, address: str) -> None:
        """Count a wrong password."""
        self._failed[address] = self._failed.get(address, 0) + 1


def is_of(session: BrowserSession, token: str) -> bool:
    """Return whether a form's token is the session's."""
    return compare_digest(session.csrf.encode(), token.encode("utf-8", "replace"))
