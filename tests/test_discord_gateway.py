"""The gateway and the REST API as they fail: the real client against a stand-in of Discord on loopback."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from discord_host import connected, settings
from fake_discord import FakeDiscord
from fake_discord_data import ANA, APP, BEN, GENERAL, ROLE
from slack_host import COMMANDS, LedgerHost

from adapters.chat import Progress, Reply, Request
from adapters.clock import Clock
from adapters.discord.wire.client import Client
from adapters.discord.wire.gateway import pause
from adapters.errors import ServiceStopped
from adapters.platform.replies import UNSENT


async def hurry(_: float) -> None:
    await asyncio.sleep(0.001)


async def host_is_settled(path: Path) -> bool:
    return await LedgerHost(path).unsettled("discord") == ()


IMPATIENT = Clock(sleep=hurry)
MENTION = f"<@{APP}>"


@pytest.fixture
async def discord() -> AsyncIterator[FakeDiscord]:
    async with FakeDiscord() as fake:
        yield fake


async def test_a_mention_is_answered_over_the_real_wire(discord: FakeDiscord):
    host = LedgerHost()
    async with connected(discord, host):
        asked = await discord.say(ANA, f"{MENTION} what did Ben decide?")
        await discord.until(discord.said)
    answer = discord.said()[0]
    assert answer["content"] == "ask: what did Ben decide?"
    assert str(answer["message_reference"]["message_id"]) == asked["id"]
    assert answer["allowed_mentions"]["parse"] == []


async def test_the_same_message_three_times_gives_one_reply(discord: FakeDiscord):
    host = LedgerHost()
    async with connected(discord, host):
        asked = await discord.say(ANA, f"{MENTION} who is here?")
        for _ in range(2):
            await discord.dispatch("MESSAGE_CREATE", asked)
        await discord.say(ANA, f"{MENTION} who is last?")
        await discord.until(lambda: any(one["content"] == "ask: who is last?" for one in discord.said()))
    assert [one["content"] for one in discord.said()] == ["ask: who is here?", "ask: who is last?"]


async def test_a_malformed_frame_costs_no_event(discord: FakeDiscord):
    host = LedgerHost()
    async with connected(discord, host):
        await discord.frame('{"op": 0, "t": "MESSAGE_CREATE", "d": {')
        await discord.until(lambda: discord.resumes)
        await discord.say(ANA, f"{MENTION} still there?")
        await discord.until(discord.said)
    assert len(discord.identifies) == 1


async def test_a_ready_that_can_not_be_read_is_asked_for_anew_and_never_resumed(discord: FakeDiscord):
    discord.bad_readies = [{"user": None}, {}]
    host = LedgerHost()
    async with connected(discord, host, clock=IMPATIENT):
        await discord.until(lambda: len(discord.identifies) == 3)
        await discord.say(ANA, f"{MENTION} do you hear me?")
        await discord.until(discord.said)
    assert not discord.resumes


async def test_a_connection_that_never_says_who_is_there_is_given_up(discord: FakeDiscord):
    discord.bad_readies = [None]
    host, clock = LedgerHost(), Clock(sleep=hurry, elapsed=lambda: 0.0 if discord.bad_readies else 100.0)
    async with connected(discord, host, clock=clock):
        await discord.until(lambda: len(discord.identifies) == 2)
        await discord.say(ANA, f"{MENTION} do you hear me?")
        await discord.until(discord.said)
    assert not discord.resumes


async def test_an_event_without_a_key_ends_nothing(discord: FakeDiscord):
    host = LedgerHost()
    async with connected(discord, host):
        await discord.dispatch("MESSAGE_CREATE", {"content": "no id, no author"})
        await discord.say(ANA, f"{MENTION} still there?")
        await discord.until(discord.said)
    assert not discord.resumes
    assert len(discord.identifies) == 1


async def test_cut_connections_and_server_errors_are_tried_again_and_answer_once(discord: FakeDiscord):
    host = LedgerHost()
    discord.fail("POST /channels/*/messages", 0)
    discord.fail("POST /channels/*/messages", 503)
    discord.fail("POST /channels/*/messages", -1)  # done, but the answer never arrives
    async with connected(discord, host, clock=IMPATIENT):
        await discord.say(ANA, f"{MENTION} who is here?")
        await discord.until(lambda: discord.calls.count(f"POST /channels/{GENERAL}/messages") == 4)
        await discord.say(ANA, f"{MENTION} who is last?")
        await discord.until(lambda: len(discord.said()) > 1)
    assert [one["content"] for one in discord.said()] == ["ask: who is here?", "ask: who is last?"]


async def test_a_rate_limit_is_waited_out(discord: FakeDiscord):
    host = LedgerHost()
    body = {"message": "You are being rate limited.", "retry_after": 0.05, "global": False}
    discord.fail("POST /channels/*/messages", 429, body=body, headers={"Via": "1.1 stand-in"})
    async with connected(discord, host):
        await discord.say(ANA, f"{MENTION} who is here?")
        await discord.until(discord.said)
    assert len(discord.said()) == 1


async def test_a_rate_limit_beyond_a_minute_is_not_waited_for_and_the_next_start_tells(
    discord: FakeDiscord, tmp_path: Path
):
    body = {"message": "You are being rate limited.", "retry_after": 600.0, "global": False}
    discord.fail("POST /channels/*/messages", 429, body=body, headers={"Via": "1.1 stand-in"})
    async with connected(discord, LedgerHost(tmp_path / "ledger.db")):
        await discord.say(ANA, f"{MENTION} who is here?")
        await discord.until(lambda: not discord.faults[0].times)
    async with connected(discord, LedgerHost(tmp_path / "ledger.db")):
        await discord.until(lambda: discord.said() and "restarted" in discord.said()[-1]["content"])


async def test_a_cut_gateway_is_resumed_and_nothing_said_meanwhile_is_lost(discord: FakeDiscord):
    host = LedgerHost()
    async with connected(discord, host, clock=IMPATIENT):
        discord.cut()
        await discord.say(ANA, f"{MENTION} are you there?")
        await discord.until(discord.said)
    assert len(discord.identifies) == 1
    assert discord.resumes


async def test_a_session_that_is_cut_every_half_minute_is_resumed_at_once_each_time(discord: FakeDiscord):
    passed, pauses = [0.0], list[float]()

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)
        await asyncio.sleep(0)

    async with connected(discord, LedgerHost(), clock=Clock(sleep=sleep, elapsed=lambda: passed[0])):
        for number in range(1, 8):
            passed[0] += 30
            discord.cut()
            await discord.until(
                lambda number=number: [each for each in discord.sent if each["t"] == "RESUMED"][number - 1 :]
            )
            await discord.say(ANA, f"{MENTION} number {number}?")
            await discord.until(lambda number=number: len(discord.said()) == number)
    assert len(discord.identifies) == 1
    assert {pause(attempt) for attempt in range(1, 8)}.isdisjoint(pauses)


async def test_a_lost_session_begins_anew_after_the_pause_that_discord_asks_for(discord: FakeDiscord):
    host, pauses = LedgerHost(), []

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)
        await asyncio.sleep(0)

    discord.refuse_resume = True
    async with connected(discord, host, clock=Clock(sleep=sleep)):
        discord.cut()
        await discord.until(lambda: len(discord.identifies) == 2)
    assert 5.0 in pauses


async def test_a_gateway_that_ends_every_connection_meets_no_storm(discord: FakeDiscord):
    host, pauses = LedgerHost(), []

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)
        await asyncio.sleep(0)

    async with connected(discord, host, clock=Clock(sleep=sleep)):
        discord.refuse_identify = 4000
        discord.refuse_resume = True
        await discord.close(4000)
        await discord.until(lambda: len(discord.identifies) >= 8)
    assert sum(pauses) > 200


@pytest.mark.parametrize(
    ("code", "setting"), [(4004, "PARLEY_DISCORD__TOKEN"), (4014, "PARLEY_DISCORD__MESSAGE_CONTENT")]
)
async def test_a_refusal_for_good_ends_with_the_settings_name(discord: FakeDiscord, code: int, setting: str):
    discord.refuse_identify = code
    with pytest.raises(ServiceStopped) as stopped:
        async with connected(discord, LedgerHost()):
            pass
    assert setting in stopped.value.remedy


async def test_a_wrong_token_ends_before_the_gateway_and_is_not_shown(discord: FakeDiscord):
    with pytest.raises(ServiceStopped) as stopped:
        async with connected(discord, LedgerHost(), token="planted-wrong-token"):
            pass
    assert "PARLEY_DISCORD__TOKEN" in stopped.value.remedy
    assert "planted" not in f"{stopped.value} {stopped.value.remedy}"


async def test_commands_are_sent_only_when_they_changed(discord: FakeDiscord):
    put = f"PUT /applications/{APP}/commands"
    async with connected(discord, LedgerHost()):
        pass
    async with connected(discord, LedgerHost()):
        pass
    assert discord.calls.count(put) == 1
    async with connected(discord, LedgerHost(), commands=COMMANDS[:2]):
        pass
    assert discord.calls.count(put) == 2


async def test_the_same_interaction_twice_is_answered_once(discord: FakeDiscord):
    host = LedgerHost()
    async with connected(discord, host):
        used = await discord.slash("ask", question="who?")
        await discord.dispatch("INTERACTION_CREATE", used)
        await discord.until(lambda: len(discord.responses.get(used["id"], ())) >= 2)
    assert len(host.requests) == 1
    assert discord.responses[used["id"]][0]["type"] == 5
    assert discord.responses[used["id"]][-1]["content"] == "ask: who?"


async def test_an_answer_after_fifteen_minutes_comes_directly(discord: FakeDiscord):
    host = LedgerHost()
    async with connected(discord, host, clock=Clock(elapsed=lambda: 1000.0 if host.requests else 0.0)):
        await discord.slash("ask", question="who?")
        await discord.until(lambda: discord.said("5" + ANA[1:]))
    assert discord.said("5" + ANA[1:])[0]["content"] == "ask: who?"


async def test_who_was_left_without_an_answer_is_told_at_the_next_start(discord: FakeDiscord, tmp_path: Path):
    never = asyncio.Event()

    async def hang(_: Request) -> Reply:
        await never.wait()
        return Reply("never")

    host = LedgerHost(tmp_path / "ledger.db", hang)
    async with connected(discord, host):
        asked = await discord.say(ANA, f"{MENTION} who is here?")
        await discord.until(lambda: host.requests)
    discord.fail("POST /channels/*/messages", 503)
    async with connected(discord, LedgerHost(tmp_path / "ledger.db"), clock=IMPATIENT):
        await discord.until(lambda: discord.said() and "restarted" in discord.said()[-1]["content"])
    assert str(discord.said()[-1]["message_reference"]["message_id"]) == asked["id"]
    assert await host_is_settled(tmp_path / "ledger.db")


async def test_an_answer_that_was_begun_before_a_restart_becomes_the_apology(discord: FakeDiscord, tmp_path: Path):
    async def hang(request: Request) -> Reply:
        request.progress(Progress("reading"))
        await asyncio.Event().wait()
        return Reply("never")

    async with connected(discord, LedgerHost(tmp_path / "ledger.db", hang)):
        await discord.say(ANA, f"{MENTION} summarise")
        await discord.until(discord.said)
    async with connected(discord, LedgerHost(tmp_path / "ledger.db")):
        await discord.until(lambda: "restarted" in discord.said()[-1]["content"])
    assert len(discord.said()) == 1
    assert discord.said()[0]["components"] == []


@pytest.mark.parametrize("asked", ["by a command", "where Parley may write no more"])
async def test_who_is_told_of_a_restart_directly(discord: FakeDiscord, tmp_path: Path, asked: str):
    async def hang(_: Request) -> Reply:
        await asyncio.Event().wait()
        return Reply("never")

    host = LedgerHost(tmp_path / "ledger.db", hang)
    async with connected(discord, host):
        if asked == "by a command":
            await discord.slash("ask", question="who is here?")
        else:
            await discord.say(ANA, f"{MENTION} who is here?")
        await discord.until(lambda: host.requests)
    discord.fail(f"POST /channels/{GENERAL}/messages", 403)
    async with connected(discord, LedgerHost(tmp_path / "ledger.db")):
        await discord.until(lambda: discord.said("5" + ANA[1:]))
    assert "restarted" in discord.said("5" + ANA[1:])[0]["content"]


async def test_an_answer_that_stands_there_needs_no_apology(discord: FakeDiscord, tmp_path: Path):
    class Forgetful(LedgerHost):
        async def settle(self, key: str) -> None:
            """The process ended before it came to that."""

    host = Forgetful(tmp_path / "ledger.db")
    async with connected(discord, host):
        await discord.say(ANA, f"{MENTION} who is here?")
        await discord.until(discord.said)
    async with connected(discord, LedgerHost(tmp_path / "ledger.db")):
        assert [one["content"] for one in discord.said()] == ["ask: who is here?"]
    assert await host_is_settled(tmp_path / "ledger.db")


async def test_an_acknowledgement_that_got_lost_is_made_again(discord: FakeDiscord):
    host = LedgerHost()
    discord.fail("POST /interactions/*", 503)
    discord.fail("POST /interactions/*", -1)  # done, but the answer never arrives
    async with connected(discord, host, clock=IMPATIENT):
        used = await discord.slash("ask", question="who?")
        await discord.until(lambda: len(discord.responses.get(used["id"], ())) >= 2)
    assert discord.responses[used["id"]][-1]["content"] == "ask: who?"
    assert len(host.requests) == 1


async def test_progress_is_edited_in_place_and_work_can_be_stopped(discord: FakeDiscord):
    never = asyncio.Event()

    async def work(request: Request) -> Reply:
        for number in range(1, 200):
            request.progress(Progress("Reading", number, 200))
        await never.wait()
        return Reply("never")

    host = LedgerHost(answer=work)
    async with connected(discord, host):
        await discord.say(ANA, f"{MENTION} summarise")
        await discord.until(lambda: discord.said() and "Reading 199 of 200" in discord.said()[0]["content"])
        cancel = discord.said()[0]["components"][0]["components"][0]["custom_id"]
        refused = await discord.press(cancel, BEN)
        await discord.until(lambda: refused["id"] in discord.responses)
        await discord.press(cancel, ANA)
        await discord.until(lambda: discord.said()[0]["content"] == "Stopped.")
    assert "Only the person who asked" in discord.responses[refused["id"]][0]["data"]["content"]
    assert len(discord.said()) == 1
    assert discord.said()[0]["components"] == []


async def test_text_is_shown_while_it_is_written(discord: FakeDiscord):
    go = asyncio.Event()

    async def work(request: Request) -> Reply:
        request.text("The boats are out. ")
        await go.wait()
        return Reply("The boats are out. All of them.")

    async with connected(discord, LedgerHost(answer=work)):
        await discord.say(ANA, f"{MENTION} where are the boats?")
        await discord.until(lambda: discord.said() and "boats are out" in discord.said()[0]["content"])
        go.set()
        await discord.until(lambda: "All of them." in discord.said()[0]["content"])
    assert len(discord.said()) == 1


async def test_the_role_that_discord_made_for_parley_means_parley(discord: FakeDiscord):
    async with connected(discord, LedgerHost()):
        await discord.say(ANA, f"<@&{ROLE}> who is here?", mention_roles=[ROLE])
        await discord.until(discord.said)
    assert discord.said()[0]["content"] == "ask: who is here?"


async def test_the_log_holds_no_text_and_no_token(discord: FakeDiscord, caplog: pytest.LogCaptureFixture):
    async def fail(request: Request) -> Reply:
        raise RuntimeError(request.intent.argument)

    caplog.set_level("DEBUG")
    async with connected(discord, LedgerHost(answer=fail)):
        await discord.say(ANA, f"{MENTION} planted question")
        await discord.until(discord.said)
    assert "planted" not in "".join(
        record.getMessage() for record in caplog.records if record.name.startswith("adapters")
    )


async def test_whose_answer_discord_never_took_is_told_when_it_takes_calls_again(discord: FakeDiscord):
    host = LedgerHost()
    async with connected(discord, host, clock=IMPATIENT, patience=2):
        discord.fail(f"POST /channels/{GENERAL}/messages", 503, times=3)
        asked = await discord.say(ANA, f"{MENTION} who?")
        await discord.until(discord.said)
        while await host.unsettled("discord"):  # noqa: ASYNC110 - the ledger is a file
            await asyncio.sleep(0.01)
    (told,) = discord.said()
    assert told["content"] == UNSENT
    assert str(told["message_reference"]["message_id"]) == asked["id"]


async def test_a_closed_client_hands_on_nothing_that_its_library_still_tells():
    told: list[str] = []
    client = Client(LedgerHost(), COMMANDS, settings(), told.append)
    await client.close()
    client.dispatch("ready")
    await asyncio.sleep(0)
    assert told == []
