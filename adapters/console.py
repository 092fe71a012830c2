"""The terminal as a chat service: a line is a message, a reply is rendered Markdown.

The same path as Slack and Discord: lines become requests through `adapters.parse`, replies are shown whole. Knows
no intent and no store.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.markdown import Markdown
from rich.padding import Padding
from rich.status import Status
from rich.text import Text

from adapters.chat import Access, Command, Host, OnProgress, Person, Place, Posting, Progress, Reply, Request
from adapters.parse import parse

YOU = Person("console", "you")
GOODBYE = {"/quit", "/exit", "quit", "exit"}


@dataclass(frozen=True, slots=True)
class ConsoleAdapter:
    """A conversation in a terminal, about one channel. `read` blocks for a line and raises EOFError at the end."""

    name: ClassVar[str] = "console"

    place: Place
    console: Console
    read: Callable[[], str]
    now: Callable[[], datetime]
    zone: ZoneInfo
    access: Access | None = None

    async def post(self, posting: Posting) -> None:
        """Print what Parley says unasked."""
        show(posting.reply, self.console, self.zone)

    async def run(self, host: Host, commands: tuple[Command, ...]) -> None:
        """Answer line by line until the input ends."""
        while True:
            try:
                line = (await asyncio.to_thread(self.read)).strip()
            except EOFError:
                return
            if line.casefold() in GOODBYE:
                return
            if line:
                show(await self._ask(line, host, commands), self.console, self.zone)

    async def _ask(self, line: str, host: Host, commands: tuple[Command, ...]) -> Reply:
        with Status("thinking …", console=self.console) as status:
            intent = parse(line, commands, self.now(), self.zone)
            request = Request(intent, self.place, YOU, progress=progress_in(status), access=self.access)
            return await host.handle(request)


def show(reply: Reply, console: Console, zone: ZoneInfo) -> None:
    """Print a reply: its text, then the proof, then the notes."""
    console.print(Padding(Markdown(reply.text), (0, 0, 0, 2)))
    for source in reply.sources:
        if console.is_terminal and source.permalink and source.permalink in reply.text:
            continue  # the text links to it already, and a terminal can open links
        at = source.sent_at.astimezone(zone).strftime("%d %b %Y %H:%M")
        console.print(Text(f"    ↳ {source.author}, {at}", "cyan").append(f"  {source.permalink or source.id}", "dim"))
    for note in reply.notes:
        console.print(Text(f"    {note}", "dim"))
    console.print()


def progress_in(status: Status) -> OnProgress:
    """A listener that shows each step beside the spinner."""

    def update(progress: Progress) -> None:
        total = f" of {progress.total}" if progress.total else ""
        status.update(f"{progress.stage} … {progress.done or ''}{total}".rstrip())

    return update
