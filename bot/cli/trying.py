"""`parley models try`: what a model is good for on this machine, before it is fetched and after."""

import asyncio
import sys
from dataclasses import dataclass, replace
from typing import Any

import typer

from bot import terminal
from bot.cli.pulling import MB, Wanted, described, found_on_hub, kept, named, pull_all
from bot.config import Config
from bot.errors import UsageError
from nlp.errors import CoreError
from nlp.hub.download import on_hub
from nlp.scheduler.family import UNBOUND, Binding
from nlp.trial.examples import Trial, needs, room, run_example
from nlp.trial.fits import Fit, ModelPage, fits, lines, parameters
from nlp.trial.pages import local_page, remote_page


@dataclass(frozen=True, slots=True)
class Prospect:
    """A model's page, what it fits, how many MB its weights take for each fit, and how many models may take here."""

    page: ModelPage
    fits: tuple[Fit, ...]
    needs: tuple[int, ...]
    room: int

    def document(self) -> dict[str, Any]:
        """Return the same as JSON has it."""
        rows = [
            {
                "task": fit.task,
                "family": fit.family,
                "memory_mb": need,
                "note": fit.note,
                "settings": lines(self.page, fit),
            }
            for fit, need in zip(self.fits, self.needs, strict=True)
        ]
        page = {"model": self.page.model, "revision": self.page.revision, "licence": self.page.licence}
        return {**page, "parameters": parameters(self.page), "free_mb": self.room, "fits": rows}


def try_model(name: str, task: str, config: Config, *, fetch: bool, shared: bool, as_json: bool) -> int:
    """Print what a model fits and the lines that bind it; run an example if it is here by then. Return the exit code.

    Raises ModelRefused where nothing fits, ModelUnavailable where the Hub doesn't answer.
    """
    binding = Binding(UNBOUND, "", name, folder=str(config.models.folder))
    device = config.models.device
    if on_hub(binding):
        binding = next(named(name, (), binding.folder)).binding
        page, binding, here = on_the_hub(binding, shared=shared)
    else:
        page, here = local_page(binding), True
    prospect = judged(page, task, device)
    tell(prospect, device)
    if not here and wants_it(page, fetch=fetch):
        pull_all([Wanted(binding, bound=False)], shared=shared)
        here = True
    trial = tried(replace(prospect.fits[0].binding(page), folder=binding.folder), device) if here else None
    if as_json:
        document = prospect.document()
        terminal.print_json({**document, "here": here, "trial": measured(trial) if trial else None})
    else:
        for fit in prospect.fits:
            terminal.say(f"{lines(page, fit)}\n")
    if not here:
        terminal.note(f"To fetch it and run an example: parley models try {name} --pull")
    return terminal.UNAVAILABLE if here and not trial else terminal.DONE


def on_the_hub(binding: Binding, *, shared: bool) -> tuple[ModelPage, Binding, bool]:
    """Return the page of a model of the Hub, the binding at its commit, and whether all of it is here already."""
    from huggingface_hub import constants

    if constants.HF_HUB_OFFLINE and (commit := kept(binding)):
        binding = replace(binding, revision=commit)
        return local_page(binding), binding, True
    wanted, found = found_on_hub(Wanted(binding, bound=False))
    terminal.note(described(wanted.binding, found, shared=shared))
    page = remote_page(wanted.binding, found)
    pinned = replace(wanted.binding, revision=found.revision)
    return page, pinned, bool(kept(pinned))


def judged(page: ModelPage, task: str, device: str) -> Prospect:
    """Return what a page fits, for one task alone where one is named. Raises ModelRefused, UsageError."""
    found = fits(page)
    chosen = tuple(fit for fit in found if task in ("", fit.task))
    if not chosen:
        raise UsageError(f"{page.model} doesn't fit {task}.", f"It fits {', '.join(fit.task for fit in found)}.")
    return Prospect(page, chosen, tuple(needs(page, fit.family, device) for fit in chosen), room(device))


def tell(prospect: Prospect, device: str) -> None:
    """Say what a model fits, and whether it fits this machine."""
    for fit, need in zip(prospect.fits, prospect.needs, strict=True):
        enough = "which fits" if need <= prospect.room else "which doesn't fit"
        terminal.note(
            f"It fits {fit.task} (family {fit.family}): about {need:,} MB of weights, "
            f"where models may take {prospect.room:,} MB ({device}), {enough}."
        )
        if fit.note:
            terminal.note(fit.note)


def wants_it(page: ModelPage, *, fetch: bool) -> bool:
    """Return whether to fetch the model: by the option, or by a yes in a terminal."""
    return fetch or (
        sys.stdin.isatty() and typer.confirm(f"Fetch {page.weights / MB:,.0f} MB and run an example?", err=True)
    )


def tried(binding: Binding, device: str) -> Trial | None:
    """Run the example and say how it went, None where the model can't be loaded or doesn't answer."""
    try:
        with terminal.progress() as bar:
            bar.add_task(f"trying {binding.model}", total=None)
            trial = asyncio.run(run_example(binding, device))
    except CoreError as error:
        terminal.complain(str(error), error.remedy)
        return None
    terminal.note(f"An example of {binding.task}: {trial.answer}")
    terminal.note(
        f"On {trial.device} in {trial.dtype}: loaded in {trial.load:.1f} s, {trial.speed:,.1f} {trial.unit} a second; "
        f"weights {trial.memory / MB:,.0f} MB, at most {trial.peak / MB:,.0f} MB held."
    )
    return trial


def measured(trial: Trial) -> dict[str, Any]:
    """Return a trial as JSON has it."""
    return {
        "device": trial.device,
        "dtype": trial.dtype,
        "load_seconds": round(trial.load, 3),
        "per_second": round(trial.speed, 2),
        "unit": trial.unit,
        "memory_mb": round(trial.memory / MB, 1),
        "peak_mb": round(trial.peak / MB, 1),
        "answer": trial.answer,
    }
