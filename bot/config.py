"""Holds what the owner decides: read from a TOML file and the environment, checked once, frozen afterwards.

Order, strongest first: command-line options, `PARLEY_…` variables (`PARLEY_MODELS__PROFILE=cpu`), the TOML file, the
defaults of its sections. Secrets are never written in the file: a `*_env` setting names the variable that holds them.
Knows neither the models nor the platforms: a platform's section is read by its own settings.
"""

import os
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from platformdirs import user_config_path
from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict
from tzlocal import get_localzone_name

from adapters import platforms
from adapters.files import read_text
from bot import credentials
from bot.errors import UsageError
from bot.redaction import shown
from bot.sections import (
    AccessRules,
    Digests,
    GlossaryTable,
    Log,
    Models,
    Monitoring,
    RateLimits,
    RecurringPost,
    Reports,
    Storage,
    known_zone,
)

ANYTHING = frozenset({"revision", "sha256", "options", "glossary"})  # settings that may look like secrets
MOST_BYTES = 16 << 20  # of a configuration
VARIABLES = "variables of platforms"  # a name that no section of a file has
SOURCES = ("", "_env", "_file")  # of a secret
SEVERAL = (
    "the variable PARLEY_{}__{} can't say which of several [[{}]] tables it is for; name a file or a variable there"
)


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
    def recurring(self) -> tuple[RecurringPost, ...]:
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
