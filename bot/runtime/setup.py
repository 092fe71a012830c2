"""Writes a configuration and its secrets, as `parley init` asks for them: only what is given changes, comments stay.

Each secret is a file of its own in a folder of its own, readable by its owner alone, and named in the configuration.
"""

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError

from adapters.files import read_text
from bot.errors import UsageError

SECRETS = "secrets"
HEAD = "# Written by `parley init`; config.example.toml and `parley docs config` have every setting.\n"


@dataclass(frozen=True, slots=True)
class Setup:
    """The settings to write: values by section, "" for the top of the file, and secrets by platform."""

    values: Mapping[str, Mapping[str, Any]]
    secrets: Mapping[str, Mapping[str, str]] = field(repr=False)


def write(file: Path, setup: Setup) -> list[Path]:
    """Write the configuration and the secrets' files, and return them. Raises UsageError, and then nothing is."""
    document = _read(file)
    folder = file.parent / SECRETS
    named = [(platform, name) for platform, given in setup.secrets.items() for name in given]
    names = {(platform, name): folder / f"{platform}_{name}" for platform, name in named}
    for section, values in setup.values.items():
        _put(document, section, values)
    for (platform, name), path in names.items():
        _put(document, platform, {f"{name}_file": str(path.resolve())})
        for other in (name, f"{name}_env"):  # a secret has one source
            _section(document, platform).pop(other, None)
    make(file.parent)
    try:
        if names:
            folder.mkdir(mode=0o700, exist_ok=True)
        for (platform, name), path in names.items():
            _replace(path, f"{setup.secrets[platform][name]}\n")
        _replace(file, tomlkit.dumps(document))
    except OSError as error:
        raise unwritable(error, file) from None
    return [file, *names.values()]


def make(folder: Path) -> None:
    """Make the folder of a configuration, for its owner alone. Raises UsageError."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise unwritable(error, folder) from None


def unwritable(error: OSError, path: Path) -> UsageError:
    """Return why that, or what is named in the error, can't be written."""
    return UsageError(f"{error.filename or path} can't be written: {error.strerror}.", "Name another --folder.")


def _read(file: Path) -> tomlkit.TOMLDocument:
    if not file.exists():
        return tomlkit.parse(HEAD)
    try:
        return tomlkit.parse(read_text(file))
    except (TOMLKitError, UnicodeDecodeError, OSError):
        raise UsageError(f"The configuration {file} can't be read, and was left alone.", "Correct it first.") from None


def _section(document: tomlkit.TOMLDocument, name: str) -> Any:
    """Return the table of that name, made if it isn't there; the document itself for ""."""
    if not name:
        return document
    if name not in document:
        document.add(name, tomlkit.table())
    return document[name]


def _put(document: tomlkit.TOMLDocument, section: str, values: Mapping[str, Any]) -> None:
    table = _section(document, section)
    for name, value in values.items():
        if table.get(name) != value:
            table[name] = value


def _replace(path: Path, text: str) -> None:
    """Write a file for its owner alone, whole or not at all."""
    part = path.with_name(f".parley-{secrets.token_hex(6)}.part")
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
