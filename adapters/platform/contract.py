"""Defines what a platform is to the rest of Parley: an adapter, its settings, a look at its set-up, and its commands.

A platform's package has one `PLATFORM`, which `adapters.ADAPTERS` names. It refers to everything else by name, so that
listing the platforms loads none of them.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from adapters.chat import Command, Option
from adapters.platform.findings import Finding


def resolve(reference: str) -> Any:
    """Return what `package.module:name` refers to."""
    module, _, attribute = reference.partition(":")
    return getattr(import_module(module), attribute)


@dataclass(frozen=True, slots=True)
class Printed:
    """The output of a command of the command line: `text` for people, `document` for programs, of JSON's types."""

    text: str
    document: Mapping[str, Any]


Look = Callable[[Any], Awaitable[Sequence[Finding]]]
Run = Callable[[Any, Sequence[Command], Mapping[str, str]], Awaitable[Printed]]


@dataclass(frozen=True, slots=True)
class Errand:
    """A command of a platform's own on the command line: `parley PLATFORM NAME --OPTION …`.

    `run` refers to a coroutine function that takes the platform's settings, the commands' table and the options given.
    """

    name: str
    summary: str
    run: str
    options: tuple[Option, ...] = ()

    def load(self) -> Run:
        """Return the coroutine function."""
        run: Run = resolve(self.run)
        return run


@dataclass(frozen=True, slots=True)
class SetupSecret:
    """A secret that whoever sets the platform up is asked for: the setting, and what it is called.

    `subject` is what a look at the set-up calls it, `where` says where the platform shows it, `prefix` how it begins.
    """

    setting: str
    words: str
    subject: str
    where: str
    prefix: str = ""


@dataclass(frozen=True, slots=True)
class Platform:
    """A chat service. References are of the form `package.module:name`, "" for what it doesn't have.

    `adapter` is a class that takes the settings, a listener for the line that says it is ready, and one for its
    signals. `settings` is a pydantic model or dataclass based on `adapters.platform.settings`; without one the platform
    has no section in the configuration. `check` takes the settings and returns findings. `questions` are the secrets to
    ask for. Before that, `creates` makes the platform's app with a token that `creates_with` names, or says how;
    `after` is what to do there once Parley runs. `own_ids` says that ids of people and messages mean something within
    one workspace alone: another one may have the same for somebody else.
    """

    adapter: str
    settings: str = ""
    check: str = ""
    summary: str = ""
    errands: tuple[Errand, ...] = ()
    questions: tuple[SetupSecret, ...] = ()
    creates: str = ""
    creates_with: str = ""
    after: str = ""
    own_ids: bool = False

    def load_creates(self) -> Run:
        """Return the coroutine function that creates the app, of the settings, the commands and what was given."""
        run: Run = resolve(self.creates)
        return run

    def load_adapter(self) -> Any:
        """Return the adapter's class."""
        return resolve(self.adapter)

    def load_settings(self) -> Any:
        """Return the class of the settings."""
        return resolve(self.settings)

    def load_check(self) -> Look:
        """Return the function that looks at the set-up."""
        look: Look = resolve(self.check)
        return look
