"""The newest answers, in memory only, until somebody says what they think of one.

An answer that nobody judges is never stored, and a restart forgets it. An erasure from the history reaches here too.
"""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any

from cachetools import FIFOCache

from adapters.chat import Action, Deleted, Event, Gone, Intent, Message, Place, Removed, Reply, Request
from adapters.platform.actions import pinned
from bot.history import Exchange

MOST = 500
THUMBS = {"👍": "up", "👎": "down"}
FRESH: Mapping[str, str] = MappingProxyType({"fresh": "yes"})
# Of a result's document: what was answered, without names of people who might know, counts and notes.
ANSWERED = (
    "found", "answer", "confidence", "summary", "mentions", "threads", "text", "source_language", "target_language",
    "label", "scores",
)  # fmt: skip


@dataclass(slots=True)
class Exchanges:
    """Remembers the newest `most` answers by their tokens. Belongs to one event loop."""

    most: int = MOST
    _recent: "FIFOCache[str, Exchange]" = field(init=False)

    def __post_init__(self) -> None:
        self._recent = FIFOCache(self.most)

    def remember(self, exchange: Exchange) -> None:
        """Keep it within reach of a verdict."""
        self._recent[exchange.token] = exchange

    def get(self, token: str) -> Exchange | None:
        """Return the answer with this token, if it is still remembered."""
        return self._recent.get(token)

    def heard(self, event: Event) -> None:
        """Forget the answers from a message that was edited or deleted, or from a channel that is gone."""
        place = replace(event.place, thread=None)
        if isinstance(event, Gone):
            self.leave(place)
        elif isinstance(event, Removed):
            self._drop(lambda each: replace(each.place, channel="") == place)
        elif isinstance(event, Deleted):
            self._drop(lambda each: each.place == place and any(id_ in event.ids for id_, _ in each.sources))
        elif isinstance(event, Message):
            identity = event.id, event.text
            self._drop(
                lambda each: each.place == place and any(_reads_otherwise(one, identity) for one in each.sources)
            )

    def leave(self, place: Place) -> None:
        """Forget the answers of a channel that is no longer kept."""
        self._drop(lambda each: each.place == place)

    def forget(self, person: str, workspace: str = "") -> None:
        """Forget what a person asked and, to be sure, every answer that quotes anybody: in one workspace or in all."""
        self._drop(
            lambda each: workspace in {"", each.place.workspace} and (each.asker == person or bool(each.sources))
        )

    def _drop(self, gone: Callable[[Exchange], bool]) -> None:
        for token in [token for token, each in self._recent.items() if gone(each)]:
            del self._recent[token]


def exchange_of(request: Request, reply: Reply, document: Mapping[str, Any], now: datetime) -> Exchange | None:
    """Return the answer as something to judge, or None where what it rests on can't be known."""
    argument = request.intent.argument.strip()
    if not (reply.sources or argument):
        return None
    options = {name: value for name, value in request.intent.options.items() if name not in FRESH}
    return Exchange(
        token=secrets.token_urlsafe(9),
        place=replace(request.place, thread=None),
        asker=request.asker.id,
        private=not request.public,
        intent=pinned(replace(request.intent, options=options), now),
        model=str(document.get("model", "")),
        found={name: _bare(document[name]) for name in ANSWERED if name in document},
        sources=tuple({source.id: source.text for source in reply.sources}.items()),
        at=now,
        borrowed=bool(argument) and not _own(request, argument),
    )


def judgeable(reply: Reply, exchange: Exchange | None, again: Intent | None) -> Reply:
    """Return the reply with its buttons: thumbs where a verdict can be kept, and a way to ask `again`."""
    thumbs = [Action(label, verdict(word, exchange)) for label, word in THUMBS.items()] if exchange else []
    anew = [Action("Ask again", afresh(again))] if again else []
    return replace(reply, actions=(*reply.actions, *thumbs, *anew))


def verdict(word: str, exchange: Exchange) -> Intent:
    """Return what pressing a thumb under the answer asks for."""
    return Intent("feedback", word, options={"reply": exchange.token})


def afresh(intent: Intent) -> Intent:
    """Return the same asked again, without anything that was made before."""
    return replace(intent, options={**intent.options, **FRESH})


def is_fresh(intent: Intent) -> bool:
    """Return whether nothing that was made before may be used: every message is looked at anew."""
    return FRESH.items() <= intent.options.items()


def _own(request: Request, argument: str) -> bool:
    """Return whether the asker said these words themselves, as far as is known."""
    message = request.message
    return message is None or (message.author.id == request.asker.id and argument in message.text)


def _bare(value: Any) -> Any:
    """Return a part of a document with the ids of the messages that it quotes, in place of the messages."""
    if isinstance(value, Mapping):
        return value["id"] if {"id", "permalink"} <= value.keys() else {key: _bare(each) for key, each in value.items()}
    return [_bare(each) for each in value] if isinstance(value, list | tuple) else value


def _reads_otherwise(source: tuple[str, str], said: tuple[str, str]) -> bool:
    return source[0] == said[0] and source[1] != said[1]
