"""The edge: chat services and their exports in, one vocabulary out. Knows no model and no database.

A new platform or export format is one new module and one line in a table here; the modules load when asked for.
"""

from importlib import import_module
from pathlib import Path
from typing import Any

from adapters.chat import Importer

ADAPTERS = {
    "console": "adapters.console:ConsoleAdapter",
    "slack": "adapters.slack:SlackAdapter",
    "discord": "adapters.discord:DiscordAdapter",
}
IMPORTERS = {
    "slack": "adapters.imports.slack:SlackExport",
    "discord": "adapters.imports.discord:DiscordExport",
}


def load(table: dict[str, str], name: str) -> Any:
    """The class that `table` lists under `name`. Raises KeyError for a name that isn't there."""
    module, _, attribute = table[name].partition(":")
    return getattr(import_module(module), attribute)


def recognise(path: Path) -> Importer | None:
    """The first importer that knows the format of `path`, None if none does. Never raises."""
    for name in IMPORTERS:
        importer: Importer = load(IMPORTERS, name)()
        if importer.recognises(path):
            return importer
    return None
