"""The shipped profiles: which model serves which task on which size of machine. TOML tables, read and checked here.

Knows names, licences and sizes; loads no model. A task may have several rows: the first whose files come with an
installed package, or lie in the owner's folder, serves where Parley runs.
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from importlib.resources import files
from typing import Any

from nlp.core import TASKS
from nlp.errors import ModelRefused, ModelUnavailable
from nlp.hub.checkpoint import located
from nlp.hub.model_card import ADAPTED, base_name
from nlp.models import FAMILIES
from nlp.scheduler.family import WHEEL, Binding

PROFILES = ("starter", "cpu", "gpu-8gb", "gpu-24gb", "gpu-80gb")
KEYS = frozenset(field.name for field in fields(Binding)) - {"folder", "endpoint", "own_code"}
NEEDED = ("task", "family", "model", "licence", "size_mb", "good_for")


@dataclass(frozen=True, slots=True)
class Profile:
    """A named set of bindings and what it is good for."""

    name: str
    summary: str
    bindings: tuple[Binding, ...]


def read(name: str) -> Profile:
    """Return the profile called `name`. Raises ModelRefused for one that isn't shipped."""
    if name not in PROFILES:
        raise ModelRefused("models", f"There is no profile {name!r}.", f"Choose one of {', '.join(PROFILES)}.")
    return parse(name, files("nlp.profiles").joinpath(f"{name}.toml").read_text(encoding="utf-8"))


def profile(name: str, folder: str = "") -> tuple[Binding, ...]:
    """Return the bindings of the profile called `name` that serve here, over the owner's folder of models."""
    rows = tuple(replace(each, folder=folder) for each in read(name).bindings)
    return tuple(each for each in rows if each is serving(rows, each))


def serving(rows: Sequence[Binding], wanted: Binding) -> Binding:
    """Return the row that serves the task and languages of the wanted one: the first that is here, else the last."""
    fitting = [each for each in rows if subject(each) == subject(wanted)]
    return next((each for each in fitting[:-1] if is_here(each)), fitting[-1])


def better(rows: Sequence[Binding], row: Binding) -> Binding | None:
    """Return the row that would serve in the place of this one if its files were here, None where this is the first."""
    fitting = [each for each in rows if subject(each) == subject(row)]
    known = any(each.model == row.model for each in fitting)
    return fitting[0] if known and fitting[0].model != row.model else None


def subject(row: Binding) -> tuple[str, str, str]:
    """Return what a row is for."""
    return row.task, row.source, row.target


def is_here(row: Binding) -> bool:
    """Return whether the package that carries the row's files is there, and that of its base; what is pulled is."""
    try:
        here = not row.model.startswith(WHEEL) or located(row).is_dir()
        base = base_name(located(row)) if here and row.family == ADAPTED else ""
    except ModelUnavailable:
        return False
    return here and (not base or is_here(replace(row, family="", model=base)))


def parse(name: str, text: str) -> Profile:
    """Return a profile from TOML. Raises ModelRefused naming the row and the key that is wrong."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise wrong(name, f"is not TOML: {error}") from error
    rows = table.get("models")
    if not isinstance(table.get("summary"), str) or not isinstance(rows, list):
        raise wrong(name, "needs a summary and [[models]]")
    return Profile(name, table["summary"], tuple(binding(name, row) for row in rows))


def binding(name: str, row: Mapping[str, Any]) -> Binding:
    """Return one row of a profile, checked."""
    what = f"{row.get('task', '?')}: {row.get('model', '?')}"
    for key in NEEDED:
        if not row.get(key):
            raise wrong(name, f"has a row without {key} ({what})")
    for key, value in row.items():
        if key not in KEYS:
            raise wrong(name, f"has an unknown key {key!r} ({what})")
        if key == "size_mb" and not isinstance(value, int):
            raise wrong(name, f"has a size_mb that isn't a whole number ({what})")
    if row["task"] not in TASKS:
        raise wrong(name, f"names no task of Parley's: {row['task']!r}")
    if row["family"] not in FAMILIES:
        raise wrong(name, f"names an unknown family {row['family']!r} ({what})")
    return Binding(**row)


def wrong(name: str, what: str) -> ModelRefused:
    """Return a profile that can't be used."""
    return ModelRefused("models", f"The profile {name} {what}.", "Correct the profile's file.")


def find(model: str) -> tuple[Binding, ...]:
    """Return every shipped binding of a model, by its name; empty where no profile has it."""
    bindings: list[Binding] = []
    for name in PROFILES:
        bindings += [one for one in read(name).bindings if one.model == model and one not in bindings]
    return tuple(bindings)
