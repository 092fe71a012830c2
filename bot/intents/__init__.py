"""What people can ask for, one module each. A new intent is one new file and one line in the table.

An intent's module has `COMMAND` (its row of the commands' table) and `run`. It knows no platform: it reads a
conversation, asks the core, and returns a result that can say itself as a reply and as a JSON document.
"""

from dataclasses import dataclass, field
from datetime import datetime
from importlib import import_module
from typing import Any, Protocol, cast
from zoneinfo import ZoneInfo

from adapters.chat import Command, Reply, Request
from bot.glossary import Terms
from bot.history import HistoryThread
from bot.history.consent import DAYS
from bot.recent_answers import Exchanges
from bot.understanding.followups import FollowUps
from nlp.core import Core

INTENTS = {
    "summarize": "bot.intents.summarize",
    "catchup": "bot.intents.catchup",
    "translate": "bot.intents.translate",
    "ask": "bot.intents.ask",
    "sentiment": "bot.intents.sentiment",
    "report": "bot.intents.report",
    "consent": "bot.intents.consent",
    "privacy": "bot.intents.privacy",
    "settings": "bot.intents.settings",
    "health": "bot.intents.health",
    "feedback": "bot.intents.feedback",
    "help": "bot.intents.help",
}


class Result(Protocol):
    """What an intent found."""

    def reply(self) -> Reply:
        """As a person reads it."""
        ...

    def document(self) -> dict[str, Any]:
        """As a program reads it: JSON types only."""
        ...


@dataclass(frozen=True, slots=True)
class Services:
    """What an intent works with; built once, in the composition root.

    `days` is how long a channel is kept that says nothing itself; `admins` are ids of people who administer every
    channel besides those whom the platform says; `terms` are the owner's glossary; `exchanges` are the answers that
    somebody may judge, and `followups` the questions that the next one may go on from.
    """

    core: Core
    history: HistoryThread
    now: "Clock"
    zone: ZoneInfo
    days: int = DAYS
    admins: tuple[str, ...] = ()
    terms: tuple[Terms, ...] = ()
    exchanges: Exchanges = field(default_factory=Exchanges)
    followups: FollowUps = field(default_factory=FollowUps)


class Clock(Protocol):
    """Says what time it is, aware and in UTC, so that a test can stop it."""

    def __call__(self) -> datetime:
        """Now."""
        ...


class IntentModule(Protocol):
    """The shape of a module that the table names."""

    COMMAND: Command

    async def run(self, request: Request, services: Services) -> Result:
        """Serve the request. Raises bot.errors or nlp.errors, whose sentences are fit to show."""
        ...


def intent(name: str) -> IntentModule:
    """The module listed under `name`. Raises KeyError for a name that isn't there."""
    return cast("IntentModule", import_module(INTENTS[name]))


def commands() -> tuple[Command, ...]:
    """Every intent's row, in the table's order."""
    return tuple(intent(name).COMMAND for name in INTENTS)
