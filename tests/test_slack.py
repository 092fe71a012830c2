"""Slack, line by line as the owner reads it: the real app against a stand-in of Slack on loopback."""

import asyncio
import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from fake_slack import FakeSlack
from fake_slack_api import ME, TEAM
from slack_host import COMMANDS, LedgerHost, QuickClock, running

from adapters.chat import (
    EVERYTHING,
    SILENCE,
    Action,
    Attachment,
    Channel,
    Command,
    Deleted,
    Entrances,
    Event,
    Gone,
    Intent,
    Message,
    Place,
    Progress,
    Reply,
    Request,
    Standing,
    Window,
)
from adapters.errors import Unreadable
from adapters.slack.surfaces.actions import encode
from bot.history import History, Scope

OF_PRIVACY, OF_CHANNEL = Entrances(section="Your privacy"), Entrances(section="This channel", of_channel="only")
FEEDBACK = Command("feedback", "Take feedback.", "verdict", typed=False)


@pytest.fixture
async def slack() -> AsyncIterator[FakeSlack]:
    async with FakeSlack() as fake:
        fake.add_user("U1", "ana", tz="Europe/Lisbon", locale="en-GB")
        fake.add_user("U2", "ben")
        fake.add_channel("C1", "general", (ME, "U1", "U2"), is_channel=True)
        fake.add_channel("C2", "random", (ME,), is_channel=True)
        fake.add_channel("D1", "", (ME, "U1"), is_im=True)
        yield fake


def saying(reply: Reply) -> LedgerHost:
    async def answer(_: Request) -> Reply:
        return reply

    return LedgerHost(answer=answer)


def message(slack: FakeSlack, text: str, channel: str = "C1", user: str = "U1", **more: object) -> dict[str, object]:
    return {
        "type": "message",
        "channel": channel,
        "channel_type": "channel",
        "user": user,
        "ts": slack.ts(),
        "text": text,
        **more,
    }


def text_of(said: dict[str, object]) -> str:
    return str(said["blocks"][0]["text"])  # type: ignore[index]


# Slash commands


async def test_a_slash_command_is_answered_to_the_asker_alone(slack: FakeSlack):
    host = LedgerHost()
    async with running(slack, host):
        await slack.command("/summarize", "last 50")
        await slack.until(lambda: slack.responses)
    assert slack.responses[0]["response_type"] == "ephemeral"
    assert host.requests[0].intent.window.last == 50
    assert not host.requests[0].public


async def test_a_window_is_read_in_the_persons_time_zone(slack: FakeSlack):
    host = LedgerHost()
    async with running(slack, host):
        await slack.command("/summarize", "today")
        await slack.until(lambda: slack.responses)
    since = host.requests[0].intent.window.since
    assert since is not None
    assert since.astimezone(UTC).hour in {23, 0}
    assert host.requests[0].locale == "en-GB"
    assert host.requests[0].zone == ZoneInfo("Europe/Lisbon")


async def test_an_ephemeral_answer_can_be_shared_to_the_channel(slack: FakeSlack):
    host = LedgerHost()
    async with running(slack, host):
        await slack.command("/summarize", "last 5")
        await slack.until(lambda: slack.responses)
        button = slack.responses[0]["blocks"][-1]["elements"][-1]
        assert button["text"]["text"] == "Share to channel"
        await slack.interact("block_actions", {"channel": {"id": "C1"}, "actions": [button]})
        shared = (await slack.posted())[0]
    assert (shared["channel"], text_of(shared)) == ("C1", "summarize:")
    assert "Shared by Ana." in str(shared["blocks"])
    assert host.requests[1].public
    assert host.requests[1].intent.window.until is not None


async def test_what_is_told_to_everyone_at_once_has_no_button_to_share_it(slack: FakeSlack):
    async with running(slack, saying(Reply("I keep this channel.", private=False))):
        await slack.command("/parley", "help")
        posted = (await slack.posted())[0]
    assert "Share" not in str(posted)


async def test_an_answer_about_the_asker_cannot_be_shared(slack: FakeSlack):
    async with running(slack, saying(Reply("About you.", personal=True))):
        await slack.command("/parley", "help")
        await slack.until(lambda: slack.responses)
    assert "Share" not in str(slack.responses[0])


async def test_nonsense_gets_a_usage_line_and_no_work(slack: FakeSlack):
    host = LedgerHost()
    async with running(slack, host):
        await slack.command("/summarize", "purple cat")
        await slack.until(lambda: slack.responses)
    assert "Usage:" in str(slack.responses[0]["blocks"])
    assert host.requests == []


async def test_help_speaks_of_the_commands_as_they_are_typed_here(slack: FakeSlack):
    async with running(slack, saying(Reply("I can `/sentiment [window]` and `/help` and `/ask question`."))):
        await slack.command("/parley")
        await slack.until(lambda: slack.responses)
    assert slack.responses[0]["text"] == "I can `/mood [window]` and `/parley help` and `/ask question`."


# Mentions, direct messages, threads


async def test_a_mention_is_answered_in_its_thread(slack: FakeSlack):
    host = LedgerHost()
    async with running(slack, host):
        mention = slack.mention("what did Ana decide?")
        await slack.event(mention)
        posted = (await slack.posted())[0]
    assert (posted["channel"], posted["thread_ts"]) == ("C1", mention["ts"])
    assert posted["text"] == "ask: what did Ana decide?"
    assert host.requests[0].public
    assert host.requests[0].message is not None
    assert host.requests[0].message.author.name == "Ana"


async def test_a_mention_in_a_thread_may_mean_the_thread(slack: FakeSlack):
    host = LedgerHost()
    async with running(slack, host):
        await slack.event(slack.mention("summarise this thread", thread_ts="1700000000.000100"))
        posted = (await slack.posted())[0]
    assert posted["thread_ts"] == "1700000000.000100"
    assert host.requests[0].intent == Intent("summarize", window=Window(thread="1700000000.000100"))
    assert host.requests[0].place.thread == "1700000000.000100"


async def test_an_answer_about_the_asker_is_whispered_even_to_a_mention(slack: FakeSlack):
    async with running(slack, saying(Reply("I keep 12 messages of yours.", personal=True))):
        await slack.event(slack.mention("privacy"))
        await slack.until(lambda: slack.whispers)
    assert slack.whispers[0]["user"] == "U1"
    assert slack.called("chat.postMessage") == []


async def test_silence_shows_nothing_and_the_next_answer_comes(slack: FakeSlack):
    replies = iter([SILENCE, Reply("here you are")])

    async def answer(_: Request) -> Reply:
        return next(replies)

    async with running(slack, LedgerHost(answer=answer)):
        await slack.event(slack.mention("too much"))
        await slack.event(slack.mention("again"))
        posted = await slack.posted()
    assert [each["text"] for each in posted] == ["here you are"]


async def test_a_direct_message_is_answered_in_place(slack: FakeSlack):
    async with running(slack, LedgerHost()):
        await slack.event(message(slack, "who brings the projector?", "D1", channel_type="im"))
        posted = (await slack.posted())[0]
    assert posted["channel"] == "D1"


async def test_a_thread_goes_on_without_a_mention_where_the_channel_says_so(slack: FakeSlack):
    host = LedgerHost()
    host.decided["C1"] = Standing(follow=True)
    async with running(slack, host):
        mention = slack.mention("what did Ana decide?")
        await slack.event(mention)
        await slack.posted(1)
        await slack.event(message(slack, "and Ben?", user="U2", thread_ts=mention["ts"]))
        posted = await slack.posted(2)
    assert text_of(posted[1]) == "ask: and Ben?"


async def test_a_thread_is_left_alone_where_the_channel_does_not_say_so(slack: FakeSlack):
    host = LedgerHost()
    async with running(slack, host):
        mention = slack.mention("what did Ana decide?")
        await slack.event(mention)
        await slack.posted(1)
        await slack.event(message(slack, "and Ben?", user="U2", thread_ts=mention["ts"]))
        await slack.event(message(slack, "the last one", user="U2"))
        await slack.until(lambda: slack.called("users.info"))
        await asyncio.sleep(0.1)
    assert len(host.requests) == 1


async def test_bots_and_parley_itself_are_never_answered(slack: FakeSlack):
    host = LedgerHost()
    async with running(slack, host):
        await slack.event(slack.mention("hello", user="U9", bot_id="B9"))
        await slack.event(slack.mention("hello", user=ME))
        await slack.event(message(slack, "edited", "D1", channel_type="im", subtype="message_changed"))
        await asyncio.sleep(0.1)
    assert host.requests == []


# The agent's pane: every direct message begins or goes on with a thread


def looking_at(channel: str) -> dict[str, object]:
    return {"entities": [{"type": "slack#/types/channel_id", "value": channel, "team_id": TEAM}]}


def typed(slack: FakeSlack, text: str, **more: object) -> dict[str, object]:
    return message(slack, text, "D1", channel_type="im", **more)


async def test_the_pane_opens_with_prompts_about_the_channel_beside_it(slack: FakeSlack):
    async with running(slack, LedgerHost()):
        opened = {"type": "app_home_opened", "tab": "messages", "user": "U1", "channel": "D1"}
        await slack.event({**opened, "context": looking_at("C1")})
        await slack.posted(1, "assistant.threads.setSuggestedPrompts")
    prompts = slack.called("assistant.threads.setSuggestedPrompts")[0]["prompts"]
    assert [prompt["title"] for prompt in prompts][:2] == ["Summarise #general", "How is the mood in #general?"]


async def test_the_pane_speaks_of_the_channel_beside_it_and_its_thread_gets_a_title(slack: FakeSlack):
    host = LedgerHost()
    async with running(slack, host):
        await slack.event({"type": "app_context_changed", "user": "U1", "channel": "D1", "context": looking_at("C1")})
        first = typed(slack, "summarize today")
        await slack.event(first)
        posted = (await slack.posted())[0]
        await slack.until(lambda: slack.sessions["D1", str(first["ts"])]["status"] == "active")
    assert (posted["channel"], posted["thread_ts"]) == ("D1", first["ts"])
    assert host.requests[0].place.channel == "C1"
    assert not host.requests[0].public
    assert slack.sessions["D1", str(first["ts"])]["title"] == "summarize today"


async def test_a_message_in_the_pane_brings_along_what_is_beside_it(slack: FakeSlack):
    host = LedgerHost()
    async with running(slack, host):
        await slack.event({"type": "app_context_changed", "user": "U1", "channel": "D1", "context": looking_at("C1")})
        await slack.event(typed(slack, "summarize today", thread_ts="1.1", app_context=looking_at("C2")))
        await slack.posted(1)
        await slack.event(typed(slack, "summarize today", thread_ts="1.1", app_context={}))
        await slack.posted(2)
    assert [request.place.channel for request in host.requests] == ["C2", "D1"]


async def test_long_work_shows_its_stage_in_the_pane_and_then_streams(slack: FakeSlack):
    async def answer(request: Request) -> Reply:
        await slack.until(lambda: slack.sessions.get(("D1", "1.1"), {}).get("status") == "processing")
        request.progress(Progress("Reading", 120, 500))
        await slack.posted(1, "chat.startStream")
        request.text("The venue is fixed. ")
        await slack.posted(1, "chat.appendStream")
        request.text("Ana booked it. ")
        await slack.posted(2, "chat.appendStream")
        return Reply("The venue is fixed. Ana booked it.")

    async with running(slack, LedgerHost(answer=answer), show_after=0.05, show_every=0.1):
        await slack.event(typed(slack, "what about the venue?", thread_ts="1.1"))
        await slack.posted(1, "chat.update")
        await slack.until(lambda: slack.sessions["D1", "1.1"]["status"] == "active")
    (stage,) = slack.called("chat.startStream")[0]["chunks"]
    assert (stage["type"], stage["title"], stage["status"]) == ("task_update", "Reading 120 of 500", "in_progress")
    assert [call["chunks"][0]["text"] for call in slack.called("chat.appendStream")] == [
        "The venue is fixed. ",
        "Ana booked it. ",
    ]
    assert slack.messages["D1"][-1]["text"] == "The venue is fixed. Ana booked it."
    assert slack.called("chat.postMessage") == []


async def test_a_workspace_without_agents_is_answered_in_the_thread_all_the_same(slack: FakeSlack):
    slack.streams = False
    slack.fail("agents.sessions.setStatus", error="feature_disabled", times=9)
    async with running(slack, LedgerHost()):
        first = typed(slack, "who goes there?")
        await slack.event(first)
        posted = (await slack.posted())[0]
    assert (posted["thread_ts"], posted["text"]) == (first["ts"], "ask: who goes there?")


async def test_slacks_own_stop_button_stops_the_work_of_the_asker(slack: FakeSlack):
    async def answer(request: Request) -> Reply:
        request.text("The venue is fixed. ")
        await asyncio.Event().wait()
        return Reply("never")

    async with running(slack, LedgerHost(answer=answer), show_after=0.01, show_every=0.01):
        await slack.event(typed(slack, "what about the venue?", thread_ts="1.1"))
        await slack.posted(1, "chat.startStream")
        stopped = {"type": "agent_session_stopped", "channel": "D1", "thread_ts": "1.1"}
        await slack.event({**stopped, "user": "U2", "streaming_message_ts": []})
        await slack.event({**stopped, "user": "U1", "streaming_message_ts": slack.stop_streams("D1")})
        await slack.posted(1, "chat.update")
        await slack.until(lambda: slack.sessions["D1", "1.1"]["status"] == "active")
    assert slack.messages["D1"][-1]["text"] == "Stopped."


# Long work in threads


async def test_long_work_in_a_thread_can_be_cancelled_by_the_asker_alone(slack: FakeSlack):
    stopped: list[str] = []

    async def answer(_: Request) -> Reply:
        try:
            await asyncio.Event().wait()
        finally:
            stopped.append("yes")
        return Reply("never")

    async with running(slack, LedgerHost(answer=answer), show_after=0.01, show_every=0.01):
        await slack.event(slack.mention("summarise"))
        stage = (await slack.posted())[0]
        payload = {"channel": {"id": "C1"}, "actions": [stage["blocks"][-1]["elements"][0]]}
        await slack.interact("block_actions", {**payload, "user": {"id": "U2"}})
        await slack.until(lambda: slack.whispers)
        assert not stopped
        await slack.interact("block_actions", payload)
        await slack.posted(1, "chat.update")
    assert stopped == ["yes"]
    assert text_of(slack.called("chat.update")[-1]) == "Stopped."


# Shortcuts


async def shortcut(slack: FakeSlack, callback: str, **more: object) -> None:
    said = {"type": "message", "user": "U2", "ts": "2.2", "text": "olá", "thread_ts": "1.1"}
    payload = {"callback_id": callback, "channel": {"id": "C1"}, "message": said, "response_url": slack.response_url()}
    await slack.interact("message_action", {**payload, **more})


async def test_the_shortcut_summarises_a_thread_for_the_asker(slack: FakeSlack):
    host = LedgerHost()
    async with running(slack, host):
        await shortcut(slack, "summarize_thread")
        await slack.until(lambda: slack.responses)
    assert host.requests[0].intent == Intent("summarize", window=Window(thread="1.1"))
    assert slack.responses[0]["response_type"] == "ephemeral"


async def test_the_shortcut_translates_a_message_for_the_asker(slack: FakeSlack):
    host = LedgerHost()
    async with running(slack, host):
        await shortcut(slack, "translate_message")
        await slack.until(lambda: slack.responses)
    assert host.requests[0].intent == Intent("translate", "olá")
    assert host.requests[0].locale == "en-GB"
    assert host.requests[0].message is not None
    assert host.requests[0].message.author.name == "Ben"


async def test_the_shortcut_asks_about_a_thread_in_a_form(slack: FakeSlack):
    host = LedgerHost()
    async with running(slack, host):
        await shortcut(slack, "ask_thread")
        await slack.until(lambda: slack.modals)
        view = {**slack.modals[0], "state": {"values": {"words": {"words": {"value": "who decided?"}}}}}
        await slack.interact("view_submission", {"view": view})
        await slack.until(lambda: slack.responses)
    assert host.requests[0].intent == Intent("ask", "who decided?", Window(thread="1.1"))


async def test_the_global_shortcut_picks_a_channel_and_answers_directly(slack: FakeSlack):
    host = LedgerHost()
    async with running(slack, host):
        await slack.interact("shortcut", {"callback_id": "pick_channel"})
        await slack.until(lambda: slack.modals)
        values = {
            "channel": {"channel": {"selected_conversation": "C2"}},
            "command": {"command": {"selected_option": {"value": "summarize"}}},
            "words": {"words": {"value": "last 9"}},
        }
        await slack.interact("view_submission", {"view": {**slack.modals[0], "state": {"values": values}}})
        posted = (await slack.posted())[0]
    assert (host.requests[0].place.channel, host.requests[0].intent.window.last) == ("C2", 9)
    assert posted["channel"] == "DU1"


# Reactions


async def react(
    slack: FakeSlack, name: str, ts: str, user: str = "U1", author: str = "U2", *, removed: bool = False
) -> None:
    item, kind = {"type": "message", "channel": "C1", "ts": ts}, "reaction_removed" if removed else "reaction_added"
    await slack.event({"type": kind, "reaction": name, "user": user, "item": item, "item_user": author})


async def test_a_flag_posts_one_translation_however_many_people_want_it(slack: FakeSlack):
    slack.keep("C1", {"user": "U2", "ts": "5.5", "text": "good morning"})
    host = LedgerHost()
    async with running(slack, host):
        for user in ("U1", "U2", "U1"):
            await react(slack, "flag-pt", "5.5", user)
        posted = await slack.posted(1)
        await react(slack, "flag-de", "5.5")
        await slack.posted(2)
        slack.messages["C1"][0]["edited"] = {"ts": "6.6", "user": "U2"}
        await react(slack, "flag-br", "5.5")
        await slack.posted(3)
    assert (posted[0]["channel"], posted[0]["thread_ts"]) == ("C1", "5.5")
    assert [request.intent.options["to"] for request in host.requests] == ["pt", "de", "pt"]
    assert host.requests[0].intent.argument == "good morning"


async def test_a_flag_in_a_thread_finds_the_reply_it_is_on(slack: FakeSlack):
    slack.keep("C1", {"user": "U2", "ts": "5.5", "text": "root", "reply_count": 1})
    slack.keep("C1", {"user": "U2", "ts": "5.6", "text": "bom dia", "thread_ts": "5.5"})
    host = LedgerHost()
    async with running(slack, host):
        await react(slack, "gb", "5.6")
        posted = await slack.posted(1)
    assert posted[0]["thread_ts"] == "5.5"
    assert host.requests[0].intent.argument == "bom dia"


THUMBS = tuple(
    Action(label, Intent("feedback", word, options={"reply": "token"}))
    for label, word in (("👍", "up"), ("👎", "down"))
)


async def test_a_thumb_under_an_answer_is_a_verdict_on_it_until_it_is_taken_back(slack: FakeSlack):
    host = saying(Reply("At noon.", actions=THUMBS))
    async with running(slack, host, (*COMMANDS, FEEDBACK)):
        await slack.event(slack.mention("when does it leave?"))
        await slack.posted(1)
        answer = slack.messages["C1"][-1]["ts"]
        for name, removed in (("+1::skin-tone-2", False), ("+1", True), ("-1", False), ("tada", False)):
            await react(slack, name, answer, author=ME, removed=removed)
        await slack.until(lambda: len(host.requests) == 4)
    verdicts = host.requests[1:]
    assert [each.intent.argument for each in verdicts] == ["up", "not up", "down"]
    assert {(each.intent.name, each.intent.options["reply"], each.asker.id) for each in verdicts} == {
        ("feedback", "token", "U1")
    }
    assert await verdicts[0].access.can_read(verdicts[0].place) is True
    assert slack.whispers == []  # the thumb itself is to be seen
    assert len(slack.messages["C1"]) == 1


async def test_a_thumb_under_what_nobody_can_judge_asks_for_nothing(slack: FakeSlack):
    host = LedgerHost()
    async with running(slack, host, (*COMMANDS, FEEDBACK)):
        await slack.event(slack.mention("when does it leave?"))
        await slack.posted(1)
        await react(slack, "+1", slack.messages["C1"][-1]["ts"], author=ME)
        await slack.event(slack.mention("who goes there?"))
        await slack.posted(2)
    assert [each.intent.name for each in host.requests] == ["ask", "ask"]


async def test_a_private_answer_has_slack_s_own_buttons_for_a_verdict(slack: FakeSlack):
    host = saying(Reply("At noon.", actions=(*THUMBS, Action("Ask again", Intent("ask", "when?")))))
    async with running(slack, host, (*COMMANDS, FEEDBACK)):
        await slack.command("/ask", "when?")
        await slack.until(lambda: slack.responses)
        row, thumbs = slack.responses[0]["blocks"][-2:]
        assert [each["text"]["text"] for each in row["elements"]] == ["Ask again", "Share to channel"]
        (element,) = thumbs["elements"]
        pressed = {**element, "value": element["negative_button"]["value"]}
        await slack.interact("block_actions", {"channel": {"id": "C1"}, "actions": [pressed]})
        await slack.until(lambda: len(host.requests) == 2)
    assert (thumbs["type"], element["type"]) == ("context_actions", "feedback_buttons")
    assert element["positive_button"]["accessibility_label"] == "A good answer"
    assert host.requests[1].intent == Intent("feedback", "down", options={"reply": "token"})


# App Home


async def test_app_home_is_made_of_the_commands_there_are(slack: FakeSlack):
    async def answer(request: Request) -> Reply:
        if request.intent.name == "privacy":
            return Reply("I keep **12** messages.", actions=(Action("Forget me", Intent("privacy", "forget")),))
        return Reply(f"{request.intent.name} says so")

    commands = (*COMMANDS, Command("privacy", "What is stored.", "what", entrances=OF_PRIVACY))
    host = LedgerHost(answer=answer)
    async with running(slack, host, commands):
        await slack.event({"type": "app_home_opened", "tab": "home", "user": "U1", "channel": "D1"})
        await slack.until(lambda: slack.views)
        shown = str(slack.views["U1"])
        assert "I keep *12* messages." in shown
        assert "Connected to Harbour since" in shown
        assert "Language and settings" not in shown
        button = next(block for block in slack.views["U1"]["blocks"] if block["type"] == "actions")["elements"][0]
        await slack.interact("block_actions", {"view": slack.views["U1"], "actions": [button]})
        await slack.until(lambda: len(slack.called("views.publish")) == 2)
    assert [request.intent.argument for request in host.requests if request.intent.name == "privacy"] == [
        "",
        "forget",
        "",
    ]


async def test_app_home_shows_the_consent_of_a_chosen_channel(slack: FakeSlack):
    host = LedgerHost()
    async with running(slack, host, (*COMMANDS, Command("consent", "Turn a channel on.", entrances=OF_CHANNEL))):
        await slack.event({"type": "app_home_opened", "tab": "home", "user": "U1", "channel": "D1"})
        await slack.until(lambda: slack.views)
        chosen = {"action_id": "parley.home.channel", "selected_conversation": "C2"}
        await slack.interact("block_actions", {"view": slack.views["U1"], "actions": [chosen]})
        await slack.until(lambda: len(slack.called("views.publish")) == 2)
    places = [request.place.channel for request in host.requests if request.intent.name == "consent"]
    assert places == ["C2"]


async def test_a_decision_made_in_app_home_is_told_in_its_channel(slack: FakeSlack):
    async def answer(request: Request) -> Reply:
        if request.intent.argument == "on":
            return Reply("Ana turned me on here.", private=False)
        return Reply("Off.", actions=(Action("Turn on", Intent("consent", "on")),))

    async with running(
        slack, LedgerHost(answer=answer), (Command("consent", "Turn a channel on.", "on or off", entrances=OF_CHANNEL),)
    ):
        chosen = {"action_id": "parley.home.channel", "selected_conversation": "C2"}
        await slack.interact("block_actions", {"view": {"type": "home"}, "actions": [chosen]})
        await slack.until(lambda: slack.views)
        button = next(block for block in slack.views["U1"]["blocks"] if block["type"] == "actions")["elements"][0]
        await slack.interact("block_actions", {"view": slack.views["U1"], "actions": [button]})
        told = (await slack.posted())[0]
    assert (told["channel"], told["text"]) == ("C2", "Ana turned me on here.")


# Ingestion by events


async def test_events_of_a_channel_are_observed(slack: FakeSlack):
    host = LedgerHost()
    async with running(slack, host):
        first = message(slack, "ship it &lt;@U2&gt; <@U2>", ts="1700000000.000100")
        await slack.event(first)
        edit = {**first, "text": "ship it today", "edited": {"ts": "1700000005.000100", "user": "U1"}}
        await slack.event(
            {"type": "message", "subtype": "message_changed", "channel": "C1", "message": edit, "ts": slack.ts()}
        )
        await slack.event(
            {"type": "message", "subtype": "message_deleted", "channel": "C1", "deleted_ts": "1.5", "ts": slack.ts()}
        )
        await slack.event({"type": "channel_rename", "channel": {"id": "C1", "name": "harbour"}})
        await slack.event({"type": "channel_left", "channel": "C2"})
        await slack.until(lambda: len(host.events) >= 6)
    messages = [event for event in host.events if isinstance(event, Message)]
    assert {each.text for each in messages} == {"ship it <@U2> @Ben", "ship it today"}
    assert {each.author.name for each in messages} == {"Ana"}
    assert [each.ids for each in host.events if isinstance(each, Deleted)] == [("1.5",)]
    assert {each.name for each in host.events if isinstance(each, Channel)} == {"general", "harbour"}
    assert [each.place.channel for each in host.events if isinstance(each, Gone)] == ["C2"]


async def test_a_deleted_root_and_a_broadcast_and_a_file_are_understood(slack: FakeSlack):
    host = LedgerHost()
    async with running(slack, host):
        gone = {
            "type": "message",
            "subtype": "tombstone",
            "ts": "1.5",
            "user": "USLACKBOT",
            "text": "This message was deleted.",
        }
        await slack.event(
            {"type": "message", "subtype": "message_changed", "channel": "C1", "message": gone, "ts": slack.ts()}
        )
        await slack.event(message(slack, "for all", subtype="thread_broadcast", thread_ts="1.5"))
        await slack.event(message(slack, "", subtype="file_share", files=[{"name": "plan.pdf"}]))
        await slack.until(lambda: len(host.events) >= 4)
    assert Deleted(host.events[0].place, ("1.5",)) in host.events
    texts = {event.text for event in host.events if isinstance(event, Message)}
    assert texts == {"for all", "[file: plan.pdf]"}


async def test_what_people_write_to_parley_alone_is_not_recorded(slack: FakeSlack):
    host = LedgerHost()
    async with running(slack, host):
        await slack.event(message(slack, "between us", "D1", channel_type="im"))
        await slack.posted(1)
    assert host.events == []


async def test_what_is_said_to_parley_is_no_record_nor_what_an_edit_turns_into_that(slack: FakeSlack):
    host = LedgerHost()
    async with running(slack, host):
        said = message(slack, "what did we decide?", ts="1700000000.000100")
        asked = {**said, "text": f"<@{ME}> what did we decide?", "edited": {"user": "U1", "ts": "1700000005.000100"}}
        await slack.event(message(slack, f"<@{ME}> who is on call?"))
        await slack.event(said)
        await slack.event(
            {"type": "message", "subtype": "message_changed", "channel": "C1", "message": asked, "ts": slack.ts()}
        )
        await slack.until(lambda: any(isinstance(event, Deleted) for event in host.events))
    assert [each.text for each in host.events if isinstance(each, Message)] == ["what did we decide?"]
    assert [each.ids for each in host.events if isinstance(each, Deleted)] == [("1700000000.000100",)]


EVENTS = {
    "message": {"ts": "1700000001.000100", "text": "ship it"},
    "edit": {
        "subtype": "message_changed",
        "ts": "1700000008.000100",
        "message": {
            "ts": "1700000001.000100", "user": "U1", "text": "ship it today",
            "edited": {"user": "U1", "ts": "1700000008.000000"},
        },
    },
    "root": {"ts": "1700000002.000100", "text": "who goes?"},
    "reply": {"ts": "1700000003.000100", "text": "I do", "thread_ts": "1700000002.000100"},
    "broadcast": {
        "ts": "1700000004.000100", "text": "for all", "thread_ts": "1700000002.000100", "subtype": "thread_broadcast",
    },
    "file": {"ts": "1700000005.000100", "text": "", "subtype": "file_share", "files": [{"name": "plan.pdf"}]},
    "join": {"ts": "1700000006.000100", "text": "<@U1> has joined the channel", "subtype": "channel_join"},
    "gone": {"ts": "1700000007.000100", "text": "never mind"},
    "deletion": {"subtype": "message_deleted", "ts": "1700000009.000100", "deleted_ts": "1700000007.000100"},
}  # fmt: skip


@pytest.mark.parametrize("seed", range(3))
async def test_events_in_any_order_and_more_than_once_leave_the_same_record(slack: FakeSlack, seed: int):
    with History.open(None) as history:
        host, place = LedgerHost(), Place("slack", TEAM, "C1")
        history.turn_on(place, "U1", datetime(2023, 11, 1, tzinfo=UTC), days=36_500)

        async def observe(event: Event) -> None:
            history.observe(event, datetime.now(UTC))
            host.events.append(event)

        host.observe = observe  # type: ignore[method-assign]
        events = [{**message(slack, ""), **event} for event in EVENTS.values() for _ in range(3)]
        random.Random(seed).shuffle(events)
        async with running(slack, host):
            for event in events:
                await slack.event(event)
            await slack.until(lambda: len(host.events) >= len(events) + 1)
        kept = history.window(Scope.of(place), EVERYTHING, datetime.now(UTC))
    assert [(each.text, each.place.thread) for each in kept] == [
        ("ship it today", None),
        ("who goes?", None),
        ("I do", "1700000002.000100"),
        ("for all", "1700000002.000100"),
        ("[file: plan.pdf]", None),
        ("@Ana has joined the channel", None),
    ]


# Output


async def test_a_chart_goes_up_with_its_description(slack: FakeSlack):
    chart = Attachment("mood.png", b"\x89PNG", "image/png", "Mood of #general: mostly calm")
    async with running(slack, saying(Reply("Calm.", files=(chart,)))):
        await slack.event(slack.mention("how's the mood?"))
        await slack.posted(1, "files.completeUploadExternal")
    uploaded = next(iter(slack.files.values()))
    assert (uploaded["name"], uploaded["alt_txt"]) == ("mood.png", "Mood of #general: mostly calm")
    assert (uploaded["content"], uploaded["channel"]) == (b"\x89PNG", "C1")


async def test_nothing_said_mentions_anybody_or_unfurls(slack: FakeSlack):
    async with running(slack, saying(Reply("Hey <!channel> @here <@U2>, see https://evil.example/x"))):
        await slack.event(slack.mention("hello there"))
        posted = (await slack.posted())[0]
    assert "<!channel>" not in str(posted)
    assert "<@U2>" not in str(posted)
    assert "@here" not in str(posted)
    assert "`https://evil.example/x`" in posted["text"]
    assert (posted["unfurl_links"], posted["unfurl_media"]) == (False, False)


async def test_an_answer_of_100_000_characters_arrives_as_a_file(slack: FakeSlack):
    async with running(slack, saying(Reply("word " * 20_000))):
        await slack.event(slack.mention("tell me everything"))
        await slack.posted(1, "files.completeUploadExternal")
    assert len(slack.called("chat.postMessage")) == 2
    assert next(iter(slack.files.values()))["content"] == b"word " * 20_000


async def test_a_used_up_response_url_falls_back_to_a_message(slack: FakeSlack):
    async with running(slack, LedgerHost()):
        url = slack.response_url()
        slack.use_up(url)
        await slack.command("/summarize", "last 5", response_url=url)
        await slack.until(lambda: slack.whispers)
    assert slack.whispers[0]["user"] == "U1"


async def test_where_nobody_can_be_whispered_to_the_answer_comes_directly(slack: FakeSlack):
    async with running(slack, LedgerHost()):
        url = slack.response_url()
        slack.use_up(url)
        await slack.command("/summarize", "last 5", response_url=url, channel_id="C404")
        posted = (await slack.posted())[0]
    assert posted["channel"] == "DU1"


async def test_in_a_thread_the_text_streams_in_place_of_the_stage(slack: FakeSlack):
    async def answer(request: Request) -> Reply:
        request.progress(Progress("Reading", 120, 500))
        await slack.posted(1)
        request.text("The venue is fixed. ")
        await slack.posted(1, "chat.startStream")
        return Reply("The venue is fixed.")

    async with running(slack, LedgerHost(answer=answer), show_after=0.05, show_every=0.05):
        mention = slack.mention("what about the venue?")
        await slack.event(mention)
        await slack.posted(1, "chat.update")
    assert slack.called("chat.startStream")[0]["recipient_user_id"] == "U1"
    (left,) = slack.messages["C1"]
    assert (left["thread_ts"], left["text"]) == (mention["ts"], "The venue is fixed.")


async def test_a_stream_that_slack_closes_after_five_minutes_goes_on_by_rewriting_the_message(slack: FakeSlack):
    sentences = [f"Sentence {number} of the answer. " for number in range(20)]  # a minute each

    async def answer(request: Request) -> Reply:
        for minute, sentence in enumerate(sentences):
            slack.elapsed = lambda minute=minute: minute * 60.0
            request.text(sentence)
            await slack.until(lambda: slack.messages["C1"] and sentence.strip() in slack.messages["C1"][-1]["text"])  # noqa: B023
        return Reply("".join(sentences).strip())

    clock = QuickClock().clock()
    async with running(slack, LedgerHost(answer=answer), clock=clock, show_after=1.0, show_every=5.0):
        mention = slack.mention("what about the venue?")
        await slack.event(mention)
        await slack.until(lambda: slack.sessions.get(("C1", mention["ts"]), {}).get("status") == "active")
    assert slack.messages["C1"][-1]["text"].endswith("19 of the answer.")
    assert len(slack.called("chat.startStream")) == 1
    assert len(slack.called("chat.appendStream")) == 5  # the last of them is refused
    assert len(slack.called("chat.update")) >= 15
    assert slack.called("chat.postMessage") == []
    assert len(slack.messages["C1"]) == 1


async def test_an_answer_that_outgrows_a_message_streams_what_fits_and_is_whole_at_the_end(slack: FakeSlack):
    async def answer(request: Request) -> Reply:
        for number in range(4):
            request.text("word " * 799 + "end. ")
            await slack.until(lambda: len(slack.messages["C1"]) == 1)
            await asyncio.sleep(0.1 * (number < 3))
        return Reply(("word " * 799 + "end. ") * 4)

    async with running(slack, LedgerHost(answer=answer), show_after=0.01, show_every=0.02):
        await slack.event(slack.mention("tell me everything"))
        await slack.until(lambda: len(slack.messages["C1"]) == 2)
    assert "".join(text_of(each) for each in slack.messages["C1"]).count("word") == 4 * 799


async def test_where_slack_has_no_streams_the_message_grows_by_being_rewritten(slack: FakeSlack):
    slack.streams = False
    clock = QuickClock()

    async def answer(request: Request) -> Reply:
        request.text("The venue is fixed. ")
        await slack.posted(1)
        await clock.sleep(5.0)
        request.text("Ana booked it. ")
        await slack.posted(1, "chat.update")
        return Reply("The venue is fixed. Ana booked it. Done.")

    async with running(slack, LedgerHost(answer=answer), clock=clock.clock(), show_after=0.1, show_every=0.1):
        await slack.event(slack.mention("what about the venue?"))
        await slack.posted(2, "chat.update")
    assert slack.messages["C1"][-1]["text"] == "The venue is fixed. Ana booked it. Done."


async def test_an_answer_for_one_person_is_not_streamed(slack: FakeSlack):
    async def answer(request: Request) -> Reply:
        request.text("The venue is fixed. ")
        await asyncio.sleep(0.1)
        return Reply("The venue is fixed.")

    async with running(slack, LedgerHost(answer=answer), show_after=0.01, show_every=0.01):
        await slack.command("/ask", "what about the venue?")
        await slack.until(lambda: any(response["text"] == "The venue is fixed." for response in slack.responses))
    assert len(slack.responses) <= 2
    assert slack.called("chat.startStream") == slack.called("chat.postMessage") == []


async def test_the_stage_of_a_note_is_replaced_by_its_answer(slack: FakeSlack):
    async def answer(request: Request) -> Reply:
        request.progress(Progress("Reading"))
        await slack.until(lambda: slack.responses)
        return Reply("The venue is fixed.")

    async with running(slack, LedgerHost(answer=answer), show_after=0.01, show_every=0.01):
        await slack.command("/ask", "what about the venue?")
        await slack.until(lambda: len(slack.responses) == 2)
    assert [response["replace_original"] for response in slack.responses] == [False, True]


# What this version doesn't know


async def test_an_unknown_command_gets_a_polite_answer(slack: FakeSlack):
    async with running(slack, LedgerHost()):
        await slack.command("/frobnicate", "now")
        await slack.until(lambda: slack.responses)
    assert "I don't know the command `/frobnicate`." in slack.responses[0]["text"]


async def test_an_unknown_shortcut_gets_a_polite_answer(slack: FakeSlack):
    async with running(slack, LedgerHost()):
        await shortcut(slack, "frobnicate")
        await slack.until(lambda: slack.responses)
        await slack.interact("shortcut", {"callback_id": "frobnicate"})
        await slack.posted(1)
    assert "I don't know" in slack.responses[0]["text"]


@pytest.mark.parametrize("action", [{"action_id": "frobnicate"}, {"action_id": "parley.do.0", "value": "{}"}])
async def test_an_unknown_button_gets_a_polite_answer(slack: FakeSlack, action: dict[str, str]):
    async with running(slack, LedgerHost()):
        payload = {"channel": {"id": "C1"}, "actions": [action], "response_url": slack.response_url()}
        await slack.interact("block_actions", payload)
        await slack.until(lambda: slack.responses)
    assert "earlier version" in slack.responses[0]["text"]


async def test_a_button_works_after_a_restart(slack: FakeSlack):
    value = encode(Intent("ask", "who?"))
    host = LedgerHost()
    async with running(slack, host):
        action = {"action_id": "parley.do.0", "value": value}
        payload = {"channel": {"id": "C1"}, "actions": [action], "response_url": slack.response_url()}
        await slack.interact("block_actions", payload)
        await slack.until(lambda: slack.responses)
    assert host.requests[0].intent == Intent("ask", "who?")


# Access, asked now


async def test_who_may_read_and_administer_is_asked_of_slack(slack: FakeSlack):
    slack.add_channel("C3", "secret", (ME, "U2"), is_channel=True, is_private=True)
    slack.add_user("U3", "boss", is_admin=True)
    seen: list[tuple[bool, bool, bool, bool]] = []

    async def answer(request: Request) -> Reply:
        assert request.access is not None
        place = request.place
        secret = type(place)("slack", place.workspace, "C3")
        seen.append(
            (
                await request.access.can_read(place),
                await request.access.can_read(secret),
                await request.access.can_read(type(place)("slack", "T9", "C1")),
                await request.access.is_admin(place),
            )
        )
        return Reply("ok")

    async with running(slack, LedgerHost(answer=answer)):
        for user in ("U1", "U2", "U3"):
            await slack.command("/ask", "who?", user_id=user)
            await slack.until(lambda: len(slack.responses) == len(seen) and len(seen) > 0)
        await slack.until(lambda: len(slack.responses) == 3)
        slack.members["C3"].remove("U2")
        slack.fail("conversations.members", error="fatal_error", skip=0)
        await slack.command("/ask", "who?", user_id="U2")
        await slack.until(lambda: len(slack.responses) == 4)
    assert sorted(seen[:3]) == [(True, False, False, False), (True, False, False, True), (True, True, False, False)]
    assert seen[3] == (True, False, False, False)


async def test_the_reader_of_a_channel_that_parley_is_not_in_says_what_to_do(slack: FakeSlack):
    said: list[str] = []

    async def answer(request: Request) -> Reply:
        try:
            [_ async for _ in request.fetch(Window(last=3))]
        except Exception as error:  # noqa: BLE001 - the test looks at any
            said.append(f"{error} {error.remedy}")  # type: ignore[attr-defined]
        return Reply("ok")

    slack.add_channel("C4", "elsewhere", ("U1",), is_channel=True)
    async with running(slack, LedgerHost(answer=answer)):
        await slack.command("/summarize", channel_id="C4")
        await slack.until(lambda: slack.responses)
    assert said == ["I can't read this channel. Add me to it: type /invite and my name there, then ask again."]


async def test_a_permission_that_slack_did_not_grant_is_told_to_whoever_asks(slack: FakeSlack):
    slack.scopes = slack.scopes.replace("channels:history,", "")
    said: list[str] = []

    async def answer(request: Request) -> Reply:
        try:
            [_ async for _ in request.fetch(Window(last=3))]
        except Unreadable as error:
            said.append(f"{error} {error.remedy}")
        return Reply("ok")

    async with running(slack, LedgerHost(answer=answer)):
        await slack.command("/summarize")
        await slack.until(lambda: slack.responses)
    assert "`parley slack check`" in said[0]


async def test_the_reader_brings_a_window_with_its_replies(slack: FakeSlack):
    slack.keep(
        "C1",
        {
            "user": "U1",
            "ts": "1700000001.000000",
            "text": "root",
            "reply_count": 1,
            "latest_reply": "1700000002.000000",
        },
    )
    slack.keep("C1", {"user": "U2", "ts": "1700000002.000000", "text": "reply", "thread_ts": "1700000001.000000"})
    slack.keep("C1", {"user": "U2", "ts": "1700000003.000000", "text": "later"})
    found: list[Message] = []

    async def answer(request: Request) -> Reply:
        found.extend(
            [each async for each in request.fetch(Window(until=datetime(2023, 11, 14, 22, 13, 22, tzinfo=UTC)))]
        )
        return Reply("ok")

    async with running(slack, LedgerHost(answer=answer)):
        await slack.command("/summarize")
        await slack.until(lambda: slack.responses)
    assert [each.text for each in found] == ["root", "reply"]
