"""`parley web` and `parley web-password`: the web adapter joined to the assistant, and who may log in there."""

import asyncio
import sys
import tempfile
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from adapters import ADAPTERS, load
from adapters.errors import EdgeError
from adapters.web.settings import LOOPBACK, PORT, WebSettings
from bot import config, sample, terminal
from bot.cli.options import Conf, Db
from bot.config import Config
from bot.conversation.permissions import OWNER
from bot.errors import UsageError
from bot.intents import commands
from bot.sections import Log, Monitoring
from nlp.jobs import BatchReport

Port = Annotated[int, typer.Option("--port", help="The port to listen on.", min=0, max=65535)]
HostName = Annotated[str, typer.Option("--host", help="The address to listen on; others need a password or token.")]
Names = Annotated[list[str] | None, typer.Option("--name", help="Another name by which browsers call this machine.")]
TokenFile = Annotated[Path | None, typer.Option("--token-file", help="A file with the owner's token to log in.")]
Passwords = Annotated[Path | None, typer.Option("--password-file", help="A file that `parley web-password` wrote.")]
Demo = Annotated[bool, typer.Option("--demo", help="Show the sample workspace, in a temporary history.")]
MonitoringPort = Annotated[
    int | None, typer.Option("--monitoring-port", help="Serve health and figures on this port too.", min=0, max=65535)
]
NoBrowser = Annotated[bool, typer.Option("--no-browser", help="Open no browser.")]
Channels = Annotated[list[str] | None, typer.Option("--channel", help="A channel that they may read: an id, or *.")]
Admin = Annotated[bool, typer.Option("--admin", help="They administer these channels.")]
AsOwner = Annotated[bool, typer.Option("--owner", help="They may do all that you may.")]
ChatId = Annotated[str, typer.Option("--id", help="Their id on the chat service, for what is stored about them.")]


def web(
    *,
    port: Port = PORT,
    host: HostName = LOOPBACK[0],
    name: Names = None,
    token_file: TokenFile = None,
    password_file: Passwords = None,
    demo: Demo = False,
    monitoring_port: MonitoringPort = None,
    no_browser: NoBrowser = False,
    db: Db = None,
    conf: Conf = None,
) -> None:
    """Serve pages in a browser: read channels, sum up, ask, translate, bring in exports. Ctrl-C ends it."""
    from adapters.web import people
    from bot.runtime import logs

    configured = config.read(conf)
    logs.start(Log(level="warning", format="human"))
    try:
        accounts = people.read(password_file) if password_file else {}
        token = _token(token_file) if token_file else ""
        settings = WebSettings(host=host, port=port, names=tuple(name or ()), token=token, accounts=accounts)
        # the configuration's port is that of `parley run`, which may run beside
        monitoring = configured.monitoring.model_copy(update={"port": monitoring_port})
        with _history(configured, db, demo=demo) as database:
            opens = not no_browser and sys.stdout.isatty()
            asyncio.run(_serve(configured, database, settings, monitoring, opens=opens))
    except EdgeError as error:
        raise UsageError(str(error), error.remedy) from None
    except KeyboardInterrupt:
        terminal.note("Ended.")


def _token(file: Path) -> str:
    """Return the token that the file holds. Raises EdgeError."""
    try:
        return file.read_text(encoding="utf-8").strip()
    except (OSError, ValueError) as error:
        raise EdgeError(f"The token can't be read: {type(error).__name__}.", "Name a file with --token-file.") from None


async def _serve(
    configured: Config, database: Path, settings: WebSettings, monitoring: Monitoring, *, opens: bool
) -> None:
    from adapters.web.catalogue import Looked
    from bot.catalogue.served import ServedCatalogue
    from bot.catalogue.status import BatchPace
    from bot.cli.commands.check import found
    from bot.runtime.composition import Hooks, bindings, opened
    from bot.runtime.metrics import Metrics
    from bot.runtime.monitoring import Watch, listening

    pace, metrics = BatchPace(), Metrics()

    def ready(address: str) -> None:
        terminal.say(f"web ready: {address}")
        terminal.note("Ctrl-C ends it.")
        if opens:
            webbrowser.open(address)

    async def look() -> list[Looked]:
        return [Looked(each.what, each.state, each.detail) for each in await found(configured, database)]

    def ran(report: BatchReport) -> None:
        pace.ran(report)
        metrics.ran(report)

    hooks = Hooks(metrics.served, metrics.waited, ran)
    async with opened(configured, database, hooks=hooks) as assistant:
        catalogue = ServedCatalogue(assistant, database, pace, look)
        adapter = load(ADAPTERS, "web").load_adapter()(settings, catalogue, OWNER, configured.zone, ready)
        async with listening(monitoring, Watch(assistant, metrics, (), bindings(configured)), terminal.say):
            await adapter.run(assistant, commands())


@contextmanager
def _history(configured: Config, given: Path | None, *, demo: bool) -> Iterator[Path]:
    """Yield the history's file, made where there is none yet; of the demo one that is gone afterwards."""
    from bot.runtime.importing import bring_in

    if not demo:
        database = given or configured.history.path
        database.parent.mkdir(parents=True, exist_ok=True)
        yield database
        return
    if given is not None:
        raise UsageError("--demo has a history of its own.", "Leave out --db or --demo.")
    with tempfile.TemporaryDirectory(prefix="parley-demo-") as folder:
        database = Path(folder) / "history.db"
        bring_in(sample.path(), database, lambda _: None)
        yield database


def web_password(
    file: Annotated[Path, typer.Argument(help="The file of passwords; made where there is none.")],
    name: Annotated[str, typer.Argument(help="The name to log in with.")],
    *,
    channel: Channels = None,
    admin: Admin = False,
    owner: AsOwner = False,
    id_: ChatId = "",
) -> None:
    """Let somebody log in to `parley web`: asks for a password, and writes its hash and what they may read."""
    from adapters.web import people

    password = typer.prompt("Password", hide_input=True) if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
    row: dict[str, Any] = {"channels": list(channel or ()), "admin": admin, "owner": owner}
    try:
        people.put(file, name, password, row | ({"id": id_} if id_ else {}))
    except EdgeError as error:
        raise UsageError(str(error), error.remedy) from None
    terminal.say(f"{name} may log in with: parley web --password-file {file}")
