"""The terminal as a chat service: a line is a message, a reply is rendered Markdown, or plain text into a pipe.

The same path as Slack and Discord: a line becomes a request, a reply is shown whole. Knows no intent and no store.
"""

import asyncio
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import ClassVar
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.markdown import Markdown
from rich.padding import Padding
from rich.status import Status
from rich.text import Text

from adapters.chat import (
    UNREAD,
    Access,
    Command,
    HereOnly,
    Host,
    OnProgress,
    Person,
    Place,
    Posting,
    Progress,
    Reply,
    Request,
    Source,
    Typed,
)
from adapters.clock import Clock
from adapters.platform.contract import Platform
from adapters.platform.progress import Answering, Pace
from adapters.text import dates
from adapters.text.links import as_written, proven

PLATFORM = Platform(adapter="adapters.console:ConsoleAdapter")
YOU = Person("console", "you")
PACE = Pace(Clock(), after=0.0, every=0.1)
MOST_SHOWN = 600  # characters of an answer that is being written
STOPPED = Reply("Stopped.")
GOODBYE = {"/quit", "/exit", "quit", "exit"}


def screen(*, stderr: bool = False) -> Console:
    """Return a console that prints texts as they are: no markup is read in them, and no emoji's name is replaced."""
    return Console(stderr=stderr, markup=False, emoji=False, highlight=False)


@dataclass(frozen=True, slots=True)
class ConsoleAdapter:
    """A conversation in a terminal, about one channel. `read` blocks for a line and raises EOFError at the end.

    Where `console` isn't a terminal, it gets the answers' texts alone, and `aside` the notes.
    """

    name: ClassVar[str] = "console"

    place: Place
    console: Console
    read: Callable[[], str]
    zone: ZoneInfo
    access: Access | None = None
    aside: Console = field(default_factory=lambda: screen(stderr=True))

    def access_for(self, person: str, place: Place) -> Access:
        """Return what whoever sits at the terminal may read."""
        del person, place
        return self.access or HereOnly(self.place)

    async def post(self, posting: Posting) -> None:
        """Print what Parley says unasked."""
        tell(posting.reply, self.console, self.aside, self.zone)

    async def run(self, host: Host, commands: tuple[Command, ...]) -> None:
        """Answer line by line until the input ends."""
        del commands  # a line of a terminal needs none of the table
        while True:
            try:
                line = (await read_apart(self.read)).strip()
            except EOFError:
                return
            if line.casefold() in GOODBYE:
                return
            if line:
                tell(await self._ask(line, host), self.console, self.aside, self.zone)

    async def _ask(self, line: str, host: Host) -> Reply:
        """Return the reply, with its stages and its text shown on the way; the interrupt key stops it."""
        request = Request(UNREAD, self.place, YOU, access=self.access, zone=self.zone, typed=Typed(line))
        with Status("thinking …", console=self.console) as status:
            async with Answering(Beside(status), PACE, proven(Reply(""), request), (OSError,)) as answering:
                request = replace(request, progress=answering.progress, text=answering.text)
                return await stoppable(asyncio.ensure_future(host.handle(request)))


async def read_apart(read: Callable[[], str]) -> str:
    """Return the next line, read on a thread that nobody waits for at the end: an untyped line must not hold us up."""
    loop = asyncio.get_running_loop()
    line: asyncio.Future[str] = loop.create_future()

    def settle(said: str | None, error: BaseException | None) -> None:
        if not line.done():
            line.set_exception(error) if error is not None else line.set_result(said or "")

    def wait() -> None:
        text, failed = None, None
        try:
            text = read()
        except BaseException as error:  # noqa: BLE001 - whatever it is, it is for who waits
            failed = error
        with suppress(RuntimeError):  # the conversation is over
            loop.call_soon_threadsafe(settle, text, failed)

    threading.Thread(target=wait, name="read a line", daemon=True).start()
    return await line


class Beside:
    """The answer on its way, beside a spinner: its stage, then the end of what is written so far."""

    def __init__(self, spinner: Status) -> None:
        self._spinner = spinner
        self._written = ""

    async def status(self, words: str) -> None:
        """Show how far the work is."""
        self._spinner.update(Text(f"{words} …"))

    async def write(self, tamed: str) -> None:
        """Show more of the text."""
        self._written = (self._written + tamed)[-MOST_SHOWN:]
        self._spinner.update(Text(self._written))


async def stoppable(work: "asyncio.Future[Reply]") -> Reply:
    """Return the reply, or a word that the interrupt key stopped it; only the work ends then, not the conversation."""
    with interrupting(work.cancel):
        try:
            return await work
        except asyncio.CancelledError:
            if (task := asyncio.current_task()) and task.cancelling():
                work.cancel()
                raise
            return STOPPED


@contextmanager
def interrupting(stop: Callable[[], object]) -> Iterator[None]:
    """Let the interrupt key call `stop` instead of ending the program, where this thread may receive it."""
    before = signal.getsignal(signal.SIGINT)
    try:
        asyncio.get_running_loop().add_signal_handler(signal.SIGINT, stop)
    except (NotImplementedError, ValueError, RuntimeError):  # Windows, or a loop that isn't the main thread's
        yield
        return
    try:
        yield
    finally:
        asyncio.get_running_loop().remove_signal_handler(signal.SIGINT)
        signal.signal(signal.SIGINT, before)


def tell(reply: Reply, console: Console, aside: Console, zone: ZoneInfo) -> None:
    """Print a reply as whoever reads it needs it: rendered in a terminal, plain for a file or another program."""
    if console.is_terminal:
        show(reply, console, zone)
    else:
        write(reply, console, aside, zone)


def show(reply: Reply, console: Console, zone: ZoneInfo) -> None:
    """Print a rendered reply: its text, then the proof, then the notes."""
    console.print(Padding(Markdown(reply.text), (0, 0, 0, 2)))
    for source in reply.listed:
        if console.is_terminal and source.permalink and source.permalink in reply.text:
            continue  # the text links to it already, and a terminal can open links
        console.print(Text(f"    {_head(source, zone)}", "cyan").append(f"  {source.permalink or source.id}", "dim"))
    for note in reply.notes:
        console.print(Text(f"    {note}", "dim"))
    console.print()


def write(reply: Reply, console: Console, aside: Console, zone: ZoneInfo) -> None:
    """Write a reply's text and proof as they are, past everything that wraps, pads or renders; its notes go aside."""
    proof = [f"{_head(source, zone)}  {source.permalink or source.id}" for source in reply.listed]
    text = as_written(reply.text) if reply.sources else reply.text  # without sources nobody is quoted
    console.file.write("\n".join((text, *proof)) + "\n")
    console.file.flush()
    for note in reply.notes:
        aside.print(note, soft_wrap=True)


def _head(source: Source, zone: ZoneInfo) -> str:
    """Return the line that names a source: its author and time, and its channel where there are several."""
    where = f"{source.channel} · " if source.channel else ""
    return f"↳ {where}{source.author}, {dates.moment(source.sent_at.astimezone(zone), 0)}"


def progress_in(status: Status) -> OnProgress:
    """Return a listener that shows each step beside the spinner."""

    def update(progress: Progress) -> None:
        status.update(Text(f"{progress.words} …"))

    return update
