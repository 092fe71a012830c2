"""Words of one's own in translations: the owner's by configuration, a workspace's by its administrators."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from adapters.chat import EVERYTHING, Channel, ChannelKind, Intent, Message, Person, Place, Reply, Request
from bot import config
from bot.assistant import Assistant
from bot.conversation.permissions import OWNER
from bot.glossary import Terms, glossary
from bot.history import HistoryThread, preferences
from bot.intents import commands
from bot.intents.glossary import MOST
from bot.runtime.composition import opened
from bot.services import Services
from bot.understanding.parse import parse
from bot.understanding.terms import TermWish, read
from nlp.core import Core
from nlp.scheduler.family import Binding

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
EVERYWHERE = Terms(keep=("Kelpbase",))
ROWERS = Terms("T1", "pt", translate={"boathouse": "casa dos barcos"})
QUAY, DIRECT, OTHERS = Place("slack", "T1", "C1"), Place("slack", "T1", "D1"), Place("slack", "T2", "C1")
ANA = Person("U1", "Ana")
ECHO = (
    Binding("embed", "echo", "echo"),
    Binding("translate", "echo", "echo", source="en", target="pt"),
    Binding("translate", "echo", "echo", source="en", target="de"),
)


@dataclass(frozen=True)
class Rights:
    admin: bool = True

    async def can_read(self, place: Place) -> bool:
        del place
        return True

    async def is_admin(self, place: Place) -> bool:
        del place
        return self.admin

    async def kind(self, place: Place) -> ChannelKind:
        return "direct" if place == DIRECT else "public"


@pytest.fixture
async def assistant() -> AsyncIterator[Assistant]:
    async with HistoryThread(None) as history, Core(ECHO) as core:
        owners = (Terms("T1", keep=("Tidewatch",)), Terms("T2", keep=("Secret Harbour",)))
        yield Assistant(Services(core, history, lambda: NOW, ZoneInfo("UTC"), terms=owners))


async def say(assistant: Assistant, words: str, place: Place = QUAY, *, admin: bool = True) -> Reply:
    return await assistant.handle(Request(Intent("glossary", words), place, ANA, access=Rights(admin=admin)))


async def translated(assistant: Assistant, text: str, to: str = "pt", place: Place = QUAY) -> str:
    asked = Intent("translate", text, options={"to": to, "from": "en"})
    return (await assistant.handle(Request(asked, place, ANA, access=Rights(admin=False)))).text


# The owner's


def test_a_table_without_a_workspace_holds_everywhere():
    assert glossary((EVERYWHERE, ROWERS), "T2", "de").kept == {"Kelpbase"}
    assert glossary((EVERYWHERE, ROWERS), "T2", "de").forced == {}


def test_a_table_holds_for_its_own_workspace_and_language():
    assert glossary((EVERYWHERE, ROWERS), "T1", "pt").forced == {"boathouse": "casa dos barcos"}
    assert glossary((ROWERS,), "T1", "de").forced == {}


def test_of_what_two_tables_say_of_a_word_the_later_holds_whatever_its_case():
    later = Terms(translate={"Boathouse": "hangar"})
    assert glossary((ROWERS, later), "T1", "pt").forced == {"Boathouse": "hangar"}
    assert glossary((ROWERS, Terms(keep=("BOATHOUSE",))), "T1", "pt").forced == {}


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


# A workspace's


@pytest.mark.parametrize(
    ("words", "wish"),
    [
        ("", TermWish("list")),
        ("list", TermWish("list")),
        ("add Kelpbase", TermWish("add", ("Kelpbase",))),
        ("Add Kelpbase, Tide Watch", TermWish("add", ("Kelpbase", "Tide Watch"))),
        ('add "a, b" “c”', TermWish("add", ("a, b", "c"))),
        ("add boathouse = casa dos barcos to pt", TermWish("add", ("boathouse",), "casa dos barcos", "pt")),
        ("add boathouse → Bootshaus in German.", TermWish("add", ("boathouse",), "Bootshaus", "de")),
        ("add boathouse (pt) = casa", TermWish("add", ("boathouse",), "casa", "pt")),
        ("add quay = place to be", TermWish("add", ("quay",), "place to be")),
        ("add quay = cais (it)", TermWish("add", ("quay",), "cais", "it")),
        ("remove boathouse in pt", TermWish("remove", ("boathouse",), "", "pt")),
        ("entferne Kelpbase aus dem Glossar", TermWish("remove", ("Kelpbase",))),
        ("always translate boathouse as casa in Portuguese", TermWish("add", ("boathouse",), "casa", "pt")),
        ("add", None),
        ("add =", None),
        ("boathouse", None),
    ],
)  # fmt: skip
def test_words_say_what_becomes_of_which_term(words: str, wish: TermWish | None):
    assert read(words) == wish


@pytest.mark.parametrize(
    "words",
    [
        "add Kelpbase to the glossary", "please add to our glossary: Kelpbase", "Never translate Kelpbase",
        "füge Kelpbase zum Glossar hinzu", "nimm Kelpbase ins Glossar auf", "übersetze Kelpbase nie",
        "ajoute Kelpbase au glossaire", "adiciona Kelpbase ao glossário", "añade Kelpbase al glosario",
    ],
)  # fmt: skip
def test_free_text_in_five_languages_is_about_the_glossary(words: str):
    intent = parse(words, commands(), NOW, ZoneInfo("UTC"))
    assert intent.name == "glossary"
    assert read(intent.argument) == TermWish("add", ("Kelpbase",))


@pytest.mark.parametrize(
    "words",
    [
        "what did Ana say about the glossary?", "who added Kelpbase to the glossary?",
        "translate the glossary to German", "add milk to the list", "translate to pt Never give up",
        "summarise the discussion of the glossary",
    ],
)  # fmt: skip
def test_other_words_are_not_about_it(words: str):
    assert parse(words, commands(), NOW, ZoneInfo("UTC")).name != "glossary"


async def test_an_administrator_keeps_a_word_and_everyone_in_the_channel_reads_it(assistant: Assistant):
    assert await translated(assistant, "The kelpbase is out.") == "[pt] The kelpbase is out."
    reply = await say(assistant, "add Kelpbase")
    assert reply.text == "**From now on “Kelpbase” stays as written in translations**, because Ana asked me to."
    assert not reply.private
    assert [each.keep for each in await assistant.services.history.read(preferences.terms, QUAY)] == [("Kelpbase",)]


async def test_a_fixed_translation_holds_for_its_language_in_its_workspace_alone(assistant: Assistant):
    reply = await say(assistant, "add boathouse = Bootshaus in German")
    assert "“boathouse” becomes “Bootshaus” in German" in reply.text
    assert await translated(assistant, "The Boathouse is shut.", "de") == "[de] The Bootshaus is shut."
    assert await translated(assistant, "The boathouse is shut.", "pt") == "[pt] The boathouse is shut."
    assert await translated(assistant, "The boathouse is shut.", "de", OTHERS) == "[de] The boathouse is shut."


async def test_a_workspaces_word_goes_before_the_owners_and_leaves_it_when_it_goes(assistant: Assistant):
    await say(assistant, "add tidewatch = Gezeitenwacht")
    assert await translated(assistant, "Call Tidewatch.") == "[pt] Call Gezeitenwacht."
    reply = await say(assistant, "remove TIDEWATCH")
    assert reply.notes == ("The owner's configuration still says what becomes of “Tidewatch”.",)
    assert await translated(assistant, "Call Tidewatch.") == "[pt] Call Tidewatch."


async def test_everyone_may_see_the_words_of_their_workspace_and_the_owners_for_it(assistant: Assistant):
    await say(assistant, "add quay = Kai in German")
    await say(assistant, "add Kelpbase, *Reef*")
    reply = await say(assistant, "", admin=False)
    assert reply.private
    assert reply.text.splitlines()[2:] == [
        "- “\\*Reef\\*” stays as written", "- “Kelpbase” stays as written", "- “quay” becomes “Kai” in German",
        "- “Tidewatch” stays as written, set by the owner",
    ]  # fmt: skip
    assert (await say(assistant, "", OTHERS)).text.endswith("“Secret Harbour” stays as written, set by the owner")


async def test_what_is_said_of_a_word_again_replaces_what_was_said_before(assistant: Assistant):
    await say(assistant, "add Quay")
    await say(assistant, "add quay = Kai")
    assert [each.translate for each in await assistant.services.history.read(preferences.terms, QUAY)] == [
        {"quay": "Kai"}
    ]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("remove Kelpbase", "“Kelpbase” isn't in the glossary."),
        ("frobnicate", "I didn't understand that."),
        (f"add {'long' * 30}", "A word or its translation has 100 characters at most."),
        ("add !?", "A word has a letter or a number in it."),
        ("add " + ",".join(map(str, range(21))), "That is more than 20 words at once."),
        (f"add ghp_{'a1B2c3D4e5' * 3}f6G7h8", "That looks like a secret, which doesn't belong into a glossary."),
    ],
)  # fmt: skip
async def test_what_cannot_be_done_is_a_sentence_and_changes_nothing(assistant: Assistant, words: str, sentence: str):
    reply = await say(assistant, words)
    assert reply.text == sentence
    assert reply.private
    assert await assistant.services.history.read(preferences.terms, QUAY) == ()


@pytest.mark.parametrize("words", ["add Kelpbase", "remove Tidewatch"])
async def test_only_administrators_change_it_and_only_where_others_read_that(assistant: Assistant, words: str):
    refused = await say(assistant, words, admin=False)
    assert refused.text == "Only an administrator of this channel can decide that."
    assert (await say(assistant, words, DIRECT)).text == "The glossary is changed where others read it."
    assert await assistant.services.history.read(preferences.terms, QUAY) == ()


async def test_a_full_glossary_says_so(assistant: Assistant):
    many = Terms(keep=tuple(f"word{number}" for number in range(MOST)))
    await assistant.services.history.write(preferences.put_terms, QUAY, many, "U1", NOW)
    assert (await say(assistant, "add Kelpbase")).text == "The glossary is full: it holds 500 entries."


async def test_a_summary_in_another_language_goes_by_it(assistant: Assistant):
    await say(assistant, "add boathouse = casa dos barcos")
    said = [
        Message(str(number), QUAY, ANA, f"We decided to paint the boathouse number {number} in blue.", NOW)
        for number in range(3)
    ]
    await assistant.services.history.run(lambda store: store.add([Channel(QUAY, "quay"), *said]))
    await assistant.services.history.run(lambda store: store.turn_on(QUAY, "U1", NOW))
    asked = Request(Intent("summarize", "in Portuguese", EVERYTHING), QUAY, ANA, access=Rights())
    reply = await assistant.handle(replace(asked))
    assert "casa dos barcos" in reply.text
    assert "boathouse" not in reply.text
