"""Says what Parley can do, from the commands' table. Reads nothing and asks no model."""

from dataclasses import dataclass
from typing import Any

from adapters.chat import Action, Command, Entrances, Intent, Prompt, Reply, Request
from bot.intents import commands
from bot.services import Services

COMMAND = Command(
    "help",
    "Say what I can do.",
    aliases=("?", "usage"),
    limited=False,
    always=True,
    entrances=Entrances(prompt=Prompt("What can you do?", "help"), section="What I can do"),
)


@dataclass(frozen=True, slots=True)
class Help:
    """The commands, and the word that was not one of them."""

    known: tuple[Command, ...]
    unknown: str = ""

    def reply(self) -> Reply:
        """Return one line a command."""
        lines = [f"- `{usage(command)}` — {command.summary}" for command in self.known]
        head = f"I don't know `/{self.unknown}`. I can:" if self.unknown else "I can:"
        return Reply("\n".join([head, "", *lines, "", "Or just ask me in your own words."]))

    def document(self) -> dict[str, Any]:
        """Return the same as names and summaries."""
        return {"commands": [{"name": each.name, "summary": each.summary} for each in self.known]}


@dataclass(frozen=True, slots=True)
class Unsure:
    """A question to the person: which of these their words were meant as."""

    words: str

    def reply(self) -> Reply:
        """Return a button for each way to take the words; without buttons the text says how to ask."""
        return Reply(
            "I am not sure what you would like. Shall I sum up, translate or look something up?",
            notes=("You can begin with `/summarize`, `/translate`, `/ask` or `/sentiment`; `/help` lists everything.",),
            actions=tuple(Action(label, intent) for label, intent in self._meanings()),
        )

    def document(self) -> dict[str, Any]:
        """Return the names of the intents that are offered."""
        return {"unsure": True, "offered": [intent.name for _, intent in self._meanings()]}

    def _meanings(self) -> tuple[tuple[str, Intent], ...]:
        return (
            ("Sum up this channel", Intent("summarize")),
            ("Look this up", Intent("ask", self.words)),
            ("Translate this", Intent("translate", self.words)),
            ("How this sounds", Intent("sentiment", self.words)),
        )


def usage(command: Command) -> str:
    """Return how a command is typed: `/translate [to L] text`."""
    options = [f"[{option.name}]" if not option.required else option.name for option in command.options]
    return " ".join([f"/{command.name}", *options, *([command.argument] if command.argument else [])])


async def run(request: Request, services: Services) -> Help | Unsure:
    """Return the help, naming an argument that isn't a command; a question back where the words said nothing."""
    del services
    if request.intent.options.get("unsure"):
        return Unsure(request.intent.argument)
    known = tuple(command for command in commands() if command.typed)
    asked = request.intent.argument
    return Help(known, "" if asked in {command.name for command in known} else asked)
