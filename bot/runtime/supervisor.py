"""`parley run`: every configured chat service, each under a supervisor of its own, over one assistant.

An adapter that fails is started again after a pause that grows; one that its service refuses for good ends with a
sentence, and the others go on. Knows no platform: the tables name the adapters, and each brings its settings.
"""

import asyncio
import logging
import signal
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from dataclasses import fields
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any, get_type_hints

from pydantic import TypeAdapter, ValidationError

from adapters import ADAPTERS, load
from adapters.chat import Adapter, Host
from adapters.clock import Clock, clock_from
from adapters.errors import ServiceStopped
from bot.config import Config
from bot.errors import UsageError
from bot.intents import commands
from bot.runtime.composition import bindings, opened
from bot.runtime.retention import keep_retention
from bot.runtime.scheduler import Clerk
from bot.terminal import DONE, UNAVAILABLE, complain, say
from nlp.models import import_families
from nlp.scheduler.family import Binding

log = logging.getLogger(__name__)

FIGURES = ("ruptures", "sklearn.cluster", "bot.mood.charts")  # what a report is made with, imported late elsewhere
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 300.0  # seconds before an adapter that failed is started again
STEADY = 600.0  # seconds after which a failure counts as the first again


async def run_adapters(config: Config, database: Path) -> int:
    """Serve every configured platform until cancelled; the exit code says whether one was refused for good."""
    services = configured(config)
    await asyncio.to_thread(import_libraries, bindings(config))  # before anybody can wait for an acknowledgement
    async with opened(config, database) as assistant, asyncio.TaskGroup() as tasks:
        clerk = Clerk(assistant.services, {adapter.name: adapter for adapter in services}, config.reports)
        chores = [tasks.create_task(each) for each in (keep_retention(assistant.services), clerk.run())]
        running = [tasks.create_task(supervise(adapter, assistant)) for adapter in services]
        await asyncio.wait(running)
        for chore in chores:
            chore.cancel()
    return DONE if all(task.result() for task in running) else UNAVAILABLE


def import_libraries(bound: Sequence[Binding]) -> None:
    """Import what models and reports will need: seconds, in which every other thread stands still now and then."""
    import_families(bound)
    for name in FIGURES:
        import_module(name)


async def until_stopped(work: Coroutine[Any, Any, int]) -> int:
    """The work's exit code. When the system asks to stop (SIGTERM), everything is closed in order first."""
    task = asyncio.ensure_future(work)
    with suppress(NotImplementedError):  # a system without signals
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    await asyncio.wait({task})
    return DONE if task.cancelled() else task.result()


def configured(config: Config) -> list[Adapter]:
    """The adapters whose sections the configuration has. Raises UsageError for none, or for what can't be used."""
    sections = config.services()
    if not sections:
        raise UsageError(
            "No chat service is configured.",
            "Set PARLEY_SLACK__BOT_TOKEN or PARLEY_DISCORD__TOKEN; `parley docs` has a page for each.",
        )
    return [build(name, values, config) for name, values in sections.items()]


def build(name: str, values: Mapping[str, Any], config: Config) -> Adapter:
    """The adapter called `name` with its settings, which print `ready` lines to standard output."""
    kind = load(ADAPTERS, name)
    settings = settings_for(name, get_type_hints(kind)["settings"], {"zone": config.zone, **values})
    adapter: Adapter = kind(settings, say)
    return adapter


def settings_of(name: str, kind: type, config: Config) -> Any:
    """The settings of one platform, with nothing in them where it isn't set up. Raises UsageError."""
    return settings_for(name, kind, {"zone": config.zone, **config.services().get(name, {})})


def settings_for(name: str, kind: type, values: Mapping[str, Any]) -> Any:
    """The platform's own settings from a section's values. Raises UsageError, which never quotes a value."""
    known = {field.name for field in fields(kind)}
    for unknown in sorted(set(values) - known):
        raise UsageError(
            f"The setting {name}.{unknown} is not one that I know.", f"There is: {', '.join(sorted(known))}."
        )
    if "clock" in values:
        values = {**values, "clock": _clock(f"{name}.clock", str(values["clock"]))}
    try:
        return TypeAdapter(kind).validate_python(dict(values))
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        where = ".".join(str(part) for part in (name, *first["loc"]))
        raise UsageError(f"The setting {where} can't be used: {first['msg']}.") from None


def _clock(setting: str, words: str) -> Clock:
    """The clock that starts at this moment. Raises UsageError for what is none."""
    try:
        return clock_from(datetime.fromisoformat(words).astimezone(UTC))
    except ValueError:
        raise UsageError(f"The setting {setting} is no moment.", "Say one such as 2026-05-20T12:00:00Z.") from None


async def supervise(
    adapter: Adapter, host: Host, pause: Callable[[float], Any] = asyncio.sleep, now: Callable[[], float] | None = None
) -> bool:
    """Keep the adapter running; False once its service refused it for good."""
    clock = now or asyncio.get_running_loop().time
    wait = FIRST_PAUSE
    while True:
        started = clock()
        try:
            await adapter.run(host, commands())
        except ServiceStopped as refusal:
            complain(str(refusal), refusal.remedy)
            return False
        except Exception as error:  # noqa: BLE001 - whatever ended it, the other adapters go on
            log.warning("%s ended: %s", adapter.name, type(error).__name__)
        else:
            return True
        wait = FIRST_PAUSE if clock() - started > STEADY else wait
        log.warning("%s starts again in %.0f s", adapter.name, wait)
        await pause(wait)
        wait = min(wait * 2, LONGEST_PAUSE)
