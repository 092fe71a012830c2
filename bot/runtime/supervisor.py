"""`parley run`: every configured chat service, each under a supervisor of its own, over one assistant.

An adapter that fails is started again after a pause that grows; one that its service refuses for good ends with a
sentence, and the others go on. Knows no platform: the tables name the adapters, and each brings its settings.
"""

import asyncio
import logging
import signal
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pydantic import TypeAdapter, ValidationError

from adapters import platforms
from adapters.chat import Adapter, Host, ignore
from adapters.errors import ServiceStopped
from adapters.platform.contract import Platform
from adapters.platform.signals import OnSignal
from bot.assistant import Assistant
from bot.backlog import SUFFIX
from bot.bridges.relay import Relay
from bot.config import Config, every_secret, platform_of, secrets_of
from bot.errors import UsageError
from bot.intents import commands
from bot.redaction import shown
from bot.runtime.composition import Hooks, bindings, opened
from bot.runtime.exclusive import only_one
from bot.runtime.letterbox import Letterbox
from bot.runtime.metrics import Metrics
from bot.runtime.monitoring import Watch, listening
from bot.runtime.reload import Reloader
from bot.runtime.renewal import renew_vectors
from bot.runtime.retention import keep_retention
from bot.runtime.scheduler import Clerk
from bot.terminal import DONE, UNAVAILABLE, complain, say
from bot.translations.interpreter import Interpreter
from nlp.models import import_families
from nlp.scheduler.family import Binding
from nlp.translation.chat import targets

log = logging.getLogger(__name__)

FIGURES = ("bot.mood.charts",)  # what a report is made with, imported late elsewhere
UNKNOWN = {"extra_forbidden", "unexpected_keyword_argument"}  # pydantic's errors about a setting that isn't one
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 300.0  # seconds before an adapter that failed is started again
STEADY = 600.0  # seconds after which a failure counts as the first again


async def run_adapters(
    config: Config, database: Path, file: Path | None = None, flags: Mapping[str, str] = MappingProxyType({})
) -> int:
    """Serve every configured platform until cancelled; the exit code says whether one was refused for good.

    `file` is where the configuration was read, and is read again when it changes; None for the usual place. `flags` are
    settings of the log that go before it.
    """
    metrics = Metrics()
    services = dict(zip(config.services(), configured(config, metrics.of), strict=True))
    await asyncio.to_thread(import_libraries, bindings(config))  # before anybody can wait for an acknowledgement
    with only_one(database):
        return await _run(Reloader(config, file, flags=flags), database, services, metrics)


async def _run(reloader: Reloader, database: Path, services: Mapping[str, Adapter], metrics: Metrics) -> int:
    config = reloader.present
    waiting = database.with_name(database.name + SUFFIX)
    hooks = Hooks(metrics.served, metrics.waited, metrics.ran)
    async with opened(config, database, waiting=waiting, hooks=hooks) as assistant:
        watch = Watch(assistant, metrics, [*services], bindings(config))
        async with listening(config.monitoring, watch, say):
            return await _serve(assistant, reloader, services, metrics)


async def _serve(assistant: Assistant, reloader: Reloader, services: Mapping[str, Adapter], metrics: Metrics) -> int:
    """Run every adapter and what is done beside them, until the last adapter has ended."""
    async with asyncio.TaskGroup() as tasks:
        letterboxes = Letterbox.of(services.values())
        clerk = Clerk(assistant.services, letterboxes)
        interpreter = Interpreter(assistant.services, letterboxes)
        relay = Relay(assistant.services, letterboxes)
        assistant.on_observed = (interpreter.heard, relay.heard)
        clerk.go_by(reloader.present)
        retention = keep_retention(assistant.services, on_run=metrics.retained)
        renewal = renew_vectors(assistant.services)
        reloader.taking += [assistant.go_by, clerk.go_by]
        work = (retention, renewal, clerk.run(), interpreter.run(), relay.run(), reloader.run())
        chores = [tasks.create_task(each) for each in work]
        languages = targets(assistant.services.core)
        running = [
            tasks.create_task(supervise(adapter, assistant, on_end=metrics.end_of(name), languages=languages))
            for name, adapter in services.items()
        ]
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
    """Return the work's exit code. When the system asks to stop (SIGTERM), everything is closed in order first."""
    task = asyncio.ensure_future(work)
    with suppress(NotImplementedError):  # a system without signals
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    await asyncio.wait({task})
    return DONE if task.cancelled() else task.result()


def configured(config: Config, notice: Callable[[str], OnSignal] = lambda _: ignore) -> list[Adapter]:
    """Return the adapters whose sections the configuration has; `notice` returns what gets the signals of each.

    Raises UsageError for none, or for what can't be used.
    """
    sections = config.services()
    if not sections:
        raise UsageError(*no_service())
    for name, section in sections.items():
        same = [other for other, values in sections.items() if other != name and _share_a_secret(section, values)]
        if same:
            raise UsageError(f"{name} and {same[0]} have the same token.", "Each workspace has an app of its own.")
    return [build(name, config, notice(name)) for name in sections]


def _share_a_secret(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return any(one.get(secret) and one.get(secret) == other.get(secret) for secret in every_secret())


def no_service() -> tuple[str, str]:
    """Return the sentence that no platform is set up, and what to do, for whoever configures Parley."""
    secrets = (f"PARLEY_{name}__{_first_secret(platform)}".upper() for name, platform in platforms().items())
    remedy = f"`parley init` sets one up; or set {' or '.join(secrets)}. `parley docs` has a page for each."
    return "No chat service is configured.", remedy


def _first_secret(platform: Platform) -> str:
    """Return the setting without which a platform can't be reached, the first of its secrets."""
    settings = platform.load_settings()
    fields: Mapping[str, object] = settings.__pydantic_fields__
    return next(name for name in fields if name in secrets_of(settings))


def build(name: str, config: Config, notice: OnSignal = ignore) -> Adapter:
    """Return the adapter called `name` with its settings; it prints its ready line to standard output."""
    kind = platforms()[platform_of(name)].load_adapter()
    adapter: Adapter = kind(settings_of(name, config), say, notice)
    return adapter


def settings_of(name: str, config: Config) -> Any:
    """Return the settings of one table of a platform. Raises UsageError, which never quotes a value."""
    kind = platforms()[platform_of(name)].load_settings()
    known = kind.__pydantic_fields__
    owners = {"zone": config.zone} if "zone" in known else {}
    try:
        return TypeAdapter(kind).validate_python({**owners, **config.services().get(name, {})})
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        where = ".".join(str(part) for part in (name, *first["loc"]))
        if first["type"] in UNKNOWN:
            raise UsageError(
                f"I don't know the setting {shown(where)}.", f"There is: {', '.join(sorted(known))}."
            ) from None
        what = first["msg"].removeprefix("Value error, ")
        raise UsageError(shown(f"The setting {where} can't be used: {what}.")) from None


async def supervise(
    adapter: Adapter,
    host: Host,
    pause: Callable[[float], Any] = asyncio.sleep,
    now: Callable[[], float] | None = None,
    *,
    on_end: Callable[[str], None] = ignore,
    languages: tuple[str, ...] = (),
) -> bool:
    """Keep the adapter running; False once its service refused it for good. `on_end` gets its name at each end.

    `languages` are offered before others where somebody chooses one.
    """
    clock = now or asyncio.get_running_loop().time
    wait = FIRST_PAUSE
    while True:
        started = clock()
        try:
            await adapter.run(host, commands(languages))
        except ServiceStopped as refusal:
            complain(str(refusal), refusal.remedy)
            return False
        except Exception as error:  # noqa: BLE001 - whatever ended it, the other adapters go on
            log.warning("%s ended: %s", adapter.name, type(error).__name__)
        else:
            return True
        finally:
            on_end(adapter.name)
        wait = FIRST_PAUSE if clock() - started > STEADY else wait
        log.warning("%s starts again in %.0f s", adapter.name, wait)
        await pause(wait)
        wait = min(wait * 2, LONGEST_PAUSE)
