"""Re-reads the configuration while Parley runs: on SIGHUP, and when the file changes. No request is dropped.

What can't be taken over so needs a restart, and the log says so. A configuration that can't be read changes nothing.
"""

import asyncio
import logging
import signal
import threading
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from bot import config
from bot.config import Config
from bot.errors import UsageError
from bot.runtime import logs

log = logging.getLogger(__name__)

PAUSE = 5.0  # seconds between two looks at the file
LIVE = ("limits", "access", "glossary", "reports", "digests", "log")  # sections that are taken over at once
STARTED = ("timezone", "history", "models", "platforms", "monitoring")  # sections that hold from a start on


def ignore_hangups() -> None:
    """Let no SIGHUP end the program from now on, such as one of a reload while it starts or stops."""
    with suppress(AttributeError, ValueError):  # a system without that signal, another thread
        signal.signal(signal.SIGHUP, signal.SIG_IGN)


@contextmanager
def hangups(on_hangup: Callable[[], None]) -> Iterator[None]:
    """Call `on_hangup` at each SIGHUP while the block runs; afterwards they mean what they meant before."""
    loop, hangup = asyncio.get_running_loop(), getattr(signal, "SIGHUP", None)
    if hangup is None or threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.getsignal(hangup)
    loop.add_signal_handler(hangup, on_hangup)
    try:
        yield
    finally:
        loop.remove_signal_handler(hangup)
        signal.signal(hangup, before)


@dataclass(slots=True)
class Reloader:
    """Keeps the configuration that holds. `taking` are those who go by its live sections.

    `flags` are settings of the log from the command line, which go before the file's.
    """

    present: Config
    file: Path | None = None
    taking: list[Callable[[Config], None]] = field(default_factory=list)
    flags: Mapping[str, str] = field(default_factory=dict)
    started: Config = field(init=False)

    def __post_init__(self) -> None:
        self.started = self.present

    def reload(self) -> None:
        """Take over what the file says now."""
        try:
            wanted = config.read(self.file).with_log(self.flags)
        except UsageError as error:
            log.warning("the configuration can't be read, so the one before goes on: %s", error)
            return
        changed = [name for name in LIVE if getattr(wanted, name) != getattr(self.present, name)]
        restart = [name for name in STARTED if getattr(wanted, name) != getattr(self.started, name)]
        for take in self.taking:
            take(wanted)
        if "log" in changed:
            logs.start(wanted.log)
        self.present = wanted
        log.info("the configuration was read again: %s", ", ".join(changed) or "nothing has changed")
        if restart:
            log.warning("restart Parley for what changed since it started in: %s", ", ".join(restart))

    async def run(self) -> None:
        """Reload on SIGHUP and when the file has changed, until cancelled."""
        with hangups(self.reload):
            await self.watch()

    async def watch(self, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        """Reload whenever the file has changed, until cancelled."""
        seen = await asyncio.to_thread(self._state)
        while True:
            await sleep(PAUSE)
            state = await asyncio.to_thread(self._state)
            if state != seen and state is not None:  # a file that is gone is being written
                self.reload()
            seen = state or seen

    def _state(self) -> tuple[int, int, int] | None:
        """Return what changes with the file; None where there is none."""
        file = config.find(self.file)
        try:
            found = file.stat() if file else None
        except OSError:
            return None
        return (found.st_mtime_ns, found.st_size, found.st_ino) if found else None
