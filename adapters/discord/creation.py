"""Says where Discord shows what Parley needs; a bot of one's own can't be created by a program."""

from collections.abc import Mapping, Sequence

from adapters.chat import Command
from adapters.discord.settings import DiscordSettings
from adapters.discord.wire.gateway import PORTAL
from adapters.platform.contract import Printed

STEPS = (
    f"Create the application at {PORTAL}: New Application.\n"
    "  1. Bot, Reset Token, and copy the token.\n"
    "  2. Bot, Privileged Gateway Intents: turn on Message Content Intent."
)


async def create(settings: DiscordSettings, commands: Sequence[Command], given: Mapping[str, str]) -> Printed:
    """Return the steps."""
    del settings, commands, given
    return Printed(STEPS, {"portal": PORTAL})
