"""`parley service install`: a systemd unit for `parley run`, for the system or for one user."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer
from platformdirs import user_config_path

from adapters import platforms
from bot import config, terminal
from bot.cli.options import AsJson, Conf, Force
from bot.errors import UsageError
from bot.runtime.service import HEAD, NAME, ServiceUnit
from bot.runtime.setup import SECRETS
from bot.runtime.supervisor import no_service

SYSTEM = Path("/etc/systemd/system")
NUMBER = re.compile(r"_\d+_")

app = typer.Typer(help="Run Parley as a service of systemd.", no_args_is_help=True)
User = Annotated[bool, typer.Option("--user", help="For yourself instead of the whole system.")]
Print = Annotated[bool, typer.Option("--print", help="Print the unit and write nothing.")]


@app.command()
def install(
    *, user: User = False, show: Print = False, force: Force = False, conf: Conf = None, as_json: AsJson = False
) -> None:
    """Write the unit, and say how to start it."""
    settings, file = config.read(conf), config.find(conf)
    unit = ServiceUnit(
        _program(), file.resolve() if file else None, _secrets(file), user, settings.models.device == "cpu"
    )
    if show:
        typer.echo(unit.text(), nl=False)
        return
    path = (user_config_path("systemd") / "user" if user else SYSTEM) / NAME
    _write(path, unit.text(), force=force)
    systemctl = ["systemctl", *(["--user"] if user else [])]
    if shutil.which("systemctl"):
        subprocess.run([*systemctl, "daemon-reload"], check=False, capture_output=True)  # noqa: S603 - as above
    follow = f"{' '.join(systemctl)} enable --now {NAME.removesuffix('.service')}"
    if as_json:
        terminal.print_json({"unit": str(path), "next": follow})
        return
    terminal.say(f"Wrote {path}.")
    if not settings.platforms:
        terminal.complain(*no_service())
    terminal.say(f"Next: {follow}")
    terminal.say(f"Its log: journalctl {'--user ' if user else ''}--unit parley --output cat")


def _program() -> Path:
    """Return where `parley` is installed. Raises UsageError where it isn't a program of its own."""
    for candidate in (Path(sys.executable).with_name("parley"), shutil.which("parley")):
        if candidate and Path(candidate).is_file():
            return Path(candidate).absolute()
    raise UsageError("There is no program called parley beside this Python.", "Install Parley, such as with pipx.")


def _secrets(file: Path | None) -> list[Path]:
    """Return the secrets beside the configuration: `slack_bot_token`, and `slack_2_bot_token` of a second table."""
    folder = file.resolve().parent / SECRETS if file else None
    if folder is None or not folder.is_dir():
        return []
    named = {f"{name}_{question.setting}" for name, each in platforms().items() for question in each.questions}
    return sorted(each for each in folder.iterdir() if NUMBER.sub("_", each.name, count=1) in named)


def _write(path: Path, text: str, *, force: bool) -> None:
    """Write the unit, unless somebody else wrote the one that is there. Raises UsageError."""
    try:
        if path.exists() and not path.read_text(encoding="utf-8").startswith(HEAD) and not force:
            raise UsageError(f"{path} exists, and Parley didn't write it.", "Replace it with --force.")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        remedy = "Run it as root, or with --user." if os.name == "posix" and os.geteuid() else "Print it with --print."
        raise UsageError(f"{path} can't be written: {error.strerror}.", remedy) from None
