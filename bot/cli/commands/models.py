"""`parley models …`: which models serve which task, under which licence and at what size."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from adapters.text.counts import counted
from bot import config, terminal
from bot.cli.options import AsJson, Conf
from bot.errors import NothingFound, UsageError
from bot.sections import Models
from nlp import profiles
from nlp.errors import CoreError
from nlp.scheduler.family import UNBOUND, Binding

FIREFOX = "firefox:"

app = typer.Typer(help="The models that serve each task.", no_args_is_help=True)


@app.command()
def pull(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[NAME…]",
            help=f"A model of the Hub (ID or ID@REVISION), a profile ({', '.join(profiles.PROFILES)}), or pairs of "
            "Firefox's (firefox:en-de; firefox:de,fr; firefox: lists them). Without a name: all that is configured.",
        ),
    ] = None,
    *,
    conf: Conf = None,
    as_json: AsJson = False,
) -> None:
    """Fetch models from the Hugging Face Hub, each at one commit."""
    from bot.cli import pulling

    settings, named = config.read(conf), names or []
    if pairs := [name.removeprefix(FIREFOX) for name in named if name.startswith(FIREFOX)]:
        if len(named) > 1:
            raise UsageError(
                "Pairs of Firefox's are pulled by themselves.", "Write firefox:de,fr in a command of its own."
            )
        pull_firefox(pairs[0], settings.models, as_json=as_json)
        return
    models = pulling.wanted(named, settings)
    pulled, failed = pulling.pull_all(models, shared=is_shared(settings.models))
    if not models:
        terminal.note("Nothing of that needs a download.")
    if as_json:
        rows = [{"model": each.binding.model, "revision": commit} for each, commit in pulled]
        terminal.print_json({"names": named, "pulled": rows})
    else:
        for each, commit in pulled:
            if not each.bound:
                say_lines(replace(each.binding, revision=commit))
    if failed:
        raise typer.Exit(terminal.PARTLY if pulled else terminal.UNAVAILABLE)


@app.command()
def push(
    folder: Annotated[Path, typer.Argument(help="A folder that `parley train` wrote.")],
    name: Annotated[str, typer.Argument(metavar="ID", help="Its name on the Hub: account/model.")],
    *,
    public: Annotated[bool, typer.Option("--public", help="Let everybody read it.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Send it without asking.")] = False,
    conf: Conf = None,
    as_json: AsJson = False,
) -> None:
    """Send a trained model to the Hub, privately, after a question; a folder with texts of people is refused."""
    from bot.cli import pushing

    config.read(conf)
    url = pushing.push(folder, name, public=public, yes=yes)
    if as_json:
        terminal.print_json({"model": name, "private": not public, "url": url})
    else:
        terminal.say(url)


def is_shared(models: Models) -> bool:
    """Return whether pulls go into the Hub's own cache: unless the owner chose a folder."""
    return "folder" not in models.model_fields_set


def say_lines(binding: Binding) -> None:
    """Print the lines that bind a pulled model, or why nothing can be bound to it."""
    from nlp.trial.fits import fits, lines
    from nlp.trial.pages import local_page

    try:
        page = local_page(binding)
        found = fits(page)
    except CoreError as error:
        terminal.complain(str(error), error.remedy)
        return
    terminal.note("To use it, put this in the configuration:")
    for fit in found:
        if fit.note:
            terminal.note(f"{fit.task}: {fit.note}")
        terminal.say(f"{lines(page, fit)}\n")


@app.command(name="try")
def try_(
    name: Annotated[str, typer.Argument(metavar="ID[@REVISION]", help="A model of the Hub, or a folder.")],
    *,
    task: Annotated[str, typer.Option("--task", help="Try it on this task, where it fits several.")] = "",
    fetch: Annotated[bool, typer.Option("--pull", help="Fetch it without asking.")] = False,
    conf: Conf = None,
    as_json: AsJson = False,
) -> None:
    """Say what a model is good for here, by its configuration alone; once it is here, run an example."""
    from bot.cli.trying import try_model

    settings = config.read(conf)
    raise typer.Exit(try_model(name, task, settings, fetch=fetch, shared=is_shared(settings.models), as_json=as_json))


def pull_firefox(words: str, models: Models, *, as_json: bool) -> None:
    """Fetch pairs of Firefox's from the configured mirror, and print what the configuration needs to use them.

    Without words list the pairs that it has.
    """
    from nlp.firefox.mirror import mirrored, pairs_of, pull_pair

    wanted, folder = pairs_of(words) if words.strip() else (), str(models.folder)
    mirror = Binding("translate", "firefox", models.firefox, revision=models.firefox_revision, folder=folder)
    found, there = mirrored(mirror)
    if not wanted:
        list_pairs(mirror.model, ["-".join(pair) for pair in sorted(there)], as_json=as_json)
        return
    if missing := [pair for pair in wanted if pair not in there]:
        known = ", ".join("-".join(pair) for pair in sorted(there)) or "none"
        what = f"{mirror.model} has no pair {', '.join('-'.join(pair) for pair in missing)}."
        raise NothingFound(what, f"The pairs that it has: {known}.")
    added = []
    for pair in wanted:
        with terminal.transfer() as bar:
            task = bar.add_task("-".join(pair), total=sum(file.size for file in there[pair]))
            added.append(pull_pair(mirror, found, there[pair], pair, partial(bar.advance, task)))
    if as_json:
        rows = [{"source": each.source, "target": each.target, "settings": each.settings()} for each in added]
        terminal.print_json({"model": mirror.model, "revision": found.revision, "pulled": rows})
        return
    terminal.note(f"Pulled {len(added)} from {mirror.model} at {found.revision[:12]}. Put this in the configuration:")
    terminal.say("\n".join(each.settings() for each in added))


def list_pairs(model: str, pairs: Sequence[str], *, as_json: bool) -> None:
    """Print the pairs of a mirror, one a line."""
    if as_json:
        terminal.print_json({"model": model, "pairs": pairs})
        return
    terminal.note(f"{model} has {counted(len(pairs), 'pair')}. `parley models pull firefox:en-de` fetches one of them.")
    terminal.say("\n".join(pairs))


@app.command(name="add-firefox")
def add_firefox(
    files: Annotated[list[Path], typer.Argument(help="A pair's model.*.bin and *.spm, as downloaded (gzip or not).")],
    *,
    source: Annotated[
        str, typer.Option("--from", metavar="L", help="The source language, where the file names don't show it.")
    ] = "",
    target: Annotated[
        str, typer.Option("--to", metavar="L", help="The target language, where the file names don't show it.")
    ] = "",
    conf: Conf = None,
    as_json: AsJson = False,
) -> None:
    """Check a translation pair of Firefox's and copy it into the models' folder."""
    from nlp.firefox.files import add
    from nlp.firefox.format import BadFile

    folder = config.read(conf).models.folder
    try:
        added = add(files, folder, source, target)
    except BadFile as error:
        raise UsageError(
            f"The pair can't be added: {error}.", "Download the model.*.bin and *.spm files again."
        ) from error
    except OSError as error:
        raise UsageError(f"{error.filename} can't be read or written: {error.strerror}.") from error
    if as_json:
        terminal.print_json({"source": added.source, "target": added.target, "settings": added.settings()})
        return
    terminal.note(f"Added {added.source}→{added.target}. Put this in the configuration to use it:")
    terminal.say(added.settings())


@app.command()
def pin(
    model: Annotated[str, typer.Argument(help="A folder, or a model's name as a binding has it.")],
    *,
    conf: Conf = None,
    as_json: AsJson = False,
) -> None:
    """Print what `sha256` says in a binding that pins every file of a model on this machine."""
    from nlp.hub.checkpoint import find_folder
    from nlp.hub.gguf import find_file
    from nlp.hub.pins import manifest, pin_of, sha256

    binding = Binding(UNBOUND, "", model, folder=str(config.read(conf).models.folder))
    if binding.gguf:
        known = sha256(find_file(binding))
        if as_json:
            terminal.print_json({"sha256": known, "files": {binding.gguf: known}})
        else:
            terminal.say(known)
        return
    folder = find_folder(binding)
    if as_json:
        files = {name: known for known, _, name in (line.partition("  ") for line in manifest(folder).splitlines())}
        terminal.print_json({"sha256": pin_of(folder), "files": files})
        return
    terminal.note(manifest(folder).rstrip())
    terminal.say(pin_of(folder))


@app.command()
def info(
    model: Annotated[str, typer.Argument(help="A model's name, as `parley models list` shows it.")],
    *,
    conf: Conf = None,
    as_json: AsJson = False,
) -> None:
    """Show what the profiles say about a model, and where it is on this machine."""
    folder = str(config.read(conf).models.folder)
    bindings = [replace(each, folder=folder) for each in profiles.find(model)]
    if not bindings:
        raise NothingFound(f"No profile has a model {model!r}.", "Run `parley models list` to see them.")
    if as_json:
        terminal.print_json({"models": [{"model": each.name, **_facts(each)} for each in bindings]})
        return
    for each in bindings:
        terminal.show_table(("", each.name), _facts(each).items())


def _facts(each: Binding) -> dict[str, str]:
    """Return what is known of a model, by the name of the fact."""
    from nlp.hub.checkpoint import find_folder

    try:
        place = str(find_folder(each))
    except CoreError as missing:
        place = f"not on this machine; {missing.remedy}"
    return {
        "task": each.task,
        "family": each.family,
        "revision": each.revision or "pinned by the first pull",
        "licence": each.licence,
        "MB in memory": str(each.size_mb),
        "good for": each.good_for,
        "place": place,
    }


@app.command(name="list")
def list_(*, conf: Conf = None, as_json: AsJson = False) -> None:
    """List the shipped profiles and their models; a star marks the one in use."""
    used = config.read(conf).models.profile
    if as_json:
        rows = [
            {
                "profile": name,
                "used": name == used,
                "task": each.task,
                "model": each.name,
                "family": each.family,
                "licence": each.licence,
                "size_mb": each.size_mb,
                "good_for": each.good_for,
            }
            for name in profiles.PROFILES
            for each in profiles.profile(name)
        ]
        terminal.print_json({"models": rows})
        return
    for name in profiles.PROFILES:
        profile = profiles.read(name)
        bound = [(each.task, _described(each), each.licence, str(each.size_mb)) for each in profile.bindings]
        title = f"{'★ ' if name == used else ''}{name}: {profile.summary}"
        terminal.show_table(("task", "model", "licence", "MB"), bound, title)


def _described(each: Binding) -> Text:
    """Return a model's name, and below it what it is good for."""
    return Text(f"{each.name}\n").append(each.good_for, "dim")
