"""Holds what the owner decides: read from a TOML file and the environment, checked once, frozen afterwards.

Order, strongest first: command-line options, `PARLEY_…` variables (`PARLEY_MODELS__PROFILE=cpu`), the TOML file, the
defaults here. Secrets are never written in the file: a `*_env` setting names the variable that holds them. Knows
neither the models nor the platforms: a platform's section is read by its own settings.
"""

import os
import tomllib
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar, Literal
from zoneinfo import ZoneInfo, available_timezones

from platformdirs import user_config_path, user_data_path
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict
from tzlocal import get_localzone_name

from adapters import platforms
from adapters.files import read_text
from bot import credentials
from bot.endpoints import Served
from bot.errors import UsageError
from bot.glossary import Terms
from bot.redaction import shown
from bot.understanding.recurrence import from_cron
from bot.understanding.times.windows import duration
from nlp.scheduler.family import Binding

ANYTHING = frozenset({"revision", "sha256", "options", "glossary"})  # settings that may look like secrets
Task = Literal["sentiment", "translate", "embed", "answer", "summarize", "generate", "entail"]
MOST_BYTES = 16 << 20  # of a configuration
VARIABLES = "variables of platforms"  # a name that no section of a file has
SOURCES = ("", "_env", "_file")  # of a secret
SEVERAL = (
    "the variable PARLEY_{}__{} can't say which of several [[{}]] tables it is for; name a file or a variable there"
)


class Section(BaseModel):
    """A table of the file. A misspelt key is an error, not a silence."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Model(Section, Served):
    """`[models.TASK]`: a task bound to a model of the owner's choice, which may be served by another program."""

    family: str
    model: str
    revision: str = ""
    sha256: str = ""
    dtype: str = "auto"
    source: str = ""
    target: str = ""
    own_code: bool = False
    options: dict[str, Any] = Field(default_factory=dict)

    def binding(self, task: str) -> Binding:
        """Return the same, as the core reads it."""
        return Binding(task=task, endpoint=self.endpoint(task), **self.model_dump(exclude=set(Served.model_fields)))


class Models(Section):
    """`[models]`: a shipped profile, and what replaces it task by task."""

    profile: str = "starter"
    device: str = "auto"
    folder: Path = Field(default_factory=lambda: user_data_path("parley") / "models")
    firefox: str = "pisar/firefox-translations-models"
    firefox_revision: str = ""
    sentiment: tuple[Model, ...] = ()
    translate: tuple[Model, ...] = ()
    embed: tuple[Model, ...] = ()
    answer: tuple[Model, ...] = ()
    summarize: tuple[Model, ...] = ()
    generate: tuple[Model, ...] = ()
    entail: tuple[Model, ...] = ()

    @field_validator("sentiment", "translate", "embed", "answer", "summarize", "generate", "entail", mode="before")
    @classmethod
    def one_or_many(cls, value: object) -> object:
        """Return the bindings: `[models.translate]` is one model, `[[models.translate]]` several."""
        return (value,) if isinstance(value, dict) else value

    def own(self) -> tuple[Binding, ...]:
        """Return the bindings that the owner wrote, which go before the profile's."""
        tasks: tuple[Task, ...] = ("sentiment", "translate", "embed", "answer", "summarize", "generate", "entail")
        return tuple(model.binding(task) for task in tasks for model in getattr(self, task))


class Storage(Section):
    """`[history]`: where the conversations are kept, and for how many days where a channel says nothing itself."""

    path: Path = Field(default_factory=lambda: user_data_path("parley") / "history.db")
    days: int = Field(default=90, ge=1, le=36_500)


class Rule(Section):
    """`[[access.rules]]`: who may or may not use which intents where. What is left out means all of them.

    People, roles and channels are the platform's ids; `WORKSPACE/ID` is a person or a channel of that workspace alone.
    """

    effect: Literal["allow", "deny"]
    intents: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()


class AccessRules(Section):
    """`[access]`: rules, and ids of people who administer every channel besides those whom the platform says."""

    admins: tuple[str, ...] = ()
    rules: tuple[Rule, ...] = ()


class RateLimits(Section):
    """`[limits]`: requests a minute of one person, channel and workspace, and how many are served at once."""

    person: int = Field(default=12, ge=1)
    channel: int = Field(default=60, ge=1)
    workspace: int = Field(default=240, ge=1)
    together: int = Field(default=4, ge=1)


class Monitoring(Section):
    """`[monitoring]`: where health and figures are shown; nowhere without a port."""

    host: str = "127.0.0.1"
    port: int | None = Field(default=None, ge=0, le=65_535)


class Log(Section):
    """`[log]`: from which level on, and in which form; `auto` is for people on a terminal and JSON elsewhere."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["auto", "human", "json"] = "auto"


class GlossaryTable(Section):
    """`[[glossary]]`: terms that are kept as they are, and terms with a fixed translation."""

    workspace: str = ""
    target: str = ""
    keep: tuple[str, ...] = ()
    translate: dict[str, str] = Field(default_factory=dict)

    def terms(self) -> Terms:
        """Return the same, as the translator reads it."""
        return Terms(**self.model_dump())


class Recurring(Section):
    """A channel that something is posted in on a schedule. Without `window` each is about the time since the last."""

    what: ClassVar[Literal["report", "digest"]]

    channel: str
    cron: str
    workspace: str = ""
    timezone: str = ""
    window: str = ""

    @field_validator("cron")
    @classmethod
    def readable(cls, line: str) -> str:
        """Return five fields of cron, as Parley keeps them."""
        return from_cron(line, ZoneInfo("UTC")).cron

    @field_validator("window")
    @classmethod
    def lasting(cls, words: str) -> str:
        """Return a length of time, or nothing."""
        if words and duration(words) is None:
            raise ValueError(f"{words!r} isn't a length of time such as '14 days'")
        return words

    @field_validator("timezone")
    @classmethod
    def known(cls, name: str) -> str:
        """Return a name of the time zone database, or nothing for the owner's."""
        return known_zone(name) if name else name

    @property
    def span(self) -> timedelta | None:
        """Return the window as a length of time."""
        return duration(self.window)


class Reports(Recurring):
    """`[[reports]]`: a channel whose mood comes round."""

    what: ClassVar[Literal["report", "digest"]] = "report"


class Digests(Recurring):
    """`[[digests]]`: a channel that is told on a schedule what is new in it."""

    what: ClassVar[Literal["report", "digest"]] = "digest"


class PlatformVariables(PydanticBaseSettingsSource):
    """The variables of the platforms' sections, such as PARLEY_SLACK__BOT_TOKEN."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """Return nothing for a field of the configuration itself; those are read elsewhere."""
        del field
        return None, field_name, False

    def __call__(self) -> dict[str, Any]:
        """Return each platform's section, as far as the environment has it, under a name of its own."""
        sections = {name: dict(_variables(f"PARLEY_{name}__".upper())) for name in platforms()}
        found = {name: values for name, values in sections.items() if values}
        return {VARIABLES: found} if found else {}


def _variables(prefix: str) -> Iterator[tuple[str, str]]:
    for name, value in os.environ.items():
        if name.upper().startswith(prefix):
            yield name[len(prefix) :].lower(), value


def secrets_of(settings: Any) -> frozenset[str]:
    """Return the names of a platform's secrets: the settings that are never shown."""
    fields = settings.__pydantic_fields__.items()
    return frozenset(name for name, field in fields if field.repr is False)


def every_secret() -> frozenset[str]:
    """Return the names of all platforms' secrets."""
    return frozenset().union(*(secrets_of(platform.load_settings()) for platform in platforms().values()))


class Config(BaseSettings):
    """Every setting, with a default for each."""

    model_config = SettingsConfigDict(
        env_prefix="PARLEY_", env_nested_delimiter="__", extra="forbid", frozen=True, toml_file=None
    )

    timezone: str = Field(default_factory=lambda: get_localzone_name() or "UTC")
    history: Storage = Field(default_factory=Storage)
    models: Models = Field(default_factory=Models)
    glossary: tuple[GlossaryTable, ...] = ()
    platforms: dict[str, dict[str, Any]] = Field(default_factory=dict, repr=False)
    access: AccessRules = Field(default_factory=AccessRules)
    limits: RateLimits = Field(default_factory=RateLimits)
    monitoring: Monitoring = Field(default_factory=Monitoring)
    log: Log = Field(default_factory=Log)
    reports: tuple[Reports, ...] = ()
    digests: tuple[Digests, ...] = ()

    @field_validator("timezone")
    @classmethod
    def known(cls, name: str) -> str:
        """Return a name of the time zone database."""
        return known_zone(name)

    @model_validator(mode="before")
    @classmethod
    def gathered(cls, given: dict[str, Any]) -> dict[str, Any]:
        """Return the sections named like a platform in one place; each platform's own settings read its section.

        `[slack]` is one table; of several, `[[slack]]`, the second is called `slack 2`.
        """
        variables = given.get(VARIABLES, {})
        for source in ({name: value for name, value in given.items() if name != VARIABLES}, variables):
            credentials.refuse_misplaced(source, ANYTHING | every_secret())
        named: dict[str, dict[str, Any]] = {}
        for name in platforms():
            named |= _tables(name, given.get(name), variables.get(name, {}))
        others = {name: value for name, value in given.items() if name not in {VARIABLES, *platforms()}}
        return {**others, **({"platforms": named} if named else {})}

    def services(self) -> dict[str, dict[str, Any]]:
        """Return the sections of the platforms that are set up, with their secrets. Raises UsageError."""
        found = {}
        for name in {**dict.fromkeys(platforms()), **self.platforms}:
            secrets = secrets_of(platforms()[platform_of(name)].load_settings())
            if section := credentials.given(name.replace(" ", "_"), self.platforms.get(name, {}), secrets):
                found[name] = credentials.resolved(name, section, secrets)
        return found

    def with_log(self, flags: Mapping[str, str]) -> "Config":
        """Return the same with these settings of the log, which were given on the command line."""
        return self.model_copy(update={"log": self.log.model_copy(update=flags)})

    @property
    def recurring(self) -> tuple[Recurring, ...]:
        """Return all that the owner has posted on a schedule."""
        return (*self.reports, *self.digests)

    @property
    def zone(self) -> ZoneInfo:
        """Return the owner's time zone."""
        return ZoneInfo(self.timezone)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Return the environment before what `read` takes from the file; nothing else counts."""
        del dotenv_settings, file_secret_settings
        return env_settings, PlatformVariables(settings_cls), init_settings


def _tables(name: str, section: object, variables: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return a platform's tables by what they are called, each with what the environment says. Raises ValueError."""
    tables: list[Any] = list(section) if isinstance(section, list | tuple) else [] if section is None else [section]
    if not all(isinstance(table, dict) for table in tables):
        raise ValueError(f"[{name}] is a table of settings")
    secrets = {f"{secret}{source}" for secret in secrets_of(platforms()[name].load_settings()) for source in SOURCES}
    if len(tables) > 1 and (unclear := sorted(secrets & variables.keys())):
        raise ValueError(SEVERAL.format(name.upper(), unclear[0].upper(), name))
    merged = [{**table, **variables} for table in tables or [{}]]
    return {name if number == 1 else f"{name} {number}": table for number, table in enumerate(merged, 1) if table}


def platform_of(name: str) -> str:
    """Return the platform whose table is called so."""
    return name.partition(" ")[0]


def known_zone(name: str) -> str:
    """Return the name, if the time zone database has it. Raises ValueError."""
    if name not in available_timezones():
        raise ValueError(f"{name!r} is not a time zone name such as Europe/Lisbon")
    return name


def find(path: Path | None) -> Path | None:
    """Return the file to read: the one named, `PARLEY_CONFIG`, `./config.toml`, the user's, or None."""
    named = path or (Path(os.environ["PARLEY_CONFIG"]) if os.environ.get("PARLEY_CONFIG") else None)
    if named:
        return named
    usual = (Path("config.toml"), user_config_path("parley") / "config.toml")
    return next((candidate for candidate in usual if candidate.is_file()), None)


def read(path: Path | None = None) -> Config:
    """Return the configuration. Raises UsageError that names the file, the setting and what is wrong with it."""
    file = find(path)
    try:
        return Config(**(_parse(file) if file else {}))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        what = first["msg"].removeprefix("Value error, ")
        place = shown(str(file)) if file else "the environment (PARLEY_…)"
        raise UsageError(
            shown(f"The setting {where} can't be used: {what}."),
            f"Correct it in {place}; `parley docs config` lists every setting.",
        ) from None


def _parse(file: Path) -> dict[str, Any]:
    try:
        table = tomllib.loads(read_text(file, most=MOST_BYTES))
        for name, platform in platforms().items():
            section = table.get(name)
            for each in section if isinstance(section, list) else (section,):
                if isinstance(each, dict):
                    credentials.refuse_exposed(file, each, secrets_of(platform.load_settings()))
    except OSError as error:
        raise UsageError(f"The configuration {shown(str(file))} can't be read: {error.strerror}.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"The configuration {shown(str(file))} is not valid TOML: {shown(str(error))}.") from None
    return table
