"""`parley models push`: what would be sent to the Hub, a question, and the sending."""

import sys
from pathlib import Path

import typer
from huggingface_hub import constants

from adapters.text.counts import counted
from bot import terminal
from bot.errors import UsageError
from nlp.hub.model_card import README
from nlp.hub.publishing import outgoing, publish
from nlp.training.readme import HUB_NAMES

MB = 1_000_000


def push(folder: Path, name: str, *, public: bool, yes: bool) -> str:
    """Say what would be sent, ask, and send it; return the address. Raises UsageError without a yes."""
    files = outgoing(folder)
    for file in files:
        terminal.note(f"{file.relative_to(folder).as_posix()}  {file.stat().st_size / MB:,.2f} MB")
    if not (folder / README).is_file():
        terminal.note(f"It has no {README}: nobody will read what it is and what it was trained on.")
    who = "everybody reads it" if public else "private: your account alone reads it"
    what = f"{counted(len(files), 'file')} to {constants.ENDPOINT}/{name} ({who})"
    if not yes:
        if not sys.stdin.isatty():
            raise UsageError(f"Nothing was sent: this would send {what}.", "Say --yes to send it.")
        if not typer.confirm(f"Send {what}?", err=True):
            raise UsageError("Nothing was sent.")
    return publish(folder, name, private=not public, bases=HUB_NAMES)
