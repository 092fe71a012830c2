"""What an intent is stands on its row: limited, judged, repeatable, always allowed, and where services offer it."""

import ast
import re
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from slack_host import COMMANDS

from adapters.chat import Command, Entrances, Intent, Person, Place, Prompt, Reply, Request
from adapters.clock import Clock
from adapters.discord.commands import MENUS
from adapters.slack.commands import slash_commands
from adapters.slack.manifest import manifest
from adapters.slack.surfaces.pane import prompts
from bot.admission.rate_limits import Limiter
from bot.assistant import Assistant
from bot.history import HistoryThread
from bot.intents import INTENTS, Services, commands
from bot.sections import AccessRules, RateLimits, Rule
from nlp.core import Core

ROOT = Path(__file__).resolve().parent.parent
ANA = Person("U1", "Ana")
PLACE = Place("slack", "T1", "C1")
NOBODY = AccessRules(rules=(Rule(effect="deny"),))


@dataclass(frozen=True)
class Dice:
    """The result of an intent that only this test knows."""

    def reply(self) -> Reply:
        return Reply("six")

    def document(self) -> dict[str, Any]:
        return {"answer": "six"}


@pytest.fixture
def dice(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Puts an intent called "dice" into the table, with the row that it is given."""

    def add(**row: Any) -> None:
        async def run(_: Request, __: Services) -> Dice:
            return Dice()

        module = ModuleType("dice_intent")
        vars(module).update(COMMAND=Command("dice", "Throw dice.", **row), run=run)
        monkeypatch.setitem(sys.modules, "dice_intent", module)
        monkeypatch.setitem(INTENTS, "dice", "dice_intent")

    return add


@pytest.fixture
async def services() -> AsyncIterator[Services]:
    async with HistoryThread(None) as history, Core([]) as core:
        yield Services(core, history, Clock().now, ZoneInfo("UTC"))


async def throw(assistant: Assistant, times: int = 1) -> list[Reply]:
    return [await assistant.handle(Request(Intent("dice", "two"), PLACE, ANA)) for _ in range(times)]


async def test_a_row_says_whether_limits_hold(dice: Any, services: Services):
    assistant = Assistant(services, limiter=Limiter(RateLimits(person=2)))
    dice()
    assert [reply.text for reply in await throw(assistant, 3)][2] != "six"
    dice(limited=False)
    assert [reply.text for reply in await throw(assistant, 3)] == ["six"] * 3


async def test_a_row_says_whether_rules_can_take_it_away(dice: Any, services: Services):
    assistant = Assistant(services, NOBODY)
    dice()
    assert "may not use dice" in (await throw(assistant))[0].text
    dice(always=True)
    assert (await throw(assistant))[0].text == "six"


async def test_a_row_says_whether_it_can_be_asked_again(dice: Any, services: Services):
    labels = {}
    for judged, repeatable in ((False, False), (True, False), (True, True)):
        dice(judged=judged, repeatable=repeatable)
        (reply,) = await throw(Assistant(services))
        labels[judged, repeatable] = [action.label for action in reply.actions]
    assert labels == {(False, False): [], (True, False): [], (True, True): ["Ask again"]}


def test_a_row_says_where_services_offer_it():
    dice = Command("dice", "Throw dice.", entrances=Entrances("roll", "text", Prompt("Roll in {}", "roll")))
    assert list(slash_commands((dice,))) == ["/roll"]
    assert prompts((dice,), "#games") == [{"title": "Roll in #games", "message": "roll"}]
    assert [shortcut["callback_id"] for shortcut in manifest((dice,))["features"]["shortcuts"]] == ["translate_message"]


def test_every_menu_has_a_command_and_no_two_have_the_same():
    for table in (COMMANDS, commands()):
        menus = [command.entrances.menu for command in table if command.entrances.menu]
        assert sorted(menus) == sorted(MENUS.values())


def test_sentences_name_commands_as_code_so_that_each_platform_writes_them_as_they_are_typed_there():
    typed = "|".join(command.name for command in commands() if command.typed)
    bare = re.compile(rf"(?<![\w/.])/(?:{typed})\b(?![/.])")
    for path in sorted(path for path in (ROOT / "bot").rglob("*.py") if "cli" not in path.parts):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.endswith((".", " ")):
                for found in bare.finditer(node.value):
                    before = node.value[: found.start()]
                    assert before.count("`") % 2, f"{path.name}: {node.value}"
