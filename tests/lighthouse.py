"""A small platform of the tests' own: one package as far as Parley is concerned, with everything that one may have."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from pydantic.dataclasses import dataclass as model

from adapters.chat import Access, Command, Host, Intent, Option, Person, Place, Posting, Request, ignore
from adapters.errors import Unreachable
from adapters.platform.contract import Errand, Platform, Printed
from adapters.platform.findings import Finding
from adapters.platform.settings import STRICT, PlatformSettings
from adapters.platform.signals import OnSignal


@model(frozen=True, slots=True, config=STRICT)
class LighthouseSettings(PlatformSettings):
    """The lamp's key, and how many times it blinks."""

    lamp_key: str = field(default="", repr=False)
    blinks: int = 3


@dataclass(frozen=True)
class LighthouseAdapter:
    """Asks one question when it is lit, shows the answer on its ready line, and ends."""

    name: ClassVar[str] = "lighthouse"

    settings: LighthouseSettings
    ready: Callable[[str], None]
    notice: OnSignal = ignore

    def access_for(self, person: str, place: Place) -> Access:
        raise Unreachable(f"The lighthouse doesn't know {person} in {place.channel}.")

    async def post(self, posting: Posting) -> None:
        self.ready(posting.reply.text)

    async def run(self, host: Host, commands: tuple[Command, ...]) -> None:
        place = Place(self.name, "coast", "tower")
        reply = await host.handle(Request(Intent(commands[-1].name), place, Person("keeper", "Keeper")))
        self.ready(f"lit {self.settings.blinks} times: {reply.text}")


async def check(settings: LighthouseSettings) -> list[Finding]:
    if settings.lamp_key:
        return [Finding("lamp", "ok", f"The lamp blinks {settings.blinks} times.")]
    return [Finding("lamp", "problem", "The lamp has no key.", "Set PARLEY_LIGHTHOUSE__LAMP_KEY.")]


async def log_book(settings: LighthouseSettings, commands: Sequence[Command], options: Mapping[str, str]) -> Printed:
    return Printed(f"{options['day']}: {settings.blinks} blinks, {len(commands)} commands", {"blinks": settings.blinks})


PLATFORM = Platform(
    adapter="lighthouse:LighthouseAdapter",
    settings="lighthouse:LighthouseSettings",
    check="lighthouse:check",
    summary="Keep the lighthouse.",
    errands=(Errand("log", "Print the log book.", "lighthouse:log_book", (Option("day", "The day."),)),),
)
