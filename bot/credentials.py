"""Parley's own secrets: from the environment or from a file that nobody else can read, and never shown.

A section's `bot_token_env = "NAME"` names the variable that holds a secret, `bot_token_file = "PATH"` the file. Which
settings are secrets, each platform says itself.
"""

import os
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from adapters.files import read_text
from bot.errors import UsageError
from bot.redaction import is_secret, shown

LONGEST = 65_536  # characters of a secret
OTHERS = 0o077  # what group and everybody else may do with a file


def resolved(section: str, values: Mapping[str, Any], secrets: Collection[str]) -> dict[str, Any]:
    """Return the section's values with each `*_env` and `*_file` of a secret replaced by it. Raises UsageError."""
    found: dict[str, Any] = {}
    for key, value in values.items():
        name, _, source = key.rpartition("_")
        if name in secrets and source in {"env", "file"}:
            found[name] = _from_variable(section, key, str(value)) if source == "env" else _from_file(Path(str(value)))
        else:
            found[key] = value
    return found


def refuse_misplaced(table: Mapping[str, Any], allowed: Collection[str], where: str = "") -> None:
    """Raise UsageError for a value that looks like a secret in a setting that isn't made for one; never shows it.

    `allowed` are the settings that may hold anything: secrets, hashes, words of the owner's.
    """
    for key, value in table.items():
        place = f"{where}.{key}" if where else str(key)
        for each in value if isinstance(value, list | tuple) else (value,):
            if isinstance(each, Mapping) and key not in allowed:
                refuse_misplaced(each, allowed, place)
            elif isinstance(each, str | Path) and key not in allowed and is_secret(str(each)):
                raise UsageError(
                    f"What stands in the setting {shown(place)} looks like a secret, which doesn't belong there.",
                    "Keep it in a variable or a file of its own, and name that in the setting that is made for it.",
                )


def refuse_exposed(file: Path, section: Mapping[str, Any], secrets: Collection[str]) -> None:
    """Raise UsageError for a secret written in a configuration that others can read."""
    exposed = [key for key in section if key in secrets]
    if exposed and _is_open(file):
        raise UsageError(
            f"{shown(str(file))} holds {exposed[0]} and other people of this machine can read it.",
            f"Run `chmod 600 {shown(str(file))}`, or keep the secret in a variable and name it with {exposed[0]}_env.",
        )


def _from_variable(section: str, key: str, variable: str) -> str:
    value = os.environ.get(variable, "").strip()
    if not value:
        raise UsageError(
            f"The variable {shown(variable)}, which {section}.{key} names, is not set.", "Set it and start again."
        )
    return value


def _from_file(path: Path) -> str:
    name = shown(str(path))
    try:
        if not path.is_file():
            raise UsageError(f"The secret's file {name} is not a plain file here.", "Name a file that holds it alone.")
        if _is_open(path):
            raise UsageError(f"The secret in {name} can be read by others.", f"Run `chmod 600 {name}`.")
        return read_text(path, most=LONGEST).strip()
    except (OSError, UnicodeDecodeError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "it isn't text"
        raise UsageError(f"The secret's file {name} can't be read: {why}.") from None


def _is_open(path: Path) -> bool:
    return os.name == "posix" and bool(path.stat().st_mode & OTHERS)
