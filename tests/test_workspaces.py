"""Several workspaces in one process, whose channels, people and messages have the same ids: nothing crosses."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from fake_slack import FakeSlack
from fake_slack_api import ME
from slack_host import QuickClock
from slack_host import settings as slack_settings

from adapters import realm
from adapters.chat import (
    EVERYTHING,
    Carried,
    Channel,
    Deleted,
    Gone,
    Intent,
    Message,
    Pending,
    Person,
    Place,
    Posting,
    Reply,
    Request,
    Typed,
    Window,
)
from adapters.errors import Elsewhere, Unreachable
from adapters.slack.app import SlackAdapter
from bot import config
from bot.admission.rate_limits import Limiter
from bot.assistant import Assistant
from bot.cli.main import app
from bot.errors import UsageError
from bot.history import Derived, HistoryThread, Scope, preferences, schedules
from bot.history.derived.derivation import fingerprint
from bot.intents import commands
from bot.runtime.letterbox import Letterbox
from bot.runtime.supervisor import configured, run_adapters
from bot.sections import AccessRules, RateLimits, Rule
from bot.services import Services
from bot.terminal import guarded
from nlp.core import Core
from nlp.scheduler.family import Binding

NOON = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
NOW = NOON + timedelta(hours=3)
HERE, THERE = Place("slack", "T1", "C1"), Place("slack", "T2", "C1")
PLACES = (HERE, THERE)
ANA, BO = Person("U1", "Ana"), Person("U2", "Bo")
WORD = "zeppelin"
ECHO = (
    *(Binding(task, "echo", "echo") for task in ("embed", "sentiment")),
    Binding("translate", "echo", "echo", source="en", target="pt"),
)


@dataclass(frozen=True)
class Rights:
    """The word of one workspace, which knows no other."""

    workspace: str
    admin: bool = False

    async def can_read(self, place: Place) -> bool:
        return place.workspace == self.workspace

    async def is_admin(self, place: Place) -> bool:
        return self.admin and place.workspace == self.workspace


def said(number: int, text: str, place: Place = HERE, author: Person = ANA) -> Message:
    return Message(
        str(number), place, author, text, NOON + timedelta(minutes=number), permalink=f"{place.workspace}/{number}"
    )


RECORDS = (
    Channel(HERE, "ops", workspace_name="Harbour"),
    Channel(THERE, "ops", workspace_name="Loft"),
    said(1, "the ferry leaves at nine from the old pier"),
    said(2, "who has the tickets for the ferry?", author=BO),
    said(1, f"the {WORD} leaves at nine from the old tower", THERE),
    said(2, f"who has the papers of the {WORD}?", THERE, BO),
)


@pytest.fixture
async def assistant() -> AsyncIterator[Assistant]:
    async with HistoryThread(None) as history, Core(ECHO) as core:
        await history.run(lambda store: store.add(RECORDS))
        for place in PLACES:
            await history.run(lambda store, place=place: store.turn_on(place, "U9", NOON))
        yield Assistant(Services(core, history, lambda: NOW, ZoneInfo("UTC")))


async def say(
    assistant: Assistant, intent: Intent, place: Place = HERE, who: Person = ANA, *, admin: bool = False, **more: object
) -> Reply:
    given = {"access": Rights(place.workspace, admin), **more}
    return await assistant.handle(Request(intent, place, who, **given))  # type: ignore[arg-type]


async def texts(assistant: Assistant, place: Place) -> list[str]:
    found = await assistant.services.history.run(lambda store: store.window(Scope.of(place), EVERYTHING, NOW))
    return [message.text for message in found]


# What is read


@pytest.mark.parametrize(
    "intent",
    [
        Intent("summarize"), Intent("catchup", window=Window(last=50)), Intent("sentiment"),
        Intent("ask", "what leaves at nine?"), Intent("translate", options={"to": "pt"}, window=Window(last=50)),
    ],
    ids=lambda intent: intent.name,
)  # fmt: skip
async def test_an_answer_and_its_sources_are_of_the_askers_workspace(assistant: Assistant, intent: Intent):
    here, there = [await say(assistant, intent, place, Person("U7", "Cy")) for place in PLACES]
    assert WORD not in repr(here)
    assert "ferry" not in repr(there)
    assert all(source.permalink.startswith("T2/") for source in there.sources if source.permalink)
    if intent.name != "sentiment":  # which tells nothing of so few
        assert "ferry" in repr(here)
        assert WORD in repr(there)


async def test_a_channel_that_is_named_is_one_of_the_same_workspace(assistant: Assistant):
    lane = Place("slack", "T1", "C2")
    typed = Typed("summarise #ops")
    reply = await say(assistant, Intent("help"), lane, Person("U7", "Cy"), typed=typed)
    assert "ferry" in repr(reply)
    assert WORD not in repr(reply)


@pytest.mark.parametrize("words", ["ask everywhere what leaves at nine?", "summarise all channels"])
async def test_every_channel_is_every_channel_of_the_same_workspace(assistant: Assistant, words: str):
    here, there = [
        await say(assistant, Intent("help"), each, Person("U7", "Cy"), typed=Typed(words)) for each in PLACES
    ]
    assert "ferry" in repr(here)
    assert WORD not in repr(here)
    assert WORD in repr(there)
    assert "ferry" not in repr(there)


async def test_what_a_model_made_before_is_used_again_in_its_own_workspace_alone(assistant: Assistant):
    made = Derived("summary", fingerprint(["x"]), "m", "of it")
    history = assistant.services.history
    assert await history.run(lambda store: store.keep_derived(HERE, made, [RECORDS[2]]))  # type: ignore[list-item]
    kept = [
        await history.run(lambda store, place=place: store.derived(Scope.of(place), "summary", made.content, "m"))
        for place in PLACES
    ]
    assert kept == ["of it", None]


async def test_vectors_are_made_of_the_workspaces_own_messages(assistant: Assistant):
    await say(assistant, Intent("ask", "what leaves at nine?"))
    count = """SELECT DISTINCT workspace FROM vector JOIN message ON message.key = vector.message
        JOIN channel ON channel.key = message.channel"""
    assert await assistant.services.history.run(lambda store: store._db.execute(count).fetchall()) == [("T1",)]


async def test_a_question_goes_on_from_one_of_the_same_workspace(assistant: Assistant):
    await say(assistant, Intent("ask", f"who has the papers of the {WORD}?"), THERE)
    now = assistant.services.now()
    for place, before in ((HERE, ""), (THERE, f"who has the papers of the {WORD}?")):
        request = Request(Intent("ask", "and why?"), place, ANA)
        assert assistant.services.followups.continued(request, now).intent.options.get("before", "") == before


async def test_an_edit_or_deletion_with_the_same_id_forgets_no_question_of_another_workspace(assistant: Assistant):
    asked = said(5, "when does it leave?", THERE)
    await say(assistant, Intent("ask", asked.text), THERE, message=asked)
    await assistant.observe(replace(said(5, "other"), edited_at=NOW))
    await assistant.observe(Deleted(HERE, ("5",)))
    await assistant.observe(Gone(replace(HERE, channel="C9")))
    request = Request(Intent("ask", "and why?"), THERE, ANA)
    assert assistant.services.followups.continued(request, NOW).intent.options["before"] == asked.text


# What is decided


async def test_a_channel_is_turned_on_and_off_in_its_own_workspace(assistant: Assistant):
    await say(assistant, Intent("consent", "off"), admin=True)
    assert await texts(assistant, HERE) == []
    assert len(await texts(assistant, THERE)) == 2
    assert [(await assistant.standing(place)).kept for place in PLACES] == [False, True]


async def test_an_administrator_of_one_workspace_decides_nothing_in_another(assistant: Assistant):
    reply = await assistant.handle(Request(Intent("consent", "off"), THERE, ANA, access=Rights("T1", admin=True)))
    assert reply.text.startswith("Only an administrator")


@pytest.mark.parametrize("words", ["follow on", "apps on", "days 7"])
async def test_a_setting_holds_in_its_own_workspace(assistant: Assistant, words: str):
    before = (await say(assistant, Intent("settings"), THERE)).text
    await say(assistant, Intent("settings", words), admin=True)
    assert (await say(assistant, Intent("settings"), THERE)).text == before
    assert (await say(assistant, Intent("settings"))).text != before


async def test_a_language_is_chosen_by_a_person_of_one_workspace(assistant: Assistant):
    await say(assistant, Intent("settings", "language German"))
    read = assistant.services.history.read
    assert [await read(preferences.language, "U1", place.workspace) for place in PLACES] == ["de", ""]
    assert "as you chose" not in (await say(assistant, Intent("settings"), THERE)).text


async def test_the_glossary_is_a_workspaces_own(assistant: Assistant):
    await say(assistant, Intent("glossary", "add ferry = balsa"), admin=True)
    asked = Intent("translate", "The ferry is late.", options={"to": "pt", "from": "en"})
    assert [(await say(assistant, asked, place)).text for place in PLACES] == [
        "[pt] The balsa is late.", "[pt] The ferry is late.",
    ]  # fmt: skip
    await say(assistant, Intent("glossary", "remove ferry"), THERE, admin=True)
    assert len(await assistant.services.history.read(preferences.terms, HERE)) == 1


@pytest.mark.parametrize("name", ["report", "digest"])
async def test_what_comes_round_is_set_shown_and_stopped_in_its_own_workspace(assistant: Assistant, name: str):
    await say(assistant, Intent(name, "weekly mon 9:00"), admin=True)
    assert (await say(assistant, Intent(name), THERE)).text.startswith("No ")
    await say(assistant, Intent(name, "stop"), THERE, admin=True)
    assert [each.place for each in await assistant.services.history.read(schedules.read)] == [HERE]


def test_the_owners_lists_may_name_a_person_of_one_workspace():
    rules = AccessRules(admins=("T1/U1",), rules=(Rule(effect="deny", people=("T2/U1",)),))

    async def told() -> list[str]:
        async with HistoryThread(None) as history, Core(ECHO) as core:
            services = Services(core, history, lambda: NOW, ZoneInfo("UTC"), admins=rules.admins)
            assistant = Assistant(services, rules)
            replies = [await say(assistant, Intent("settings", "follow on"), place) for place in PLACES]
            return [
                reply.text.split(".")[0]
                for reply in (*replies, await say(assistant, Intent("settings", "days 7"), THERE, BO))
            ]

    first, second, third = asyncio.run(told())
    assert first.startswith("- I ")
    assert second == "You may not use settings here"
    assert third == "Only an administrator of this channel can change that"


# What is counted


async def test_a_person_who_asks_too_much_in_one_workspace_is_another_in_the_next(assistant: Assistant):
    for limits in (RateLimits(person=1), RateLimits(channel=1), RateLimits(workspace=1)):
        assistant.limiter = Limiter(limits)
        replies = [await say(assistant, Intent("ask", "what leaves?"), place) for place in (HERE, HERE, THERE)]
        assert ["faster than" in reply.text for reply in replies] == [False, True, False]


async def test_nobody_waits_for_their_namesake_of_another_workspace(assistant: Assistant):
    served: list[str] = []
    async with assistant.turns.turn("slack T1 U1", lambda *_: None):
        await asyncio.wait_for(say(assistant, Intent("ask", "what leaves?"), THERE), 60)
        served.append("there")
    assert served == ["there"]


# What is erased


@pytest.mark.parametrize("words", ["out", "forget yes"])
async def test_who_has_themselves_erased_in_one_workspace_is_another_in_the_next(assistant: Assistant, words: str):
    await assistant.services.history.run(lambda store: store.mark_seen("U1", THERE, NOON))
    reply = await say(assistant, Intent("privacy", words))
    assert "1 message" in reply.text
    assert (len(await texts(assistant, HERE)), len(await texts(assistant, THERE))) == (1, 2)
    for place in PLACES:
        await assistant.observe(replace(said(7, "and another", place), sent_at=NOW - timedelta(minutes=1)))
    assert (len(await texts(assistant, HERE)), len(await texts(assistant, THERE))) == (1, 3)
    assert "1 message of yours" not in (await say(assistant, Intent("privacy"))).text
    assert "2 messages of yours" in (await say(assistant, Intent("privacy"), THERE)).text
    assert await assistant.services.history.run(lambda store: store.seen("U1", THERE)) == NOON


async def test_who_comes_back_comes_back_in_one_workspace(assistant: Assistant):
    for place in PLACES:
        await say(assistant, Intent("privacy", "out"), place)
    await say(assistant, Intent("privacy", "in"))
    assert ["left out" in (await say(assistant, Intent("privacy"), place)).text for place in PLACES] == [False, True]


async def test_the_owner_erases_somebody_everywhere_or_in_one_workspace(assistant: Assistant):
    history = assistant.services.history
    assert (await history.run(lambda store: store.forget("U2", workspace="T2"))).messages == 1
    assert (await history.run(lambda store: store.forget("U1"))).messages == 2
    assert [await texts(assistant, place) for place in PLACES] == [["who has the tickets for the ferry?"], []]


async def test_a_deletion_takes_no_message_and_no_words_of_another_workspace(assistant: Assistant):
    source = (Carried("U1", "1", "C1"),)
    for place in PLACES:
        quoting = replace(said(6, "see: nine from the old pier", place, BO), carried=source, alone="see")
        await assistant.observe(quoting)
    await assistant.observe(Deleted(HERE, ("1",)))
    assert (await texts(assistant, HERE))[-1] == "see"
    assert len(await texts(assistant, THERE)) == 3
    assert (await texts(assistant, THERE))[-1] == "see: nine from the old pier"
    late = replace(said(8, "again: nine from the old pier", THERE, BO), carried=source, alone="again")
    await assistant.observe(late)
    assert (await texts(assistant, THERE))[-1] == late.text


# Verdicts and buttons


async def test_a_verdict_is_given_and_taken_back_where_the_answer_was(assistant: Assistant):
    reply = await say(assistant, Intent("ask", "what leaves at nine?"), public=True)
    (thumb,) = [each.intent for each in reply.actions if each.label == "👍"]
    assert "not at hand" in (await say(assistant, thumb, THERE)).text
    thanks = await say(assistant, thumb)
    assert thanks.text == "Thank you, noted."
    (back,) = [each.intent for each in thanks.actions]
    assert "not at hand" in (await say(assistant, back, THERE)).text
    assert len(await assistant.services.history.run(lambda store: list(store.judged()))) == 1


async def test_what_somebody_forgets_here_is_still_to_be_judged_there(assistant: Assistant):
    reply = await say(assistant, Intent("ask", "what leaves at nine?"), THERE, public=True)
    (thumb,) = [each.intent for each in reply.actions if each.label == "👍"]
    await say(assistant, Intent("privacy", "out"))
    assert (await say(assistant, thumb, THERE)).text == "Thank you, noted."
    await say(assistant, Intent("privacy", "out"))
    assert len(await assistant.services.history.run(lambda store: list(store.judged()))) == 1


async def test_a_button_of_an_old_reply_asks_about_the_place_where_it_is_pressed(assistant: Assistant):
    reply = await say(assistant, Intent("ask", "what leaves at nine?"), THERE, public=True)
    (again,) = [each.intent for each in reply.actions if each.label == "Ask again"]
    assert WORD not in repr(await say(assistant, again))


# Adapters


async def test_who_is_owed_an_answer_is_told_by_the_adapter_of_their_workspace(assistant: Assistant):
    for place in PLACES:
        await assistant.claim(Pending(f"{place.workspace}/message:C1:9", place, ANA, NOW))
    async with FakeSlack(team="T1") as slack:
        slack.add_user("U1", "ana")
        slack.add_channel("C1", "ops", (ME, "U1"), is_channel=True)
        async with serving(slack, assistant):
            await slack.until(lambda: slack.sockets, 60)  # opened once everybody is told
    owed = await assistant.unsettled("slack")
    assert [each.place.workspace for each in owed] == ["T2"]
    assert len(slack.called("chat.postMessage")) == 1


async def test_what_is_said_unasked_is_said_by_the_adapter_of_that_workspace():
    @dataclass
    class Board:
        workspace: str
        connected: bool = True
        name: str = "slack"
        posted: list[Posting] = field(default_factory=list)

        async def run(self, *_: object) -> None: ...

        async def post(self, posting: Posting) -> None:
            if not self.connected:
                raise Unreachable("Slack isn't connected.")
            if posting.place.workspace != self.workspace:
                raise Elsewhere("I am not in that workspace.")
            self.posted.append(posting)

    boards = [Board("T1"), Board("T2")]
    box = Letterbox.of(boards)["slack"]
    await box.post(Posting("k", "line", THERE, Reply("report"), None))
    assert [len(each.posted) for each in boards] == [0, 1]
    boards[1].connected = False
    with pytest.raises(Unreachable):
        await box.post(Posting("k", "line", THERE, Reply("report"), None))
    boards[1].connected = True
    with pytest.raises(Elsewhere):
        await box.post(Posting("k", "line", Place("slack", "T3", "C1"), Reply("report"), None))


def test_ids_are_a_workspaces_own_where_the_platform_says_so():
    assert [realm(Place(name, "W", "C")) for name in ("slack", "discord", "console", "unheard of")] == ["W", "", "", ""]


@asynccontextmanager
async def serving(slack: FakeSlack, assistant: Assistant) -> AsyncIterator[None]:
    adapter = SlackAdapter(slack_settings(slack, clock=QuickClock().clock()))
    task = asyncio.create_task(adapter.run(assistant, commands()))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


# The configuration

TABLES = "".join(f'[[slack]]\nbot_token_env = "{name}"\napp_token_env = "{name}_APP"\n' for name in ("ONE", "TWO"))
SAID = ("chat.postMessage", "chat.update")


@pytest.fixture
def two(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("ONE", "TWO"):
        monkeypatch.setenv(name, f"xoxb-{name}")
        monkeypatch.setenv(f"{name}_APP", f"xapp-{name}")
    file = tmp_path / "config.toml"
    file.write_text(TABLES, encoding="utf-8")
    return file


def test_each_table_is_an_adapter_with_its_own_tokens(two: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PARLEY_SLACK__PACE", "0.5")
    adapters = configured(config.read(two))
    assert [each.settings.bot_token for each in adapters] == ["xoxb-ONE", "xoxb-TWO"]  # type: ignore[attr-defined]
    assert [each.settings.pace for each in adapters] == [0.5, 0.5]  # type: ignore[attr-defined]
    assert "xoxb" not in repr(adapters)


def test_a_token_that_two_tables_have_or_a_variable_gives_to_both_is_refused(
    two: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("TWO_APP", "xapp-ONE")
    with pytest.raises(UsageError, match="have the same token"):
        configured(config.read(two))
    monkeypatch.setenv("PARLEY_SLACK__BOT_TOKEN", "xoxb-3")
    with pytest.raises(UsageError, match="can't say which of several") as refused:
        config.read(two)
    assert "xoxb" not in str(refused.value)


def test_a_mistake_in_a_later_table_names_it(two: Path):
    two.write_text(f"{TABLES}sockets = 99\n", encoding="utf-8")
    with pytest.raises(UsageError, match=r"slack 2\.sockets"):
        configured(config.read(two))


def test_init_leaves_several_tables_alone(two: Path, capsys: pytest.CaptureFixture[str]):
    before = two.read_text(encoding="utf-8")
    assert guarded(app, ["init", "--no-input", "--no-check", "--folder", str(two.parent), "--service", "slack"]) == 2
    assert "several [[slack]] tables" in capsys.readouterr().err
    assert two.read_text(encoding="utf-8") == before


async def test_two_workspaces_are_served_over_their_own_sockets_and_each_answer_goes_home(
    two: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    async with FakeSlack(team="T1", team_name="Harbour") as harbour, FakeSlack(team="T2", team_name="Loft") as loft:
        text = '[models.translate]\nfamily = "echo"\nmodel = "echo"\nsource = "en"\ntarget = "pt"\n'
        for number, slack in enumerate((harbour, loft)):
            slack.add_user("U1", "ana")
            slack.add_channel("C1", "ops", (ME, "U1"), is_channel=True)
            slack.tokens = (f"xoxb-{number}", f"xapp-{number}")
            text += (
                f'[[slack]]\nbase_url = "{slack.base_url}"\npace = 0.0\n'
                f'bot_token_env = "BOT_{number}"\napp_token_env = "APP_{number}"\n'
            )
            monkeypatch.setenv(f"BOT_{number}", f"xoxb-{number}")
            monkeypatch.setenv(f"APP_{number}", f"xapp-{number}")
        await asyncio.to_thread(two.write_text, text, encoding="utf-8")
        running = asyncio.create_task(run_adapters(config.read(two), tmp_path / "history.db", two))
        for slack in (harbour, loft):
            await slack.until(lambda slack=slack: slack.sockets, 60)
        for slack, word in ((harbour, "ferry"), (loft, WORD)):
            await slack.event(slack.mention(f"translate to pt The {word} is late today"))
        for slack, word in ((harbour, "ferry"), (loft, WORD)):
            await slack.until(
                lambda slack=slack, word=word: f"The {word} is late" in str([slack.called(each) for each in SAID]), 60
            )
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    assert WORD not in str(harbour.calls)
    assert "ferry" not in str(loft.calls)
    printed = capsys.readouterr().out
    assert "slack ready: Harbour" in printed
    assert "slack ready: Loft" in printed
