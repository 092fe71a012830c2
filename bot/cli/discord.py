"""`parley discord …`: what a server's administrator needs to add the bot."""

import asyncio
from typing import Annotated

import typer

from adapters.errors import EdgeError
from bot import config, terminal
from bot.cli.options import Conf
from bot.errors import FeatureUnavailable

app = typer.Typer(help="Add Parley to a Discord server.", no_args_is_help=True)


@app.command()
def invite(
    *,
    conf: Conf = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the permissions and their reasons too.")] = False,
) -> None:
    """Print the link that adds Parley to a server, with exactly the permissions that it uses."""
    from adapters.discord.invite import PERMISSIONS
    from adapters.discord.invite import invite as make
    from adapters.discord.settings import DiscordSettings
    from bot.runtime.supervisor import settings_of

    try:
        url = asyncio.run(make(settings_of("discord", DiscordSettings, config.read(conf))))
    except EdgeError as error:
        raise FeatureUnavailable(str(error), error.remedy) from None
    if as_json:
        terminal.print_json({"url": url, "permissions": dict(PERMISSIONS)})
    else:
        typer.echo(url)
