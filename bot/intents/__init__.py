"""Lists what people can ask for, one module each. A new intent is one new file and one line in the table.

An intent's module has `COMMAND` (its row of the commands' table) and `run`. It knows no platform: it reads a
conversation, asks the core, and returns a result that can say itself as a reply and as a JSON document.
"""

from dataclasses import replace
from importlib import import_module
from typing import Any, Protocol, cast

from adapters.chat import Command, Option, Reply, Request
from bot.services import Services
from bot.understanding.everywhere import is_of_everything

INTENTS = {
    "summarize": "bot.intents.summarize",
    "catchup": "bot.intents.catchup",
    "translate": "bot.intents.translate",
    "interpret": "bot.intents.interpret",
    "bridge": "bot.intents.bridge",
    "ask": "bot.intents.ask",
    "sentiment": "bot.intents.sentiment",
    "report": "bot.intents.report",
    "digest": "bot.intents.digest",
    "consent": "bot.intents.consent",
    "privacy": "bot.intents.privacy",
    "settings": "bot.intents.settings",
    "glossary": "bot.intents.glossary",
    "health": "bot.intents.health",
    "feedback": "bot.intents.feedback",
    "help": "bot.intents.help",
    "nothing": "bot.intents.nothing",
}


class Result(Protocol):
    """The finding of an intent."""

    def reply(self) -> Reply:
        """Return the reply as a person reads it."""
        ...

    def document(self) -> dict[str, Any]:
        """Return the document that a program reads: JSON types only."""
        ...


class IntentModule(Protocol):
    """The shape of a module that the table names."""

    COMMAND: Command

    async def run(self, request: Request, services: Services) -> Result:
        """Serve the request. Raises bot.errors or nlp.errors, whose sentences are fit to show."""
        ...


class WideIntentModule(IntentModule, Protocol):
    """The shape of one whose command can be asked of every channel that the asker may read."""

    async def run_everywhere(self, request: Request, services: Services) -> Result:
        """Serve the request over all of them. Raises as `run` does."""
        ...


async def serve(request: Request, services: Services) -> Result:
    """Serve the request of an intent that is in the table. Raises bot.errors or nlp.errors."""
    module = intent(request.intent.name)
    if module.COMMAND.everywhere and is_of_everything(request.intent):
        return await cast("WideIntentModule", module).run_everywhere(request, services)
    return await module.run(request, services)


def intent(name: str) -> IntentModule:
    """Return the module listed under `name`. Raises KeyError for a name that isn't there."""
    return cast("IntentModule", import_module(INTENTS[name]))


def command(name: str) -> Command | None:
    """Return an intent's row, or None for a name that isn't in the table."""
    return intent(name).COMMAND if name in INTENTS else None


def commands(languages: tuple[str, ...] = ()) -> tuple[Command, ...]:
    """Return every intent's row, in the table's order. `languages` are offered before others where one is chosen."""
    rows = tuple(intent(name).COMMAND for name in INTENTS)
    if not languages:
        return rows
    return tuple(replace(row, options=tuple(_offering(each, languages) for each in row.options)) for row in rows)


def _offering(option: Option, languages: tuple[str, ...]) -> Option:
    return replace(option, first=languages) if option.kind == "language" else option
