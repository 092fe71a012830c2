"""Parley's own words on both platforms, in the languages of its users: whole tables, filled gaps, what people see."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from discord_host import connected
from fake_discord import FakeDiscord
from fake_discord_data import ANA, APP
from fake_slack import FakeSlack
from fake_slack_api import ME
from slack_host import LedgerHost, running

from adapters.chat import Command, Entrances, Intent, Person, Place, Progress, Reply, Request
from adapters.discord.words import WORDS as DISCORD
from adapters.platform.replies import NOT_YOURS, RESTARTED, UNSENT
from adapters.platform.words import GAP, LANGUAGES, SHARED, Words
from adapters.slack.words import WORDS as SLACK
from bot.admission.policy import check
from bot.admission.rate_limits import Limiter
from bot.errors import NotAllowed, SlowDown
from bot.intents import commands
from bot.sections import AccessRules, RateLimits, Rule

FOLDERS = ("platform", "slack", "discord")
ROOT = Path(__file__).resolve().parent.parent / "adapters"


@pytest.fixture
async def slack() -> AsyncIterator[FakeSlack]:
    async with FakeSlack() as fake:
        fake.add_user("U1", "ana", locale="de-DE")
        fake.add_user("U2", "ben", locale="fr-FR")
        fake.add_user("U3", "boss", is_admin=True)
        fake.add_channel("C1", "general", (ME, "U1", "U2", "U3"), is_channel=True)
        yield fake


@pytest.mark.parametrize("words", [SHARED, SLACK, DISCORD], ids=FOLDERS)
def test_every_entry_is_in_every_language_with_the_same_gaps(words: Words):
    for english, row in words.table.items():
        assert set(row) == set(LANGUAGES), english
        assert all(text.count(GAP) == english.count(GAP) and text.strip() for text in row.values()), english


def test_what_stands_in_a_gap_is_kept():
    assert SHARED.say("Please ask again in 12 s.", "de-AT") == "Wieder in 12 s."
    assert SHARED.say("You may not use summarize here.", "pt") == "Não pode usar summarize aqui."
    assert SHARED.fill("Shared by {}.", "fr", "Zoë {} O'Hara") == "Partagé par Zoë {} O'Hara."
    assert SHARED.say("waiting for a turn: 3 before you, about 40 s", "es") == "en espera: 3 antes que tú, unos 40 s"


@pytest.mark.parametrize("locale", ["", "en-US", "nl-NL", "xx"])
def test_other_languages_are_answered_in_english(locale: str):
    assert SHARED.say("Stopped.", locale) == "Stopped."


def test_words_that_nobody_translated_stay_as_they_are():
    assert SHARED.say("The boats are out.", "de") == "The boats are out."


@pytest.mark.parametrize(
    ("step", "shown"),
    [
        (Progress("translating", 0, 1904), "übersetze 0 von 1904"),
        (Progress("reading messages", 3, 9), "lese Nachrichten 3 von 9"),
        (Progress("reading messages", 3), "lese Nachrichten 3"),
        (Progress("joining the blocks"), "füge die Abschnitte zusammen"),
    ],
)
def test_a_stage_says_how_much_is_done(step: Progress, shown: str):
    assert SHARED.stage(step, "de") == shown
    assert "  " not in step.words
    assert SHARED.stage(step, "") == step.words


def known(words: str) -> bool:
    return all(SHARED.say(words, language) != words for language in LANGUAGES)


async def test_the_assistants_refusals_are_known():
    asked = Request(Intent("summarize"), Place("slack", "T1", "C1"), Person("U1", "Ana"))
    with pytest.raises(NotAllowed) as refused:
        await check(asked, AccessRules(rules=(Rule(effect="deny"),)))
    assert known(str(refused.value))
    assert known(refused.value.remedy)
    for limits in (RateLimits(person=1), RateLimits(channel=1), RateLimits(workspace=1)):
        limiter = Limiter(limits)
        limiter.admit(asked)
        with pytest.raises(SlowDown) as slow:
            limiter.admit(asked)
        assert known(str(slow.value))
        assert known(slow.value.remedy)
    assert all(map(known, (RESTARTED, UNSENT, NOT_YOURS)))


def test_every_stage_of_the_assistant_is_known():
    sources = [*(ROOT.parent / "bot").rglob("*.py")]
    stages = {each for path in sources for each in re.findall(r"\bProgress\(\"([^\"{]+)\"", path.read_text("utf-8"))}
    assert len(stages) > 4
    assert [stage for stage in stages if not known(stage)] == []


def test_what_slack_offers_beside_commands_is_known():
    for command in commands():
        entrances = command.entrances
        offered = (entrances.section, entrances.prompt.title if entrances.prompt else "", command.summary)
        if command.typed:
            assert all(words in SLACK.table for words in offered if words), command.name


# On the platforms


async def test_on_slack_stages_buttons_and_the_end_speak_the_askers_language(slack: FakeSlack):
    async def answer(request: Request) -> Reply:
        if request.intent.argument == "who?":
            return Reply("ana")
        request.progress(Progress("reading messages", 3, 9))
        await slack.posted(1)
        raise ValueError

    async with running(slack, LedgerHost(answer=answer), show_after=0.01, show_every=0.01):
        await slack.event(slack.mention("what did Ana decide?"))
        stage = (await slack.posted())[0]
        await slack.posted(1, "chat.update")
        await slack.command("/ask", "who?")
        await slack.until(lambda: slack.responses)
    assert stage["blocks"][0]["text"] == "_lese Nachrichten 3 von 9 …_"
    assert stage["blocks"][-1]["elements"][0]["text"]["text"] == "Abbrechen"
    ended = slack.called("chat.update")[-1]["blocks"]
    assert ended[0]["text"].startswith("Bei mir ist etwas schiefgegangen")
    assert "in meinem Protokoll" in str(ended[1])
    assert slack.responses[-1]["blocks"][-1]["elements"][-1]["text"]["text"] == "Im Kanal teilen"


async def test_on_slack_forms_and_app_home_speak_the_persons_language(slack: FakeSlack):
    ask = Command("ask", "Answer a question.", "question", entrances=Entrances("ask", "question"))
    table = (ask, Command("health", "Say how I am.", entrances=Entrances(section="Health")))
    async with running(slack, LedgerHost(), table):
        said = {"type": "message", "user": "U2", "ts": "2.2", "text": "olá"}
        about = {"callback_id": "ask_thread", "channel": {"id": "C1"}, "message": said, "user": {"id": "U2"}}
        await slack.interact("message_action", about)
        await slack.until(lambda: slack.modals)
        await slack.event({"type": "app_home_opened", "tab": "home", "user": "U2", "channel": "D1"})
        await slack.until(lambda: slack.views)
    modal = slack.modals[0]
    assert (modal["title"]["text"], modal["close"]["text"]) == ("Question sur un fil", "Annuler")
    assert modal["blocks"][0]["label"]["text"] == "Votre question"
    assert "'État'" in str(slack.views["U2"])


async def test_on_slack_an_administrator_may_stop_the_work_of_others_and_others_read_who_may(slack: FakeSlack):
    async def answer(_: Request) -> Reply:
        await slack.until(lambda: False, 5)
        return Reply("never")

    async with running(slack, LedgerHost(answer=answer), show_after=0.01, show_every=0.01):
        await slack.event(slack.mention("summarise"))
        stage = (await slack.posted())[0]
        pressed = {"channel": {"id": "C1"}, "actions": [stage["blocks"][-1]["elements"][0]]}
        await slack.interact("block_actions", {**pressed, "user": {"id": "U2"}})
        await slack.until(lambda: slack.whispers)
        await slack.interact("block_actions", {**pressed, "user": {"id": "U3"}})
        await slack.posted(1, "chat.update")
    assert slack.whispers[0]["text"] == SHARED.say(NOT_YOURS, "fr")
    assert slack.called("chat.update")[-1]["text"] == "Abgebrochen."


async def test_on_discord_a_command_is_apologised_for_in_the_clients_language():
    async def fail(_: Request) -> Reply:
        raise RuntimeError("planted")

    async with FakeDiscord() as discord, connected(discord, LedgerHost(answer=fail)):
        used = await discord.slash("ask", question="who?", locale="es-ES")
        await discord.until(lambda: discord.shown[used["id"]])
        assert discord.shown[used["id"]][0].content.startswith("Algo falló de mi lado")
        await discord.say(ANA, f"<@{APP}> who?")
        await discord.until(discord.said)
        assert discord.said()[0]["content"].startswith("Something went wrong")


# The two surfaces are built alike


def test_both_platforms_have_the_same_modules_for_the_same_work():
    shared = {"app", "asks", "access", "backfill", "check", "commands", "ingestion", "postings", "reactions", "reader",
              "recovery", "requests", "service", "settings", "words"}  # fmt: skip
    surfaces = {"actions", "answers", "outgoing", "rendering"}
    for name in ("slack", "discord"):
        assert shared <= {path.stem for path in (ROOT / name).glob("*.py")}
        assert surfaces <= {path.stem for path in (ROOT / name / "surfaces").glob("*.py")}
    folders = [folder for folder in ROOT.rglob("*") if folder.is_dir()]
    assert max(len([*folder.glob("*.py")]) for folder in folders) <= 20
