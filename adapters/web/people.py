"""The people who may log in: a TOML file with a hash of each password (argon2) and the channels they may read.

The file is written by `parley web-password`. A name that isn't in it costs as much time as one that is.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import tomlkit
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from adapters.chat import Access, Person, Place
from adapters.errors import EdgeError
from adapters.text.coerce import mapping, string

SHORTEST = 12  # characters of a password
ALL = "*"


@dataclass(frozen=True, slots=True)
class Scoped:
    """The access of somebody who may read these channels, by id or as `workspace/id`; `*` means every kept one."""

    channels: frozenset[str]
    admin: bool = False

    async def can_read(self, place: Place) -> bool:
        """Return whether the person's line in the file names the place's channel."""
        return not {ALL, place.channel, f"{place.workspace}/{place.channel}"}.isdisjoint(self.channels)

    async def is_admin(self, place: Place) -> bool:
        """Return whether the person administers the channel, as their line says."""
        return self.admin and await self.can_read(place)


@dataclass(frozen=True, slots=True)
class Account:
    """A person of the file. `owner` may do all that the owner of the machine may."""

    person: Person
    hashed: str = field(repr=False)
    access: Access
    owner: bool = False


def read(file: Path) -> Mapping[str, Account]:
    """Return the accounts by the names to log in with. Raises EdgeError."""
    try:
        tables = mapping(tomllib.loads(file.read_text(encoding="utf-8")).get("people"))
    except (OSError, ValueError) as error:
        sentence = f"The file of passwords can't be read: {type(error).__name__}."
        raise EdgeError(sentence, "Make one with `parley web-password`.") from None
    accounts = {name: _account(name, mapping(row)) for name, row in tables.items()}
    if not accounts:
        raise EdgeError("The file of passwords names nobody.", "Add somebody with `parley web-password`.")
    return accounts


def _account(name: str, row: Mapping[str, Any]) -> Account:
    listed = row.get("channels")
    channels = frozenset(each for each in listed if isinstance(each, str)) if isinstance(listed, list) else frozenset()
    person = Person(string(row.get("id")) or name, name)
    access = Scoped(channels, row.get("admin") is True)
    return Account(person, string(row.get("password")), access, row.get("owner") is True)


def put(file: Path, name: str, password: str, row: Mapping[str, Any]) -> None:
    """Write the person's line, in place of an earlier one. Raises EdgeError for a password that is too short."""
    if len(password) < SHORTEST:
        raise EdgeError(f"A password has {SHORTEST} characters or more.", "Take a longer one.")
    document = tomlkit.parse(file.read_text(encoding="utf-8")) if file.exists() else tomlkit.document()
    people = document.setdefault("people", tomlkit.table(is_super_table=True))
    people[name] = {"password": PasswordHasher().hash(password), **row}
    file.touch(mode=0o600)
    file.chmod(0o600)
    file.write_text(tomlkit.dumps(document), encoding="utf-8")


def fits(account: Account | None, password: str) -> bool:
    """Return whether it is the account's password; takes as long where there is no account. Slow, on purpose."""
    try:
        PasswordHasher().verify(account.hashed if account else _nobody(), password)
    except (VerificationError, InvalidHashError):
        return False
    return account is not None


@cache
def _nobody() -> str:
    return PasswordHasher().hash("nobody has this password")
