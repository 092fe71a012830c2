"""Memory that this process may still take. Knows Linux and its cgroups; elsewhere it guesses generously."""

from pathlib import Path

MEMINFO = Path("/proc/meminfo")
CGROUP = Path("/sys/fs/cgroup")


def free_memory() -> int:
    """Return the bytes of memory that this process may still take: what is available, within the cgroup's limit."""
    free = available()
    try:
        limit = (CGROUP / "memory.max").read_text(encoding="ascii").strip()
        current = (CGROUP / "memory.current").read_text(encoding="ascii").strip()
    except OSError:
        return free
    return free if limit == "max" else min(free, int(limit) - int(current))


def available() -> int:
    """Return bytes that the system could hand out without swapping; a generous guess where it doesn't say."""
    try:
        lines = MEMINFO.read_text(encoding="ascii").splitlines()
    except OSError:
        return 1 << 40
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:"))
