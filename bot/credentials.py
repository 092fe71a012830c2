"""Parley's own secrets: from the environment or from a file that isn't exposed, and never shown.

A section's `bot_token_env = "NAME"` names the variable that holds a secret, `bot_token_file = "PATH"` the file. A file
`slack_bot_token` among systemd's credentials needs no setting. Which settings are secrets, each platform says itself.
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
CHANGED, READ, WRITABLE = 0o022, 0o004, 0o222  # changed by others, read by everybody, written by anybody
CREDENTIALS = "CREDENTIALS_DIRECTORY"  # where systemd mounts a service's credentials


def resolved(section: str, values: Mapping[str, Any], secrets: Collection[str]) -> dict[str, Any]:
    """Return the section's values with each `*_env` and `*_file` of a secret replaced by it. Raises UsageError."""
    settings_read: dict[str, Any] = {}
    for key, value in values.items():
        name, _, source = key.rpartition("_")
        if name in secrets and source in {"env", "file"}:
            settings_read[name] = (
                _from_variable(section, key, str(value)) if source == "env" else from_file(Path(str(value)))
            )
        else:
            settings_read[key] = value
    return settings_read


def given(section: str, values: Mapping[str, Any], secrets: Collection[str]) -> dict[str, Any]:
    """Return the section's values, with the files of systemd's credentials for secrets that it doesn't set itself."""
    folder = os.environ.get(CREDENTIALS, "")
    mounted = {secret: Path(folder) / f"{section}_{secret}" for secret in secrets} if folder else {}
    missing = {
        name: file for name, file in mounted.items() if not {name, f"{name}_env", f"{name}_file"} & values.keys()
    }
    return {**values, **{f"{name}_file": str(file) for name, file in missing.items() if file.is_file()}}


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
    if exposed and (reason := exposure(file)):
        raise UsageError(
            f"{shown(str(file))} holds {exposed[0]}, and {reason}.",
            f"Run `chmod 600 {shown(str(file))}`, or keep the secret in a variable and name it with {exposed[0]}_env.",
        )


def _from_variable(section: str, key: str, variable: str) -> str:
    value = os.environ.get(variable, "").strip()
    if not value:
        raise UsageError(
            f"The variable {shown(variable)}, which {section}.{key} names, is not set.", "Set it and start again."
        )
    return value


def from_file(path: Path) -> str:
    """Return the secret in a file. Raises UsageError for one that others can get at, or that can't be read."""
    name = shown(str(path))
    try:
        if not path.is_file():
            raise UsageError(f"The secret's file {name} is not a plain file here.", "Name a file that holds it alone.")
        if reason := exposure(path):
            raise UsageError(
                f"The secret's file {name} is exposed: {reason}.", f"Run `chmod 600 {name}`, in a folder of your own."
            )
        secret = read_text(path, most=LONGEST).strip()
    except (OSError, UnicodeDecodeError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "it isn't text"
        raise UsageError(f"The secret's file {name} can't be read: {why}.") from None
    if not secret:
        raise UsageError(f"The secret's file {name} is empty.", "Put the secret into it, alone.")
    return secret


def exposure(path: Path) -> str:
    """Return how other people of this machine can get at a file, "" where they can't.

    Platforms mount a secret for one process: read by its group (0440) or by everybody who sees that mount (0444), and
    changed by nobody. A file that its owner may still write, and others may read, isn't such a one.
    """
    if os.name != "posix":
        return ""
    file = path.resolve()
    status = file.stat()
    if not status.st_mode & OTHERS or _is_read_only(file):
        return ""
    if status.st_mode & CHANGED:
        return "others may change it"
    if any(folder.stat().st_mode & CHANGED for folder in {path.absolute().parent, file.parent}):
        return "others may put another file into its folder"
    mounted = not status.st_mode & WRITABLE
    if status.st_mode & READ:
        return "" if mounted else "others may read it"
    ours = status.st_gid in {os.getegid(), *os.getgroups()}
    return "" if ours and (mounted or status.st_uid != os.geteuid()) else "a group may read it"


def _is_read_only(file: Path) -> bool:
    """Return whether the file is mounted so that nobody can write it, as Kubernetes does."""
    return bool(os.statvfs(file).f_flag & os.ST_RDONLY)
