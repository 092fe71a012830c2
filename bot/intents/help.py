"""Says what Parley can do, from the commands' table. Reads nothing and asks no model."""

from dataclasses import dataclass
from typing import Any

from adapters.chat import Command, Reply, Request
from bot.intents import Services, commands

COMMAND = Command("help", "Say what I can do.", aliases=("?", "usage"))


@dataclass(frozen=True, slots=True)
class Help:
    """The commands, and the word that was not one of them."""

    known: tuple[Command, ...]
    unknown: str = ""

    def reply(self) -> Reply:
        """One line a command."""
        lines = [f"- `{usage(command)}` — {command.summary}" for command in self.known]
        head = f"I don't know `/{self.unknown}`. I can:" if self.unknown else "I can:"
        return Reply("\n".join([head, "", *lines, "", "Or just ask me in your own words."]))

    def document(self) -> dict[str, Any]:
        """The same as names and summaries."""
        return {"commands": [{"name": each.name, "summary": each.summary} for each in self.known]}


def usage(command: Command) -> str:
    """How a command is typed: `/translate [to L] text`."""
    options = [f"[{option.name}]" if not option.required else option.name for option in command.options]
    return " ".join([f"/{command.name}", *options, *([command.argument] if command.argument else [])])


async def run(request: Request, services: Services) -> Help:
    """The help; an argument that is no command is named in it."""
    del services
    known = commands()
    asked = request.intent.argument
    return Help(known, "" if asked in {command.name for command in known} else asked)
