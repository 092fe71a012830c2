"""The tables of the configuration that Parley itself reads, each a model that checks its values once.

A platform's own settings are in its package. Knows neither the file nor the environment.
"""

from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar, Literal
from zoneinfo import ZoneInfo, available_timezones

from platformdirs import user_data_path
from pydantic import BaseModel, ConfigDict, Field, field_validator

from bot.endpoints import ServedModel
from bot.glossary import Terms
from bot.understanding.recurrence import from_cron
from bot.understanding.times.windows import duration
from nlp.scheduler.family import Binding

Task = Literal["sentiment", "translate", "embed", "answer", "summarize", "generate", "entail"]


def known_zone(name: str) -> str:
    """Return the name, if the time zone database has it. Raises ValueError."""
    if name not in available_timezones():
        raise ValueError(f"{name!r} is not a time zone name such as Europe/Lisbon")
    return name


class Section(BaseModel):
    """A table of the file. A misspelt key is an error, not a silence."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Model(Section, ServedModel):
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
        return Binding(
            task=task, endpoint=self.endpoint(task), **self.model_dump(exclude=set(ServedModel.model_fields))
        )


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


class RecurringPost(Section):
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


class Reports(RecurringPost):
    """`[[reports]]`: a channel whose mood comes round."""

    what: ClassVar[Literal["report", "digest"]] = "report"


class Digests(RecurringPost):
    """`[[digests]]`: a channel that is told on a schedule what is new in it."""

    what: ClassVar[Literal["report", "digest"]] = "digest"
