"""`parley slack …`: what a workspace's administrator needs to install the app."""

import asyncio
from dataclasses import asdict
from typing import Annotated

import typer

from bot import config, terminal
from bot.cli.options import AsJson, Conf

MARKS = {"ok": "✓", "warning": "!", "problem": "✗"}

app = typer.Typer(help="Install Parley in a Slack workspace.", no_args_is_help=True)


@app.command()
def manifest(
    *,
    url: Annotated[str, typer.Option("--url", help="The public address, for HTTP instead of Socket Mode.")] = "",
    conf: Conf = None,
    as_json: AsJson = False,
) -> None:
    """Print the app's manifest, to paste at api.slack.com/apps, Create New App, From a manifest."""
    from adapters.slack.manifest import manifest as make
    from adapters.slack.manifest import manifest_text
    from bot.intents import commands

    config.read(conf)  # the manifest needs none of it, but a wrong file shouldn't come out only at `parley run`
    if as_json:
        terminal.print_json(make(commands(), url))
    else:
        typer.echo(manifest_text(commands(), url), nl=False)


@app.command()
def check(*, conf: Conf = None, as_json: AsJson = False) -> None:
    """Look at tokens, scopes, channels and clock as Slack sees them, and say what to click for each that is wrong."""
    from adapters.slack.check import check as look
    from adapters.slack.settings import SlackSettings
    from bot.runtime.supervisor import settings_of

    findings = asyncio.run(look(settings_of("slack", SlackSettings, config.read(conf))))
    works = all(finding.state != "problem" for finding in findings)
    if as_json:
        terminal.print_json({"works": works, "findings": [asdict(finding) for finding in findings]})
    else:
        for finding in findings:
            terminal.say(f"{MARKS[finding.state]} {finding.sentence}")
            if finding.remedy:
                terminal.say(f"    {finding.remedy}", "dim")
    raise typer.Exit(terminal.DONE if works else terminal.UNAVAILABLE)
