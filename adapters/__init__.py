"""The edge: chat services and their exports in, one vocabulary out. Knows no model and no database.

A new platform is one new package and one line in a table here, and so is an export format; what the tables name loads
when it is asked for.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from adapters.chat import Importer, Place
from adapters.platform.contract import Platform, resolve

ADAPTERS = {
    "console": "adapters.console:PLATFORM",
    "slack": "adapters.slack:PLATFORM",
    "discord": "adapters.discord:PLATFORM",
    "web": "adapters.web:PLATFORM",
}
IMPORTERS = {
    "slack": "adapters.imports.slack:SlackExport",
    "discord": "adapters.imports.discord:DiscordExport",
}


def load(table: dict[str, str], name: str) -> Any:
    """Return what `table` lists under `name`. Raises KeyError for a name that isn't there."""
    return resolve(table[name])


def platforms() -> Mapping[str, Platform]:
    """Return the platforms that have settings, by their names, which are also those of their sections."""
    listed: dict[str, Platform] = {name: load(ADAPTERS, name) for name in ADAPTERS}
    return {name: platform for name, platform in listed.items() if platform.settings}


def realm(place: Place) -> str:
    """Return the workspace in which an id of the place means one person, "" where it means the same one everywhere."""
    known = place.platform in ADAPTERS and load(ADAPTERS, place.platform).own_ids
    return place.workspace if known else ""


def recognise(path: Path) -> Importer | None:
    """Return the first importer that knows the format of `path`, None if none does. Never raises."""
    for name in IMPORTERS:
        importer: Importer = load(IMPORTERS, name)()
        if importer.recognises(path):
            return importer
    return None
