"""The shipped profiles: which model serves which task on which size of machine. TOML tables, read and checked here.

Knows names, licences and sizes; loads no model.
"""

import tomllib
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from nlp.errors import ModelRefused
from nlp.family import Binding

PROFILES = ("starter",)


@dataclass(frozen=True, slots=True)
class Profile:
    """A named set of bindings and what it is good for."""

    name: str
    summary: str
    bindings: tuple[Binding, ...]


def read(name: str) -> Profile:
    """The profile called `name`. Raises ModelRefused for one that isn't shipped."""
    if name not in PROFILES:
        raise ModelRefused("models", f"There is no profile {name!r}.", f"Choose one of {', '.join(PROFILES)}.")
    text = files("nlp").joinpath("profiles", f"{name}.toml").read_text(encoding="utf-8")
    table: dict[str, Any] = tomllib.loads(text)
    return Profile(name, table["summary"], tuple(Binding(**row) for row in table["models"]))


def profile(name: str) -> tuple[Binding, ...]:
    """The bindings of the profile called `name`."""
    return read(name).bindings
