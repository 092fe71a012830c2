"""Parley's own secrets: from the environment or from a file that nobody else can read, and never shown.

A section's `bot_token_env = "NAME"` names the variable that holds a secret, `bot_token_file = "PATH"` the file. Which
settings are secrets, each platform says itself.
"""

import os
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from bot.errors import UsageError

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


def refuse_exposed(file: Path, section: Mapping[str, Any], secrets: Collection[str]) -> None:
    """Raise UsageError for a secret written in a configuration that others can read."""
    exposed = [key for key in section if key in secrets]
    if exposed and _is_open(file):
        raise UsageError(
            f"{file} holds {exposed[0]} and other people of this machine can read it.",
            f"Run `chmod 600 {file}`, or keep the secret in a variable and name it with {exposed[0]}_env.",
        )


def _from_variable(section: str, key: str, variable: str) -> str:
    value = os.environ.get(variable, "").strip()
    if not value:
        raise UsageError(
            f"The variable {variable}, which {section}.{key} names, is not set.", "Set it and start again."
        )
    return value


def _from_file(path: Path) -> str:
    try:
        if _is_open(path):
            raise UsageError(f"The secret in {path} can be read by others.", f"Run `chmod 600 {path}`.")
        return path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise UsageError(f"The secret's file {path} can't be read: {error.strerror}.") from None


def _is_open(path: Path) -> bool:
    return os.name == "posix" and bool(path.stat().st_mode & OTHERS)
