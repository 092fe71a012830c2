"""`parley slack …`: what a workspace's administrator needs to install the app."""

from typing import Annotated

import typer

from bot import terminal

app = typer.Typer(help="Install Parley in a Slack workspace.", no_args_is_help=True)


@app.command()
def manifest(
    *,
    url: Annotated[str, typer.Option("--url", help="The public address, for HTTP instead of Socket Mode.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of YAML.")] = False,
) -> None:
    """Print the app's manifest, to paste at api.slack.com/apps, Create New App, From a manifest."""
    from adapters.slack.manifest import manifest as make
    from adapters.slack.manifest import manifest_text
    from bot.intents import commands

    if as_json:
        terminal.print_json(make(commands(), url))
    else:
        typer.echo(manifest_text(commands(), url), nl=False)
