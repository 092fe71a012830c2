"""What somebody wants, as read from a payload and before the assistant has heard of it. Values only."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from adapters.chat import Intent, Place, Reply, Typed


@dataclass(frozen=True, slots=True)
class Target:
    """Where an answer goes: to everyone in a channel or thread, or to one person there.

    `pane` is a thread of direct messages, which is a session of the agent's pane.
    """

    channel: str
    user: str
    thread: str | None = None
    response_url: str = field(default="", repr=False)
    public: bool = False
    pane: bool = False


@dataclass(frozen=True, slots=True)
class Ask:
    """Somebody wants something. `key` is the same however often Slack delivers it.

    `meant` is what they typed or chose, or a reply that needs no assistant. `said` is the raw
    message that it was said in, or `about` which it is. `shared` is an answer that somebody passes on to a channel.
    `title` names the thread that the ask begins.
    """

    key: str
    place: Place
    user: str
    target: Target
    meant: Intent | Typed | Reply
    said: Mapping[str, Any] | None = None
    about: bool = False
    shared: bool = False
    title: str = ""


@dataclass(frozen=True, slots=True)
class Reaction:
    """A reaction that asks for something: a flag for a translation, a thumb for feedback, given or taken back."""

    channel: str
    ts: str
    user: str
    language: str = ""
    verdict: str = ""
    removed: bool = False
