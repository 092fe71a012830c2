"""`parley slack …`, `parley discord …`: for each platform of the table a look at its set-up, and what it adds itself.

Knows no platform: the names, the words and the work are the platform's own.
"""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import asdict
from inspect import Parameter, Signature
from typing import Annotated, Any

import typer

from adapters import platforms
from adapters.errors import EdgeError
from adapters.platform.contract import Errand, Platform
from bot import config, terminal
from bot.cli.options import AsJson, Conf
from bot.errors import FeatureUnavailable

MARKS = {"ok": "✓", "warning": "!", "problem": "✗"}


def groups() -> Iterator[tuple[str, typer.Typer]]:
    """Yield each platform's name and its commands."""
    for name, platform in platforms().items():
        yield name, group(name, platform)


def group(name: str, platform: Platform) -> typer.Typer:
    """Return the commands of one platform."""
    app = typer.Typer(help=platform.summary, no_args_is_help=True)
    for errand in platform.errands:
        app.command(errand.name, help=errand.summary)(_errand(name, errand))
    if platform.check:
        words = f"Look at the set-up as {name.title()} sees it, and say what to do about each thing that is wrong."
        app.command("check", help=words)(_check(name, platform))
    return app


def _check(name: str, platform: Platform) -> Callable[..., None]:
    def check(*, conf: Conf = None, as_json: AsJson = False) -> None:
        from bot.runtime.supervisor import settings_of

        look = platform.load_check()
        settings = config.read(conf)
        tables = [each for each in settings.services() if config.platform_of(each) == name] or [name]
        findings = [found for each in tables for found in asyncio.run(_awaited(look(settings_of(each, settings))))]
        works = all(finding.state != "problem" for finding in findings)
        if as_json:
            terminal.print_json({"works": works, "findings": [asdict(finding) for finding in findings]})
            raise typer.Exit(terminal.DONE if works else terminal.UNAVAILABLE)
        for finding in findings:
            terminal.say(f"{MARKS[finding.state]} {finding.sentence}")
            if finding.remedy:
                terminal.say(f"    {finding.remedy}", "dim")
        raise typer.Exit(terminal.DONE if works else terminal.UNAVAILABLE)

    return check


def _errand(name: str, errand: Errand) -> Callable[..., None]:
    """Return a function that runs the errand, whose signature has the errand's options."""

    def run(*, conf: Conf = None, as_json: AsJson = False, **given: str) -> None:
        from bot.intents import commands
        from bot.runtime.supervisor import settings_of

        settings = settings_of(name, config.read(conf))
        try:
            printed = asyncio.run(_awaited(errand.load()(settings, commands(), given)))
        except EdgeError as error:
            raise FeatureUnavailable(str(error), error.remedy) from None
        if as_json:
            terminal.print_json(printed.document)
        else:
            typer.echo(printed.text)

    own = [
        Parameter(option.name, Parameter.KEYWORD_ONLY, default="", annotation=_option(option.name, option.summary))
        for option in errand.options
    ]
    shared = [each for each in Signature.from_callable(run).parameters.values() if each.name in {"conf", "as_json"}]
    command: Any = run
    command.__signature__ = Signature([*own, *shared])
    command.__annotations__ = {each.name: each.annotation for each in (*own, *shared)} | {"return": None}
    return run


def _option(name: str, summary: str) -> Any:
    return Annotated[str, typer.Option(f"--{name}", help=summary)]


async def _awaited(work: Any) -> Any:
    return await work
