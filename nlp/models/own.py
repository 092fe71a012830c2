"""Families that the owner brings: a class of an installed package, or of a module that a binding names with consent.

A package offers families by entry points of the group `parley.families`; whoever installs it and names the family in a
binding runs its code. A family that is written "module:Class" is imported where the binding says `own_code = true`, and
refused elsewhere. Nothing of a model's folder is ever imported.
"""

from importlib import import_module
from importlib.metadata import entry_points
from typing import Any, cast

from nlp.errors import ModelRefused
from nlp.scheduler.family import Family

GROUP = "parley.families"
MEMBERS = ("tasks", "limits", "load", "prepare", "run", "memory")


def offered() -> dict[str, Any]:
    """Return the entry points of installed packages, by the name of their family."""
    return {point.name: point for point in entry_points(group=GROUP)}


def origin(name: str) -> str:
    """Return the module whose code a family of the owner's is, "" for one of Parley's."""
    module, _, attribute = name.partition(":")
    point = offered().get(name)
    return point.module if point else module if attribute else ""


def own_family(name: str, task: str, *, own_code: bool) -> type[Family] | None:
    """Return the class of a family of the owner's, None for a name that neither a package nor a module has.

    Raises ModelRefused without consent, or for a class that can't be imported or isn't a family.
    """
    module, _, attribute = name.partition(":")
    point = offered().get(name)
    if point is None and not attribute:
        return None
    if point is None and not own_code:
        what = f"The family {name!r} is code of {module}, which isn't Parley's, so {task} is off."
        raise ModelRefused(task, what, "If you trust it, write own_code = true beside the family.")
    try:
        found = point.load() if point else getattr(import_module(module), attribute)
    except Exception as error:  # whatever the owner's code raises
        what = f"The family {name!r} can't be imported ({type(error).__name__}: {error}), so {task} is off."
        raise ModelRefused(task, what, "Install its package, or put its folder on PYTHONPATH.") from error
    if lacks := [member for member in MEMBERS if not hasattr(found, member)]:
        what = f"The family {name!r} has no {', '.join(lacks)}, so {task} is off."
        raise ModelRefused(task, what, "`parley docs library` says what a family is.")
    return cast("type[Family]", found)
