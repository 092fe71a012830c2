"""The bot of `benchmarks/serving.py`, in a process of its own: `parley run`, watched.

SIGUSR1 has it print what it holds in memory, SIGUSR2 what its event loop did since the last time.
"""

import asyncio
import ctypes
import gc
import json
import resource
import signal
import sys
import threading
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

from bot import config
from bot.runtime.supervisor import run_adapters, until_stopped

TICK, LATE = 0.005, 0.05  # s between two looks at the loop, and what counts as late
MALLINFO = ("arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "uordblks", "fordblks", "keepcost")


class Watch:
    """Notes when the event loop comes late, how much of that was its own work, and where it stood."""

    def __init__(self) -> None:
        self.late: list[float] = []
        self.own: list[float] = []
        self.stood: Counter[str] = Counter()
        self._last = time.perf_counter()
        self._clock = time.pthread_getcpuclockid(threading.get_ident())
        self._used = time.clock_gettime(self._clock)
        self._loop_thread = threading.get_ident()
        self._where = ""

    def tick(self, loop: asyncio.AbstractEventLoop) -> None:
        """Note how late the loop comes to this, and come again."""
        now, used = time.perf_counter(), time.clock_gettime(self._clock)
        took, own = now - self._last - TICK, used - self._used
        if took > LATE:
            self.late.append(took)
            self.own.append(own)
            self.stood[f"{self._where or 'not seen'}{' (own work)' if own > LATE else ''}"] += 1
        self._last, self._used, self._where = now, used, ""
        loop.call_later(TICK, self.tick, loop)

    def look(self) -> None:
        """Note, from a thread beside, where the loop stands while it is late."""
        while True:
            time.sleep(LATE / 2)
            if time.perf_counter() - self._last > LATE and not self._where:
                self._where = _where(sys._current_frames().get(self._loop_thread))  # noqa: SLF001 - its public name

    def document(self) -> dict[str, Any]:
        """Return what was seen since the last time."""
        seen = {"late": self.late, "own": self.own, "stood": self.stood.most_common(12)}
        self.late, self.own, self.stood = [], [], Counter()
        return seen


def _where(frame: Any) -> str:
    """Return the two innermost places of Parley's own, and the innermost of all."""
    places = []
    while frame is not None:
        code = frame.f_code
        places.append((code.co_filename, f"{Path(code.co_filename).name}:{frame.f_lineno} {code.co_name}"))
        frame = frame.f_back
    own = [name for file, name in places if any(f"/{part}/" in file for part in ("bot", "adapters", "nlp"))][:2]
    return " < ".join(dict.fromkeys([name for _, name in places[:1]] + own))


class Held(ctypes.Structure):
    """glibc's mallinfo2."""

    _fields_ = tuple((name, ctypes.c_size_t) for name in MALLINFO)


def resident(process: int | str = "self") -> tuple[float, float]:
    """Return what a process holds, in MB, and how much of it is files such as libraries."""
    _, pages, files, *_ = Path(f"/proc/{process}/statm").read_text(encoding="ascii").split()
    return int(pages) * resource.getpagesize() / 1e6, int(files) * resource.getpagesize() / 1e6


def holdings() -> dict[str, Any]:
    """Return the process's memory and its objects by type."""
    types = Counter(type(each).__qualname__ for each in gc.get_objects())
    held = {}
    with suppress(AttributeError, OSError):
        info = ctypes.CDLL(None).mallinfo2
        info.restype = Held
        found = info()
        held = {"in use": found.uordblks / 1e6, "free": found.fordblks / 1e6, "mapped": found.hblkhd / 1e6}
    return {"resident": resident(), "malloc": held, "types": types.most_common(25)}


async def serve(database: Path) -> None:
    """Run the bot until it is stopped."""
    loop, watch = asyncio.get_running_loop(), Watch()
    loop.add_signal_handler(signal.SIGUSR1, lambda: _print(holdings()))
    loop.add_signal_handler(signal.SIGUSR2, lambda: _print(watch.document()))
    threading.Thread(target=watch.look, daemon=True).start()
    watch.tick(loop)
    await until_stopped(run_adapters(config.read(None), database))


def _print(document: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(document) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1])))
