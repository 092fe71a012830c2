"""Fetches models by name: profiles, models of the Hub, and whatever the configuration binds. Several at once.

What each takes is said before anything is fetched, and a model that can't be had doesn't keep the others back.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial

from huggingface_hub import constants

from adapters.text.counts import counted
from bot import terminal
from bot.config import Config
from bot.errors import UsageError
from bot.runtime.composition import bindings
from nlp import profiles
from nlp.errors import CoreError, ModelUnavailable
from nlp.hub.checkpoint import check_sizes, find_folder
from nlp.hub.download import destination, missing, on_hub, pull
from nlp.hub.gguf import find_file
from nlp.hub.listings import Listing, listing
from nlp.scheduler.family import UNBOUND, Binding

MB = 1_000_000


@dataclass(frozen=True, slots=True)
class Wanted:
    """A model to fetch; `bound` tells that the configuration or a profile says what it is for."""

    binding: Binding
    bound: bool


def wanted(names: Sequence[str], config: Config) -> list[Wanted]:
    """Return the models of the Hub that names stand for, without names all that the configuration binds."""
    own = tuple(each for each in bindings(config) if on_hub(each))
    folder = str(config.models.folder)
    found = [Wanted(each, bound=True) for each in own] if not names else []
    for name in names:
        found += list(named(name, own, folder))
    return list({(each.binding.model, each.binding.revision): each for each in found}.values())


def named(name: str, own: Sequence[Binding], folder: str) -> Iterator[Wanted]:
    """Yield the models that one name stands for. Raises UsageError for a folder or a package."""
    if name in profiles.PROFILES:
        yield from (Wanted(replace(each, folder=folder), bound=True) for each in profiles.profile(name) if on_hub(each))
        return
    model, _, revision = name.partition("@")
    binding = Binding(UNBOUND, "", model, revision=revision, folder=folder)
    if not model or not on_hub(binding):
        raise UsageError(
            f"{name!r} isn't a model of the Hub.", "Write a profile, or ID or ID@REVISION as the Hub does."
        )
    known = [each for each in (*own, *profiles.find(model)) if each.model == model]
    if known and not revision:
        yield from (Wanted(replace(each, folder=folder), bound=True) for each in known)
    else:
        yield Wanted(binding, bound=False)


def found_on_hub(each: Wanted) -> tuple[Wanted, Listing]:
    """Ask the Hub for one model, by the name that it has now. Raises ModelUnavailable, ModelRefused."""
    found = listing(each.binding)
    if found.called == each.binding.home:
        return each, found
    if each.bound:
        terminal.note(f"{found.model} is called {found.called} on the Hub now; the configuration may name it so.")
        return each, found
    terminal.note(f"{found.model} is called {found.called} on the Hub now, and is pulled by that name.")
    model = each.binding.model.replace(each.binding.home, found.called, 1)
    each = replace(each, binding=replace(each.binding, model=model))
    return each, listing(each.binding)


def pull_all(models: Sequence[Wanted], *, shared: bool) -> tuple[list[tuple[Wanted, str]], list[CoreError]]:
    """Fetch models; return each with its commit, and what failed. Raises the error where a single one was wanted."""
    listed: list[tuple[Wanted, Listing]] = []
    pulled: list[tuple[Wanted, str]] = []
    failed: list[CoreError] = []
    for each in models:
        with collected(failed, alone=len(models) == 1):
            if constants.HF_HUB_OFFLINE and (commit := kept(each.binding)):
                pulled.append((each, commit))
                continue
            each, found = found_on_hub(each)  # noqa: PLW2901 - by its new name
            listed.append((each, found))
            terminal.note(described(each.binding, found, shared=shared))
    with terminal.transfer() as bar:
        for each, found in listed:
            task = bar.add_task(each.binding.model, total=found.size)
            with collected(failed, alone=len(models) == 1):
                pull(each.binding, found, partial(bar.advance, task), shared=shared)
                pulled.append((each, found.revision))
    for each, commit in pulled:
        terminal.note(f"{each.binding.model} is here, at revision {commit[:12]}.")
    return pulled, failed


def described(binding: Binding, found: Listing, *, shared: bool) -> str:
    """Return what a pull of a listing takes."""
    left = missing(found, destination(binding, found, shared=shared))
    licence = f", licence {found.licence}" if found.licence else ""
    rest = f"{left / MB:,.1f} MB to fetch" if left else "all of it here already"
    files = counted(len(found.files), "file")
    return f"{found.model} at {found.revision[:12]}{licence}: {files}, {found.size / MB:,.1f} MB, {rest}."


def kept(binding: Binding) -> str:
    """Return the commit of a model that is whole on this machine, "" where it isn't."""
    try:
        if binding.gguf:
            return find_file(binding).parent.name
        folder = find_folder(binding)
        check_sizes(folder, binding)
    except ModelUnavailable:
        return ""
    return folder.name


@contextmanager
def collected(errors: list[CoreError], *, alone: bool) -> Iterator[None]:
    """Tell of errors of the core and go on with the others; one model alone fails with its error."""
    try:
        yield
    except CoreError as error:
        if alone:
            raise
        errors.append(error)
        terminal.complain(str(error), error.remedy)
