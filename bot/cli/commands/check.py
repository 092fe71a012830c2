"""`parley check`: is everything here that was configured, and does every bound model answer on this machine?

Loads each model and gives it a word, because a model that lies on the disk may still not load. Reads no message.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from textwrap import TextWrapper
from typing import Any
from zoneinfo import ZoneInfo

from rich.text import Text

from adapters import platforms
from adapters.platform.findings import Finding as Found
from adapters.platform.findings import State
from adapters.text.counts import counted
from bot.admission.policy import lines
from bot.config import Config, platform_of
from bot.errors import ParleyError
from bot.history import History, consent
from bot.history.translated import companions
from bot.history.translated.companions import Setting
from bot.runtime.composition import bindings
from bot.runtime.supervisor import no_service, settings_of
from bot.sections import RecurringPost
from bot.terminal import DONE, UNAVAILABLE, out, print_json, progress, say
from bot.translations.languages import ways
from bot.understanding.recurrence import Recurrence
from nlp.core import Core
from nlp.errors import CoreError
from nlp.jobs import Turn
from nlp.models import FAMILIES
from nlp.models.own import origin
from nlp.profiles import better, read
from nlp.remote.addresses import host_of, leaving
from nlp.scheduler.bindings import sample_pair
from nlp.scheduler.family import Binding
from nlp.text.names import name_of

Probe = Callable[[Core, Binding], Coroutine[Any, Any, object]]

PROBES: dict[str, Probe] = {
    "sentiment": lambda core, _: core.sentiment(["Good morning."]),
    "embed": lambda core, _: core.embed(["Good morning."]),
    "translate": lambda core, binding: core.translate(["Good morning."], *sample_pair(binding)),
    "summarize": lambda core, _: core.summarize(["Good morning. The boats are out."], max_tokens=8),
    "answer": lambda core, _: core.locate("What is out?", ["The boats are out."]),
    "generate": lambda core, _: core.generate([Turn("user", "Good morning.")], max_tokens=4),
    "entail": lambda core, _: core.entail([("The boats are out.", "A boat is out.")]),
}


MARKS: dict[State, tuple[str, str]] = {"ok": ("ok", "green"), "warning": ("! ", "yellow"), "problem": ("no", "red")}
WIDTH = 80
REMEDY = "`parley docs models` says how to have it on other systems."


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report: what was looked at, whether it works, and what to know or to do.

    `what` is a subject, or a subject and the name of one of several, such as "access: ask".
    """

    what: str
    works: bool
    detail: str
    warns: bool = False

    @property
    def state(self) -> State:
        """Return how it stands in one word."""
        return "problem" if not self.works else "warning" if self.warns else "ok"


async def check_all(config: Config, database: Path, *, as_json: bool) -> int:
    """Look at everything, print the findings, and return the exit code."""
    findings = await found(config, database)
    if as_json:
        rows = [
            {"what": each.what, "works": each.works, "state": each.state, "detail": each.detail} for each in findings
        ]
        print_json({"works": all(each.works for each in findings), "findings": rows})
    else:
        _print(findings)
    return DONE if all(each.works for each in findings) else UNAVAILABLE


async def found(config: Config, database: Path) -> list[Finding]:
    """Return what a look at everything found. Loads each model, one after the other."""
    services = await _services(config)
    if not services:
        services = [Finding("services", works=True, detail=" ".join(no_service()), warns=True)]
    findings = [*services, _history(database), *_policy(config), *recurring(config, database)]
    return [*findings, *translated(config, database), *await _models(config)]


async def _services(config: Config) -> list[Finding]:
    """Return each platform's own view of its set-up, where there is one to look at."""
    findings = []
    for name in config.services():
        if (platform := platforms()[platform_of(name)]).check:
            findings += _told(name, await platform.load_check()(settings_of(name, config)))
    return findings


def _told(service: str, found: Iterable[Found]) -> list[Finding]:
    """Return what an adapter found, as lines of the report."""
    return [
        Finding(
            f"{service}: {each.subject}",
            each.state != "problem",
            f"{each.sentence} {each.remedy}".strip(),
            warns=each.state == "warning",
        )
        for each in found
    ]


def _history(path: Path) -> Finding:
    if not path.exists():
        return Finding("history", works=True, detail=f"none yet at {path}")
    try:
        with History.open(path) as history:
            stats = history.stats()
    except ParleyError as error:
        return Finding("history", works=False, detail=f"{error} {error.remedy}")
    detail = f"{counted(stats.messages, 'message')}, {stats.size / 1e6:.1f} MB, {path}"
    return Finding("history", works=True, detail=detail)


def _policy(config: Config) -> list[Finding]:
    """Return who may do what where, how often, and what is kept for how long."""
    limits, days = config.limits, config.history.days
    rates = f"{limits.person} a person, {limits.channel} a channel, {limits.workspace} a workspace, a minute"
    *access, (administrators, whom) = lines(config.access)
    parts = [
        *((f"access: {intent}", rule) for intent, rule in access),
        (administrators, whom),
        ("limits", rates),
        ("kept", f"channels that are on, for {counted(days, 'day')} by default"),
    ]
    return [Finding(what, works=True, detail=detail) for what, detail in parts]


def recurring(config: Config, path: Path) -> list[Finding]:
    """Return what the owner has posted on a schedule, and whether each has the one channel that it names."""
    if not config.recurring or not path.exists():
        return [
            Finding(f"{each.what}: {each.channel}", works=True, detail=_comes(each, config))
            for each in config.recurring
        ]
    try:
        with History.open(path) as history:
            return [_scheduled(each, config, history) for each in config.recurring]
    except ParleyError:
        return []  # the history's own line says it


def translated(config: Config, path: Path) -> list[Finding]:
    """Return which channels translate themselves, and whether a model is bound for each of their languages."""
    if not path.exists():
        return []
    try:
        with History.open(path) as history:
            channels = [(each, history.read(companions.setting, each.place)) for each in history.channels()]
    except ParleyError:
        return []  # the history's own line says it
    core = Core(bindings(config))
    return [_interpreted(channel.name, setting, core) for channel, setting in channels if setting is not None]


def _interpreted(name: str, setting: Setting, core: Core) -> Finding:
    what = f"translates itself: {name}"
    if lacking := [target for target in setting.targets if not any(ways(core, target))]:
        detail = f"No model here translates into {' or '.join(map(name_of, lacking))}."
        return Finding(what, works=False, detail=f"{detail} `parley models pull firefox:{','.join(lacking)}` adds it.")
    into = "each reader's language" if setting.readers else " and ".join(map(name_of, setting.targets))
    return Finding(what, works=True, detail=f"into {into}")


def _scheduled(wanted: RecurringPost, config: Config, history: History) -> Finding:
    channels = history.channels(wanted.channel, wanted.workspace or None)
    if len(channels) > 1:
        detail = f"{len(channels)} channels have this name. Give the channel's workspace or its id."
        return Finding(f"{wanted.what}: {wanted.channel}", works=False, detail=detail)
    if not channels:
        known = "; no such channel is known yet"
    else:
        kept = history.read(consent.standing, channels[0].place).kept
        known = "" if kept else "; the channel is off, so I post nothing there"
    return Finding(f"{wanted.what}: {wanted.channel}", works=True, detail=f"{_comes(wanted, config)}{known}")


def _comes(wanted: RecurringPost, config: Config) -> str:
    zone = ZoneInfo(wanted.timezone) if wanted.timezone else config.zone
    return f"{Recurrence(wanted.cron, zone).said()} ({zone.key})"


async def _models(config: Config) -> list[Finding]:
    bound = bindings(config)
    with progress() as bar:
        task = bar.add_task("loading models", total=len(bound))
        findings = []
        for binding in bound:
            findings.append(await _model(config, binding))
            bar.advance(task)
    return findings


async def _model(config: Config, binding: Binding) -> Finding:
    what, missing = f"{binding.task}: {binding.name}", missed(binding, config)
    async with Core([binding], device=config.models.device) as core:
        try:
            await PROBES[binding.task](core, binding)
        except CoreError as error:
            return Finding(what, works=False, detail=f"{error} {error.remedy}".strip())
        status = core.status()[0]
    if binding.endpoint:
        away = await asyncio.to_thread(leaving, binding.endpoint)
        return Finding(
            what, works=True, detail=f"at {host_of(binding.endpoint)}; {away or 'on this machine'}", warns=bool(away)
        )
    detail = f"{status.device} {status.dtype}, {status.memory / 1e6:.0f} MB".strip()
    detail = f"{detail} ({status.reason})" if status.reason else detail
    if binding.family not in FAMILIES and (code := origin(binding.family)):
        detail = f"{detail}; its family is code of {code}, which isn't Parley's"
    return Finding(what, works=True, detail=f"{detail}{missing}", warns=bool(missing))


def missed(binding: Binding, config: Config) -> str:
    """Return what a model of the profile can't do that another one could if its package were installed; else ""."""
    wanted = better(read(config.models.profile).bindings, binding)
    if wanted is None:
        return ""
    here, there = binding.good_for, wanted.good_for
    return f". It is for {here}; {wanted.model}, for {there}, isn't installed here. {REMEDY}"


def _print(findings: Iterable[Finding]) -> None:
    """Print the findings within the width of a page, no name or path cut."""
    wrapper = TextWrapper(min(out.width, WIDTH), break_long_words=False, break_on_hyphens=False)
    wrapper.subsequent_indent = " " * 5
    for each in grouped(findings):
        sign, colour = MARKS[each.state]
        lines = wrapper.wrap(f"{sign} {each.what}: {' '.join(each.detail.split())}")
        if out.is_terminal:
            out.print(Text(sign, colour).append("\n".join(lines)[len(sign) :], "default"), soft_wrap=True)
        else:
            say("\n".join(lines))


def grouped(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Yield the findings with those of one subject put together where they say the same, in their order."""
    listed = list(findings)
    size = Counter(_subject(each) for each in listed)
    alike: dict[tuple[str, str, State], list[Finding]] = {}
    for each in listed:
        alike.setdefault((_subject(each), each.detail, each.state), []).append(each)
    for (subject, detail, _), group in alike.items():
        names = ", ".join(each.what.partition(": ")[2] for each in group)
        every = len(group) == size[subject] > 1
        what = group[0].what if len(group) == 1 else subject if every else f"{subject}: {names}"
        yield Finding(what, group[0].works, detail, group[0].warns)


def _subject(finding: Finding) -> str:
    return finding.what.partition(": ")[0]
