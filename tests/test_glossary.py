"""The owner's words: kept or translated as they say, where they say."""

import asyncio
from pathlib import Path

import pytest

from adapters.chat import Intent, Person, Place, Request
from bot import config
from bot.conversation.permissions import OWNER
from bot.glossary import Terms, glossary
from bot.runtime.composition import opened

EVERYWHERE = Terms(keep=("Kelpbase",))
ROWERS = Terms("T1", "pt", translate={"boathouse": "casa dos barcos"})


def test_a_table_without_a_workspace_holds_everywhere():
    assert glossary((EVERYWHERE, ROWERS), "T2", "de").kept == {"Kelpbase"}
    assert glossary((EVERYWHERE, ROWERS), "T2", "de").forced == {}


def test_a_table_holds_for_its_own_workspace_and_language():
    assert glossary((EVERYWHERE, ROWERS), "T1", "pt").forced == {"boathouse": "casa dos barcos"}
    assert glossary((ROWERS,), "T1", "de").forced == {}


def test_of_two_translations_the_later_wins():
    later = Terms(translate={"boathouse": "hangar"})
    assert glossary((ROWERS, later), "T1", "pt").forced == {"boathouse": "hangar"}


@pytest.mark.starter
def test_a_configured_term_reaches_the_translation(tmp_path: Path):
    file = tmp_path / "config.toml"
    file.write_text('[[glossary]]\ntarget = "pt"\ntranslate = { boathouse = "casa dos remos" }\n', encoding="utf-8")

    async def ask() -> str:
        intent = Intent("translate", "The boathouse is closed today.", options={"to": "pt", "from": "en"})
        async with opened(config.read(file), None) as assistant:
            request = Request(intent, Place("console", "", ""), Person("u", "you"), access=OWNER)
            return (await assistant.handle(request)).text

    assert "casa dos remos" in asyncio.run(ask())
