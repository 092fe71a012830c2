"""`parley init`: asks what Parley needs, checks each token at once, and writes the configuration.

Every question has an option, so that it runs unattended: without a terminal, or with --no-input, nothing is asked.
"""

import asyncio
import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from inspect import Parameter, Signature
from pathlib import Path
from typing import Annotated, Any

import typer
from platformdirs import user_config_path

from adapters import platforms
from adapters.chat import ignore
from adapters.errors import EdgeError
from adapters.platform.contract import Platform, SetupSecret
from adapters.platform.findings import Finding
from bot import config, terminal
from bot.cli.commands.check import check_all
from bot.cli.commands.platforms import MARKS
from bot.credentials import from_file
from bot.errors import FeatureUnavailable, UsageError
from bot.intents import commands
from bot.redaction import shown
from bot.runtime import setup
from bot.runtime.importing import bring_in
from bot.runtime.supervisor import settings_of
from bot.sections import known_zone
from bot.terminal import DONE
from nlp.profiles import PROFILES, profile

FOREIGN = re.compile(r"[\s\"'`“”<>]")  # what comes along when a token is copied with its surroundings
TRIES = 3  # for a token that is refused
SERVICES = " and ".join(name.title() for name in platforms())


@dataclass(frozen=True, slots=True)
class Answers:
    """The options that were given, and whether somebody can be asked for the others."""

    given: Mapping[str, Any]
    asks: bool

    def text(self, option: str, words: str, default: str) -> str:
        """Return what was given or typed, or the default."""
        if self.given.get(option):
            return str(self.given[option])
        return str(typer.prompt(words, default=default, err=True)) if self.asks else default

    def secret(self, platform: str, question: SetupSecret, *, known: bool) -> str:
        """Return the secret of an option's file, of the environment, or typed without being shown; "" for the known."""
        if file := self.given.get(f"{platform}_{question.setting}_file"):
            return from_file(Path(file))
        if value := os.environ.get(f"PARLEY_{platform}__{question.setting}".upper(), "").strip():
            return value
        if self.asks:
            kept = ", Enter keeps the present one" if known else ""
            words = f"{question.words}{kept}"
            return str(typer.prompt(words, default="", hide_input=True, show_default=False, err=True)).strip()
        if known:
            return ""
        option = f"--{platform}-{question.setting}-file".replace("_", "-")
        raise UsageError(f"{question.words} is missing.", f"Name its file with {option}. {question.where}")


def init_command() -> Callable[..., None]:
    """Return the command, with an option for each secret of each platform."""

    def init(**given: Any) -> None:
        answers = Answers(given, not given["no_input"] and sys.stdin.isatty())
        raise typer.Exit(_run(answers))

    parameters = list(_parameters())
    made: Any = init
    made.__signature__ = Signature(parameters)
    made.__annotations__ = {each.name: each.annotation for each in parameters} | {"return": None}
    made.__doc__ = f"Set Parley up for {SERVICES}: ask what is needed, check it, and write the configuration."
    return init


def _parameters() -> Iterator[Parameter]:
    def option(name: str, kind: Any, flag: str, words: str, default: Any = None) -> Parameter:
        annotation = Annotated[kind, typer.Option(flag, help=words)]
        return Parameter(name, Parameter.KEYWORD_ONLY, default=default, annotation=annotation)

    yield option("service", list[str] | None, "--service", f"{' or '.join(platforms())}; may be repeated.")
    for name, platform in platforms().items():
        for question in platform.questions:
            flag = f"--{name}-{question.setting}-file".replace("_", "-")
            yield option(f"{name}_{question.setting}_file", Path | None, flag, f"{question.words}: the file with it.")
        if platform.creates_with:
            flag = f"--{name}-configuration-token-file"
            yield option(
                f"{name}_create_file", Path | None, flag, f"Create the app: the file with {platform.creates_with}."
            )
    yield option("profile", str | None, "--profile", "The models to use: starter, cpu, gpu-8gb …")
    yield option("timezone", str | None, "--timezone", "The time zone of dates, such as Europe/Lisbon.")
    yield option("export", Path | None, "--import", "An export to bring in.")
    yield option("folder", Path | None, "--folder", "Where the configuration goes.")
    yield option("no_input", bool, "--no-input", "Ask nothing.", default=False)
    yield option("no_check", bool, "--no-check", "Don't run `parley check` at the end.", default=False)


def _run(answers: Answers) -> int:
    """Ask, write and check; return the exit code."""
    file = _file(answers)
    present = config.read(file) if file.exists() else config.Config()
    services = _services(answers, present)
    zone, chosen = _zone(answers, present), _profile(answers, present)
    setup.make(file.parent)
    secrets = {name: asyncio.run(_tokens(name, answers, present, file.parent)) for name in services}
    values: dict[str, dict[str, Any]] = {"": {"timezone": zone}, "models": {"profile": chosen}}
    written = setup.write(file, setup.Setup(values, secrets))
    terminal.note(f"Wrote {', '.join(map(str, written))}.")
    if export := answers.given.get("export"):
        terminal.say(bring_in(export, config.read(file).history.path, ignore).sentence())
    return _finish(answers, file, services)


def _file(answers: Answers) -> Path:
    """Return the configuration to write: in the folder that was given, or the one that every command reads."""
    if folder := answers.given.get("folder"):
        return Path(folder) / "config.toml"
    return config.find(None) or user_config_path("parley") / "config.toml"


def _services(answers: Answers, present: config.Config) -> list[str]:
    """Return the platforms to set up. Raises UsageError for one that isn't known, or for none."""
    names = [name.strip().casefold() for each in answers.given.get("service") or () for name in each.split(",")]
    if not names and answers.asks:
        default = ",".join(_present(present)) or next(iter(platforms()))
        words = f"Services ({', '.join(platforms())}; several with commas)"
        typed = str(typer.prompt(words, default=default, err=True))
        names = [name.strip().casefold() for name in typed.split(",") if name.strip()]
    names = names or _present(present)
    if wrong := [name for name in names if name not in platforms()]:
        raise UsageError(f"I don't know the service {shown(wrong[0])}.", f"There is: {', '.join(platforms())}.")
    if not names:
        raise UsageError("No service is named.", f"Say --service {' or --service '.join(platforms())}.")
    return list(dict.fromkeys(names))


def _present(present: config.Config) -> list[str]:
    """Return the platforms that the configuration has."""
    return list(dict.fromkeys(map(config.platform_of, present.platforms)))


def _zone(answers: Answers, present: config.Config) -> str:
    """Return the time zone. Raises UsageError for one that isn't known."""
    try:
        return known_zone(answers.text("timezone", "Time zone", present.timezone))
    except ValueError as error:
        raise UsageError(f"{error}.", "Name one such as Europe/Lisbon or America/New_York.") from None


def _profile(answers: Answers, present: config.Config) -> str:
    """Return the profile. Raises ModelRefused for one that isn't known."""
    name = answers.text("profile", f"Models ({', '.join(PROFILES)})", present.models.profile)
    profile(name)
    return name


async def _tokens(name: str, answers: Answers, present: config.Config, folder: Path) -> dict[str, str]:
    """Return the platform's secrets that are new, once it accepts them.

    Raises UsageError for a missing one, FeatureUnavailable for one that the platform refuses.
    """
    platform = platforms()[name]
    if f"{name} 2" in present.platforms:
        raise UsageError(
            f"The configuration has several [[{name}]] tables.", "Change them there: init knows one of each."
        )
    section = present.platforms.get(name, {})
    known = {each.setting for each in platform.questions if _sources(each.setting) & section.keys()}
    if not known and platform.creates:
        await _create(platform, settings_of(name, present), answers.given.get(f"{name}_create_file"), folder)
    for attempt in range(TRIES):
        found = {each.setting: answers.secret(name, each, known=each.setting in known) for each in platform.questions}
        found = {setting: value for setting, value in found.items() if value}
        problem = await _problem(name, platform, _with(present, name, found))
        if problem is None:
            return found
        if not answers.asks or attempt == TRIES - 1:
            raise FeatureUnavailable(problem.sentence, problem.remedy)
        terminal.complain(problem.sentence, problem.remedy)
    raise AssertionError


def _sources(setting: str) -> set[str]:
    return {setting, f"{setting}_env", f"{setting}_file"}


def _with(present: config.Config, name: str, found: Mapping[str, str]) -> config.Config:
    """Return the configuration with these secrets in the place of others."""
    replaced = set[str]().union(*map(_sources, found))
    kept = {key: value for key, value in present.platforms.get(name, {}).items() if key not in replaced}
    return present.model_copy(update={"platforms": {**present.platforms, name: {**kept, **found}}})


async def _create(platform: Platform, settings: Any, file: Path | None, folder: Path) -> None:
    """Have the platform's app created, or say how. Raises FeatureUnavailable where that is refused."""
    given = {"token": from_file(Path(file)) if file else "", "folder": str(folder)}
    try:
        printed = await platform.load_creates()(settings, commands(), given)
    except EdgeError as error:
        raise FeatureUnavailable(str(error), error.remedy) from None
    except OSError as error:
        raise setup.unwritable(error, folder) from None
    terminal.say(printed.text)


async def _problem(name: str, platform: Platform, settings: config.Config) -> Finding | None:
    """Return what the platform says against a token, None where it accepts all; print what else it says."""
    for question in platform.questions:
        value = str(settings.platforms[name].get(question.setting, ""))
        if FOREIGN.search(value):
            sentence = f"The {question.subject} holds a space, a quotation mark or a bracket, which no token has."
            return Finding(
                question.subject, "problem", sentence, "Give the token alone, without what stands around it."
            )
        if value and not value.startswith(question.prefix):
            sentence = f"That isn't the {question.subject}: it begins with {question.prefix}"
            return Finding(question.subject, "problem", f"{sentence}….", question.where)
    findings = await platform.load_check()(settings_of(name, settings))
    subjects = {question.subject for question in platform.questions}
    refused = next((each for each in findings if each.state == "problem" and each.subject in subjects), None)
    for each in findings if refused is None else ():
        terminal.say(f"{MARKS[each.state]} {each.sentence}")
        if each.remedy and each.state != "ok":
            terminal.say(f"    {each.remedy}", "dim")
    return refused


def _finish(answers: Answers, file: Path, services: Sequence[str]) -> int:
    """Check everything and say what to type next."""
    settings = config.read(file)
    code = DONE
    if not answers.given["no_check"]:
        code = asyncio.run(check_all(settings, settings.history.path, as_json=False))
    usual = file == config.find(None)
    terminal.say(f"Next: parley run{'' if usual else f' --config {file}'}")
    for name in services:
        terminal.say(f"Then {platforms()[name].after}")
    return code
