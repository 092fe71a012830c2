"""Describes what somebody wants on Slack, as read from a payload, before the assistant reads it. Values only."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from adapters.chat import Intent, Person, Place, Reply, Typed
from adapters.platform import request


@dataclass(frozen=True, slots=True)
class Target:
    """The target of an answer: to everyone in a channel or thread, or to one person there.

    `pane` is a thread of direct messages, which is a session of the agent's pane. `begins` says that the thread has no
    replies yet, so that Slack shows nobody what is for one person in it.
    """

    channel: str
    user: str
    thread: str | None = None
    response_url: str = field(default="", repr=False)
    public: bool = False
    pane: bool = False
    begins: bool = False

    @property
    def aside(self) -> "Target":
        """Return the same for its person alone, where they see it."""
        return replace(self, public=False, thread=None if self.begins else self.thread)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask(request.Ask):
    """Somebody wants something. `said` is the raw message that it was said in, or `about` which it is.

    `title` names the thread that the ask begins.
    """

    target: Target
    said: Mapping[str, Any] | None = None
    about: bool = False
    title: str = ""


def ask_for(target: Target, key: str, place: Place, meant: Intent | Typed | Reply, **more: Any) -> Ask:
    """Return an ask that is answered there. What is asked elsewhere of a channel is answered to its person directly."""
    return readdressed(
        Ask(key=key, place=place, asker=Person(target.user, target.user), meant=meant, target=target, **more), target
    )


def readdressed(ask: Ask, target: Target) -> Ask:
    """Return the ask with another place for its answer."""
    public = target.public and not target.channel.startswith("D")
    return replace(ask, target=target, private=not target.public, public=public, elsewhere=not target.channel)


@dataclass(frozen=True, slots=True)
class AskingReaction:
    """A reaction that asks for something: a flag for a translation, a thumb for feedback, given or taken back."""

    channel: str
    ts: str
    user: str
    language: str = ""
    verdict: str = ""
    removed: bool = False
