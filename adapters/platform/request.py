"""Describes what somebody wants, as read from a platform's event, before the assistant reads it. Values only."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from adapters.chat import UNREAD, Access, Fetch, Intent, Message, Person, Place, Reply, Request, Typed

EMOJI = re.compile(r":[\w+-]{1,100}:")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """Somebody wants something. `key` is the same however often the platform delivers it.

    `meant` is what they typed or chose, or a reply that needs no assistant. `message` is what was said, or what it is
    about; `replied_to` is the text that it is about, or the reply that says why it can't be read. `private` says that
    the answer is for the asker alone, `public` that everyone in the place sees it: neither holds in a conversation
    with Parley. `shared` says that somebody passes an answer on, `elsewhere` that `place` is another channel than the
    one that the answer is shown in. `locale` and `zone` are the asker's, as far as the platform tells.
    """

    key: str
    place: Place
    asker: Person
    meant: Intent | Typed | Reply
    message: Message | None = None
    replied_to: str | Reply | None = None
    private: bool = False
    public: bool = False
    shared: bool = False
    elsewhere: bool = False
    locale: str = ""
    zone: ZoneInfo | None = None


def spoken(text: str) -> str:
    """Return what is said beside Parley's name: without the commas and the colon around it, but with all its emoji."""
    words = text.strip(" ,")
    if words.startswith(":") and not EMOJI.match(words):
        words = words.lstrip(" ,:")
    ends = [found.end() for found in EMOJI.finditer(words)]
    return words if len(words) in ends else words.rstrip(" ,:")


def request_of(ask: Ask, fetch: Fetch, access: Access, elsewhere: Callable[[Place], Fetch]) -> Request:
    """Return what the assistant is asked."""
    return Request(
        intent=ask.meant if isinstance(ask.meant, Intent) else UNREAD,
        place=ask.place,
        asker=ask.asker,
        message=ask.message,
        fetch=fetch,
        access=access,
        public=ask.public,
        locale=ask.locale,
        zone=ask.zone,
        typed=ask.meant if isinstance(ask.meant, Typed) else None,
        replied_to=ask.replied_to,
        elsewhere=elsewhere,
    )
