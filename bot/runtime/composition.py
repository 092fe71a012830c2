"""The composition root: the only place where the core, the history and the assistant are built and joined."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from adapters.chat import ignore
from adapters.clock import Clock
from bot.admission.fair_queue import FairQueue
from bot.admission.rate_limits import Limiter
from bot.assistant import Assistant, Served
from bot.backlog import Backlog
from bot.config import Config
from bot.history import HistoryThread
from bot.services import Services
from nlp.core import Core
from nlp.jobs import BatchReport
from nlp.profiles import profile
from nlp.scheduler.family import Binding


@dataclass(frozen=True, slots=True)
class Hooks:
    """The functions that get a record of each request served, each wait for a turn and each batch that ran."""

    on_served: Callable[[Served], None] = ignore
    on_turn: Callable[[float], None] = ignore
    on_report: Callable[[BatchReport], None] = ignore


def bindings(config: Config) -> tuple[Binding, ...]:
    """Return the owner's models first, then the profile's: the first that fits a task serves it."""
    folder = str(config.models.folder)
    own = tuple(replace(binding, folder=folder) for binding in config.models.own())
    return (*own, *profile(config.models.profile, folder))


@asynccontextmanager
async def opened(
    config: Config,
    database: Path | None,
    *,
    one_at_a_time: bool = False,
    waiting: Path | None = None,
    hooks: Hooks = Hooks(),
) -> AsyncIterator[Assistant]:
    """Yield a working assistant over `database` (None: one in memory), closed in order afterwards.

    With `one_at_a_time` it holds one model where it can: for commands that take one after the other. `waiting` is the
    file for events that the history can't take; only one process may use it.
    """
    core = Core(bindings(config), device=config.models.device, one_at_a_time=one_at_a_time, on_report=hooks.on_report)
    async with HistoryThread(database) as history, core:
        terms = tuple(words.terms() for words in config.glossary)
        services = Services(core, history, Clock().now, config.zone, config.history.days, config.access.admins, terms)
        backlog = Backlog(history, services.now, services.days, waiting)
        backlog.restore()
        try:
            turns = FairQueue(config.limits.together, on_turn=hooks.on_turn)
            yield Assistant(services, config.access, Limiter(config.limits), turns, backlog, hooks.on_served)
        finally:
            await backlog.close()
