"""Asking every channel that one may read: each is asked of the platform, and what isn't readable leaves no trace."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import aiohttp
import pytest
from discord_host import town
from fake_slack import FakeSlack
from fake_slack_api import BOT_TOKEN, ME
from slack_host import settings as slack_settings

from adapters.chat import UNREAD, Channel, Intent, Message, Person, Place, Reply, Request, Typed, Window
from adapters.discord.access import DiscordAccess
from adapters.payloads.discord import DIRECT as DM
from adapters.slack.access import SlackAccess
from adapters.slack.wire.client import connect
from bot.assistant import Assistant
from bot.conversation import everywhere as reaching
from bot.conversation.elsewhere import mention, moved
from bot.conversation.everywhere import meant
from bot.conversation.permissions import OWNER
from bot.history import HistoryThread
from bot.intents import commands
from bot.retrieval import everywhere
from bot.retrieval.features import graph_of
from bot.sections import AccessRules, Rule
from bot.services import Services
from bot.understanding.everywhere import of_everything, widened
from bot.understanding.parse import Heard
from nlp.core import Core
from nlp.scheduler.family import Binding

NOON = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
NOW = NOON + timedelta(hours=3)
GENERAL, OPS, BOARD, OFF = (Place("slack", "T1", f"C-{name}") for name in ("general", "ops", "board", "off"))
FOREIGN, DIRECT, BETWEEN = Place("slack", "T2", "C-ops"), Place("slack", "T1", "D-eve"), Place("slack", "T1", "D-two")
EVE, BEN, CAT = Person("U-eve", "Eve"), Person("U-ben", "Ben"), Person("U-cat", "Cat")
MODELS = (Binding("embed", "echo", "echo"), Binding("sentiment", "echo", "echo"))
QUESTION = "where does the spare anchor hang?"
SECRET = "capstan"


def said(number: int, place: Place, text: str, author: Person = BEN) -> Message:
    return Message(f"{number}.0", place, author, text, NOON + timedelta(minutes=number))


RECORDS = (
    Channel(GENERAL, "general"),
    Channel(OPS, "ops", "private"),
    Channel(BOARD, "board", "private"),
    Channel(OFF, "attic"),
    Channel(FOREIGN, "ops", workspace_name="Other"),
    Channel(BETWEEN, "ben, cat", "direct"),
    said(1, GENERAL, "the ferry leaves at nine"),
    said(2, OPS, "the spare anchor hangs in the boat shed"),
    said(3, OPS, "@Eve the crane needs you"),
    said(4, BOARD, f"the spare anchor hangs behind the {SECRET}"),
    said(5, OFF, f"the spare anchor hangs under the {SECRET}"),
    said(6, FOREIGN, f"the spare anchor hangs over the {SECRET}"),
    said(7, BETWEEN, f"the spare anchor hangs on the {SECRET}"),
)


@dataclass
class Rights:
    """A platform's word on somebody: the channels that they may read, and which it was asked about."""

    readable: set[Place] = field(default_factory=lambda: {GENERAL, OPS})
    direct: bool = False
    asked: list[Place] = field(default_factory=list)

    async def can_read(self, place: Place) -> bool:
        self.asked.append(place)
        return place in self.readable

    async def is_admin(self, place: Place) -> bool:
        return not place

    async def kind(self, place: Place) -> str:
        return "direct" if self.direct and place == DIRECT else "public"


async def served(bindings: tuple[Binding, ...] = MODELS) -> AsyncIterator[Assistant]:
    async with HistoryThread(None) as history, Core(bindings) as core:
        await history.run(lambda store: store.add(RECORDS))
        for place in (GENERAL, OPS, BOARD, FOREIGN):
            await history.run(lambda store, place=place: store.turn_on(place, "U-admin", NOON))
        yield Assistant(Services(core, history, lambda: NOW, ZoneInfo("UTC")))


@pytest.fixture
async def assistant() -> AsyncIterator[Assistant]:
    async for each in served():
        yield each


def asking(words: str = QUESTION, place: Place = GENERAL, rights: Rights | None = None, **more: object) -> Request:
    return Request(UNREAD, place, EVE, access=rights or Rights(), typed=Typed(words), **more)  # type: ignore[arg-type]


def everything(question: str = QUESTION, **more: object) -> Request:
    return asking(f"ask everywhere {question}", **more)  # type: ignore[arg-type]


def traces(reply: Reply) -> set[str]:
    """Words of a reply that only an unreadable channel could have put there."""
    return {word for word in (SECRET, "board", "attic", "Other", "ben, cat") if word in repr(reply)}


async def test_the_answer_is_found_in_another_channel_whose_name_stands_with_its_source(assistant: Assistant):
    reply = await assistant.handle(everything(public=True))
    assert "> the spare anchor hangs in the boat shed" in reply.text
    assert "#ops · Ben" in reply.text
    assert reply.sources[0].channel == "#ops"
    assert (reply.personal, reply.actions) == (True, ())
    assert reply.notes[0].startswith("This is from all channels that you may read, for you alone")


async def test_what_may_not_be_read_is_neither_shown_nor_named(assistant: Assistant):
    rights = Rights()
    reply = await assistant.handle(everything(rights=rights))
    assert traces(reply) == set()
    assert sorted(rights.asked, key=repr) == sorted({GENERAL, OPS, BOARD}, key=repr)  # each once; no other workspace


async def test_whoever_was_removed_from_a_channel_finds_nothing_of_it_from_that_moment(assistant: Assistant):
    rights = Rights()
    assert "boat shed" in (await assistant.handle(everything(rights=rights))).text
    rights.readable.remove(OPS)
    gone = await assistant.handle(everything(rights=rights))
    assert "boat shed" not in repr(gone)
    assert "#ops" not in repr(gone)


async def test_a_channel_that_is_off_or_another_workspace_is_not_read_though_the_platform_would_allow_it(
    assistant: Assistant,
):
    rights = Rights({GENERAL, OPS, OFF, FOREIGN, BETWEEN})
    assert traces(await assistant.handle(everything(rights=rights))) == set()
    assert {OFF, FOREIGN, BETWEEN}.isdisjoint(rights.asked)


async def test_the_words_of_somebody_who_opted_out_are_gone_here_too(assistant: Assistant):
    await assistant.services.history.run(lambda store: store.forget(BEN.id))
    reply = await assistant.handle(everything())
    assert "boat shed" not in repr(reply)


async def test_an_owner_s_rule_keeps_a_channel_out(assistant: Assistant):
    rule = Rule(effect="deny", intents=("ask",), channels=(OPS.channel,))
    assistant.access = AccessRules(rules=(rule,))
    reply = await assistant.handle(everything())
    assert "boat shed" not in repr(reply)
    assert "#ops" not in repr(reply)


async def test_a_failing_platform_grants_nothing(assistant: Assistant):
    class Broken(Rights):
        async def can_read(self, place: Place) -> bool:
            raise TimeoutError(place.channel)

    reply = await assistant.handle(everything(rights=Broken()))
    assert reply.text == "I did not find this in any channel that you may read."


async def test_nothing_readable_and_nothing_there_are_said_in_the_same_words(assistant: Assistant):
    hidden = await assistant.handle(everything(rights=Rights(set())))
    await assistant.services.history.run(
        lambda store: [store.turn_off(place, "U", NOON) for place in (GENERAL, OPS, BOARD)]
    )
    assert await assistant.handle(everything(rights=Rights(set()))) == hidden


@pytest.mark.usefixtures("searched")
async def test_only_channels_that_would_contribute_are_asked_about(assistant: Assistant):
    rights = Rights()
    reply = await assistant.handle(everything(rights=rights))
    assert "boat shed" in reply.text
    assert set(rights.asked) == {OPS, BOARD}


@pytest.mark.usefixtures("searched")
async def test_a_refused_channel_full_of_hits_keeps_no_other_from_being_found(assistant: Assistant):
    many = [said(number, BOARD, f"the spare anchor hangs, spare anchor {number}") for number in range(10, 150)]
    await assistant.services.history.run(lambda store: store.add(many))
    reply = await assistant.handle(everything())
    assert "> the spare anchor hangs in the boat shed" in reply.text
    assert "spare anchor 1" not in repr(reply)


@pytest.mark.usefixtures("searched")
async def test_no_more_channels_are_asked_about_than_a_bound(assistant: Assistant, monkeypatch: pytest.MonkeyPatch):
    for module in (reaching, everywhere):
        monkeypatch.setattr(module, "MOST_ASKED", 1)
    rights = Rights({OPS, GENERAL, BOARD})
    await assistant.handle(everything(rights=rights))
    assert len(rights.asked) == 1


@pytest.mark.usefixtures("searched")
async def test_a_time_that_is_named_holds_for_what_stands_around_a_hit_too(assistant: Assistant):
    asked = everything()
    window = Window(since=NOON + timedelta(minutes=3))
    reply = await assistant.handle(replace(asked, typed=None, intent=of_everything(Intent("ask", "crane", window))))
    assert "crane" in reply.text
    assert "boat shed" not in repr(reply)


@pytest.fixture
def searched(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the history for too long to be read whole."""
    monkeypatch.setattr(everywhere, "WHOLE", 0)


async def test_in_a_direct_message_every_channel_is_meant(assistant: Assistant):
    async def talk(_: Window) -> AsyncIterator[Message]:
        yield said(9, DIRECT, "my own mooring is number twelve", EVE)

    rights = Rights({GENERAL, OPS, DIRECT}, direct=True)
    there = await assistant.handle(asking(QUESTION, DIRECT, rights, fetch=talk))
    assert "boat shed" in there.text
    assert traces(there) == set()
    own = await assistant.handle(asking("which number is my own mooring?", DIRECT, rights, fetch=talk))
    assert "number twelve" in own.text


async def test_in_a_channel_a_question_stays_there(assistant: Assistant):
    assert "boat shed" not in repr(await assistant.handle(asking()))


async def test_what_a_model_writes_of_other_channels_is_not_streamed_into_the_open(assistant: Assistant):
    shown: list[str] = []
    asked = replace(everything(public=True, text=shown.append), intent=of_everything(Intent("ask", QUESTION)))
    named = mention("summarise #ops")
    assert named is not None
    for request in (await meant(asked, assistant.services), await moved(asked, named, assistant.services)):
        request.text("a sentence of another channel. ")
    assert shown == []


async def test_a_summary_of_everything_tells_each_readable_channel_by_name(assistant: Assistant):
    reply = await assistant.handle(asking("summarise all channels", public=True))
    assert "**#ops**" in reply.text
    assert "**#general**" in reply.text
    assert reply.text.index("#ops") < reply.text.index("#general")  # the busier one first
    assert {source.channel for source in reply.sources} == {"#ops", "#general"}
    assert traces(reply) == set()
    assert reply.personal


async def test_catching_up_everywhere_tells_who_spoke_to_the_asker_in_each_channel(assistant: Assistant):
    reply = await assistant.handle(asking("catch me up everywhere"))
    assert "#ops" in reply.text
    assert "*To you*" in reply.text
    assert "crane" in reply.text
    assert traces(reply) == set()


async def test_nothing_readable_has_nothing_to_sum_up(assistant: Assistant):
    reply = await assistant.handle(asking("summarise everywhere", rights=Rights(set())))
    assert (reply.refusal, traces(reply)) == (True, set())


async def test_the_owner_asks_all_that_the_history_holds(assistant: Assistant):
    request = Request(of_everything(Intent("ask", "when does the ferry leave?")), Place("console", "", ""), EVE)
    document = (await assistant.work(replace(request, access=OWNER))).document()
    assert (document["answer"], document["sources"][0]["channel"]) == ("the ferry leaves at nine", "#general")
    assert document["covers"]["channels"] == len({each.place for each in RECORDS if isinstance(each, Message)})


# The platforms' own word


async def shed(assistant: Assistant, places: list[Place]) -> None:
    """Keep the channels, and say in each where the anchor hangs, among other things."""
    for place in places:
        texts = [*(f"crate {number} is empty" for number in range(9)), f"the spare anchor hangs in {place.channel}"]
        records = [Channel(place, f"c{place.channel}"), *(said(n, place, text) for n, text in enumerate(texts))]
        await assistant.services.history.run(lambda store, records=records: store.add(records))
        await assistant.services.history.run(lambda store, place=place: store.turn_on(place, "U0", NOON))


async def test_slack_is_asked_about_every_channel_at_that_moment(assistant: Assistant):
    async with FakeSlack() as fake, aiohttp.ClientSession() as session:
        for user in ("U1", "U2"):
            fake.add_user(user, user)
        fake.add_channel("G1", "in", (ME, "U1", "U2"), is_channel=True, is_private=True)
        fake.add_channel("G2", "out", (ME, "U2"), is_channel=True, is_private=True)
        fake.add_channel("D1", "", (ME, "U1"), is_im=True)
        slack = await connect(slack_settings(fake, bot_token=BOT_TOKEN, patience=0), session)
        await shed(assistant, [slack.place("G1"), slack.place("G2")])
        asked = replace(asking(QUESTION, slack.place("D1")), access=SlackAccess(slack, "U1"))
        reply = await assistant.handle(asked)
        assert ("hangs in G1" in reply.text, "G2" in repr(reply)) == (True, False)
        fake.members["G1"].remove("U1")
        assert "G1" not in repr(await assistant.handle(asked))


async def test_discord_s_direct_messages_look_in_the_servers_of_their_asker(assistant: Assistant):
    async with town() as t:
        other = t.env.create_guild("Elsewhere")
        lonely = other.create_text_channel("lonely")
        general = Place("discord", str(t.guild.id), str(t.channel.id))
        await shed(assistant, [general, Place("discord", str(other.id), str(lonely.id))])
        access = DiscordAccess(t.client, t.ana.id)
        reply = await assistant.handle(replace(asking(QUESTION, Place("discord", DM, "7")), access=access))
        assert (f"hangs in {t.channel.id}" in reply.text, str(lonely.id) in repr(reply)) == (True, False)
        away = await assistant.handle(replace(everything(place=general), access=DiscordAccess(t.client, 12345)))
        assert "hangs in" not in repr(away)


def test_who_answers_whom_stays_within_a_channel():
    messages = [said(1, OPS, "who has the key?"), said(2, BOARD, "I have it", CAT), said(3, OPS, "I have it", CAT)]
    before, after = graph_of(messages).neighbours()
    assert (before.tolist(), after.tolist()) == ([-1, -1, 0], [2, -1, -1])


@pytest.mark.parametrize(
    ("words", "command", "name", "argument"),
    [
        ("ask everywhere who owns the relay?", "", "ask", "who owns the relay?"),
        ("please search all channels for the wifi password", "", "ask", "the wifi password"),
        ("everywhere: who owns the relay?", "", "ask", "who owns the relay?"),
        ("everywhere who owns the relay", "ask", "ask", "who owns the relay"),
        ("who owns the relay? (in all channels)", "", "ask", "who owns the relay?"),
        ("pergunta em todo o lado quem está de serviço", "", "ask", "quem está de serviço"),
        ("busca en todas partes quién tiene la llave", "", "ask", "quién tiene la llave"),
        ("frag überall, wer Bereitschaft hat", "", "ask", "wer Bereitschaft hat"),
        ("demande partout qui a la clé", "", "ask", "qui a la clé"),
        ("everywhere last 50", "summarize", "summarize", ""),
        ("what happened in all channels today?", "", "summarize", ""),
        ("resume todos os canais", "", "summarize", ""),
        ("fasse alle Kanäle zusammen", "", "summarize", ""),
        ("catch me up everywhere", "", "catchup", ""),
    ],
)
def test_words_that_mean_every_channel(words: str, command: str, name: str, argument: str):
    meant = widened(Typed(words, command), Heard(commands(), NOW, ZoneInfo("UTC")))
    assert meant is not None
    assert (meant.name, meant.argument) == (name, argument)


@pytest.mark.parametrize(
    "words",
    [
        "does it rain everywhere?",
        "was the freeze announced in all channels?",
        "why is the cable everywhere I look?",
        "translate to pt: we looked everywhere",
        "a chave está em todo o lado?",
    ],
)
def test_words_that_only_speak_of_everywhere(words: str):
    assert widened(Typed(words), Heard(commands(), NOW, ZoneInfo("UTC"))) is None
