"""Re-reads the configuration while Parley runs: on SIGHUP, and when the file changes. No request is dropped.

What can't be taken over so needs a restart, and the log says so. A configuration that can't be read changes nothing.
"""

import asyncio
import logging
import signal
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from bot import config
from bot.config import Config
from bot.errors import UsageError
from bot.runtime.logs import set_level

log = logging.getLogger(__name__)

PAUSE = 5.0  # seconds between two looks at the file
LIVE = ("limits", "access", "glossary", "reports", "digests")  # sections that are taken over at once, and [log] level
STARTED = ("timezone", "history", "models", "platforms", "monitoring")  # sections that hold from a start on


@dataclass(slots=True)
class Reloader:
    """Keeps the configuration that holds. `taking` are those who go by its live sections."""

    present: Config
    file: Path | None = None
    taking: list[Callable[[Config], None]] = field(default_factory=list)

    def reload(self) -> None:
        """Take over what the file says now."""
        try:
            wanted = config.read(self.file)
        except UsageError as error:
            log.warning("the configuration can't be read, so the one before goes on: %s", error)
            return
        changed = [name for name in LIVE if getattr(wanted, name) != getattr(self.present, name)]
        if wanted.log.level != self.present.log.level:
            changed.append("log")
        restart = [name for name in STARTED if getattr(wanted, name) != getattr(self.present, name)]
        for take in self.taking:
            take(wanted)
        if "log" in changed:  # else a flag's level goes on
            set_level(wanted.log.level)
        self.present = wanted
        log.info("the configuration was read again: %s", ", ".join(changed) or "nothing has changed")
        if restart:
            log.warning("restart Parley for what changed in: %s", ", ".join(restart))

    async def run(self) -> None:
        """Reload on SIGHUP and when the file has changed, until cancelled."""
        loop, hangup = asyncio.get_running_loop(), getattr(signal, "SIGHUP", None)
        with suppress(NotImplementedError, TypeError, ValueError):  # a system without signals, another thread
            loop.add_signal_handler(hangup, self.reload)  # type: ignore[arg-type]
        try:
            await self.watch()
        finally:
            with suppress(NotImplementedError, TypeError, ValueError):
                loop.remove_signal_handler(hangup)  # type: ignore[arg-type]

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
