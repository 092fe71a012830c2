"""A bridge of two Slack channels: what is said in one stands in the other, over the real client and packaged models."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fake_slack import FakeSlack
from fake_slack_api import ME
from hypothesis import given
from hypothesis import strategies as st
from interpreting import SOME_TIME, SOON, Harbour, harbour, house, stopped
from slack_host import settings

from adapters.chat import Channel, Gone, Message, Person, Place
from adapters.payloads.slack import moment
from adapters.slack.app import SlackAdapter
from bot.bridges.relay import MOST_HELD, Lane
from bot.history import History
from bot.history.bridged import bridges, relayed
from bot.history.bridged.bridges import VALID, Bridge, BridgeSide
from bot.intents import commands
from bot.runtime.letterbox import Letterbox
from bot.understanding.bridging import read
from nlp.core import Core
from nlp.profiles import profile

HERE = Place("slack", "T0PARLEY", "C1")
CODE = re.compile(r"/bridge ([A-Z2-9]{4}-[A-Z2-9]{4})")
GOOD = "Bom dia, o barco chega amanhã de manhã."
LATE = "O trem está muito atrasado hoje."


@pytest.fixture
async def core() -> AsyncIterator[Core]:
    async with Core(profile("starter")) as opened:
        yield opened


@asynccontextmanager
async def workspace() -> AsyncIterator[FakeSlack]:
    """A workspace with an English and a Portuguese channel."""
    async with FakeSlack() as slack:
        slack.add_user("U1", "ana", profile={"display_name": "Ana", "image_72": "https://pictures.example/ana.png"})
        slack.add_user("U2", "ben")
        for channel, name in (("C1", "general"), ("C2", "equipa-pt"), ("C3", "third")):
            slack.add_channel(channel, name, ("U1", "U2", ME))
        yield slack


async def bridge(port: Harbour, one: str = " in English", two: str = " in Portuguese") -> None:
    """Bridge C1 and C2: Ana asks in the one and confirms in the other."""
    asked = await port.command("/bridge", f"#equipa-pt{one}")
    code = CODE.search(str(asked))
    assert code
    await port.command("/bridge", f"{code[1]}{two}", channel_id="C2")
    await port.slack.until(lambda: any("bridged" in each for each in carried(port, "C1", notices=True)), SOON)


def posts(port: Harbour, channel: str) -> list[dict[str, Any]]:
    """What stands in a channel under people's names."""
    return [each for each in port.slack.messages[channel] if each["user"] == ME and each.get("username")]


def carried(port: Harbour, channel: str, *, notices: bool = False) -> list[str]:
    own = [each for each in port.slack.messages[channel] if each["user"] == ME]
    return [each["text"] for each in own if notices or each.get("username")]


async def until(port: Harbour, channel: str, count: int) -> list[str]:
    await port.slack.until(lambda: len(posts(port, channel)) >= count, SOON)
    return carried(port, channel)


@pytest.fixture
async def port(core: Core) -> AsyncIterator[Harbour]:
    async with workspace() as slack, harbour(core, slack=slack) as there:
        await bridge(there)
        yield there


async def test_a_message_stands_in_the_other_channel_in_its_language_under_its_authors_name_and_picture(port: Harbour):
    await port.say(GOOD, channel="C2")
    (text,) = await until(port, "C1", 1)
    assert "boat arrives tomorrow" in text
    (post,) = posts(port, "C1")
    assert post["username"] == "Ana"
    assert post["icon_url"] == "https://pictures.example/ana.png"
    assert "Translated from Portuguese" in str(post["blocks"])


async def test_it_goes_both_ways_and_nothing_comes_back(port: Harbour):
    await port.say(GOOD, channel="C2")
    await port.say("The train is late.", "U2")
    await until(port, "C1", 1)
    (there,) = await until(port, "C2", 1)
    assert "comboio" in there.lower() or "trem" in there.lower()
    for post in (*posts(port, "C1"), *posts(port, "C2")):  # Slack tells the app of its own messages, too
        channel = "C1" if post in posts(port, "C1") else "C2"
        await port.slack.event({**post, "type": "message", "channel": channel, "channel_type": "channel"})
    await port.say("The last one.", "U2")
    await until(port, "C2", 2)
    assert len(posts(port, "C1")) == 1
    assert len(posts(port, "C2")) == 2


async def test_what_apps_post_is_not_carried(port: Harbour):
    app = {"subtype": "bot_message", "bot_id": "B7"}
    await port.say("deployed", **app, username="deploy")
    await port.say("said by a bridge of somebody else's", **app, username="Ana")
    await port.say("The train is late.", "U2")
    assert len(await until(port, "C2", 1)) == 1


async def test_an_edit_rewrites_it_and_a_deletion_takes_it_back(port: Harbour):
    ts = await port.say(GOOD, channel="C2")
    await until(port, "C1", 1)
    await port.edit(ts, LATE, channel="C2")
    await port.slack.until(lambda: "train" in carried(port, "C1")[0], SOON)
    assert len(posts(port, "C1")) == 1
    await port.delete(ts, channel="C2")
    await port.slack.until(lambda: not posts(port, "C1"), SOON)


async def test_threads_are_the_same_on_both_sides_and_go_on_from_either(port: Harbour):
    root = await port.say(GOOD, channel="C2")
    await until(port, "C1", 1)
    copy = posts(port, "C1")[0]["ts"]
    await port.say("I will be there.", "U2", thread_ts=copy)
    await until(port, "C2", 1)
    assert posts(port, "C2")[0]["thread_ts"] == root
    await port.say("Até amanhã.", channel="C2", thread_ts=root)
    await until(port, "C1", 2)
    assert posts(port, "C1")[1]["thread_ts"] == copy


async def test_a_thread_and_a_message_from_before_the_bridge_are_not_carried(core: Core):
    now = [SOME_TIME]
    async with workspace() as slack, harbour(core, slack=slack, now=lambda: now[-1]) as port:
        old = await port.say(GOOD, channel="C2")
        now.append(moment(slack.ts()) or now[0])
        await bridge(port)
        await port.say("E o capitão?", channel="C2", thread_ts=old)
        await port.edit(old, LATE, channel="C2")
        await port.say("Bom dia a todos.", channel="C2")
        (text,) = await until(port, "C1", 1)
    assert "morning" in text.lower()


async def test_mentions_are_names_and_ping_nobody_and_marks_stay(port: Harbour):
    await port.say("<@U2> <!channel> *please* see <https://example.org/boat|this> and `git pull`", "U1")
    (text,) = await until(port, "C2", 1)
    block = str(posts(port, "C2")[0]["blocks"])
    assert "@Ben" in block
    assert "<@U2>" not in text + block
    assert "<!channel>" not in text + block
    assert "https://example.org/boat" in block
    assert "`git pull`" in block
    assert "**" in block


async def test_a_file_is_a_link_to_its_message(port: Harbour):
    await port.say("", files=[{"id": "F1", "name": "mast.png"}], subtype="file_share")
    await until(port, "C2", 1)
    block = str(posts(port, "C2")[0]["blocks"])
    assert "mast.png](https://slack.com/archives/C1/p" in block


async def test_without_a_language_it_stands_as_it_was_written(core: Core):
    async with workspace() as slack, harbour(core, slack=slack) as port:
        await bridge(port, "", "")
        await port.say(GOOD, channel="C2")
        (text,) = await until(port, "C1", 1)
        assert text == GOOD
        assert "Translated" not in str(posts(port, "C1"))


async def test_an_event_that_comes_again_carries_nothing_again(port: Harbour):
    ts = await port.say(GOOD, channel="C2")
    await until(port, "C1", 1)
    for _ in range(3):
        await port.say(GOOD, ts=ts, channel="C2")
    await port.say(LATE, "U2", channel="C2")
    assert len(await until(port, "C1", 2)) == 2


async def test_a_service_that_is_away_for_a_while_loses_and_reorders_nothing(port: Harbour):
    port.slack.fail("chat.postMessage", 500, times=6)
    for number in range(4):
        await port.say(f"Boat {number} is here.", "U2", wait=False)
    await until(port, "C2", 4)
    numbers = [re.findall(r"\d", text)[0] for text in carried(port, "C2")]
    assert numbers == ["0", "1", "2", "3"]


async def test_a_restart_finishes_what_was_begun_and_doubles_nothing(core: Core, tmp_path: Path):
    path = tmp_path / "history.db"
    async with workspace() as slack:
        async with harbour(core, path, slack, patience=0) as port:
            await bridge(port)
            slack.cuts["chat.postMessage"] = 1_000_000  # Slack takes it, and nobody hears of it
            root = await port.say(GOOD, channel="C2")
            await until(port, "C1", 1)
        slack.cuts.clear()
        async with harbour(core, path, slack) as again:
            await again.say(LATE, "U2", channel="C2", thread_ts=root)
            texts = await until(again, "C1", 2)
    assert sum("boat" in text for text in texts) == 1
    assert len(texts) == 2


async def test_what_was_deleted_while_it_was_away_is_taken_back(core: Core, tmp_path: Path):
    path = tmp_path / "history.db"
    async with workspace() as slack:
        async with harbour(core, path, slack) as port:
            await bridge(port)
            ts = await port.say(GOOD, channel="C2")
            await until(port, "C1", 1)
            await port.house.assistant.services.history.run(
                lambda store: store.delete(Place("slack", "T0PARLEY", "C2"), [ts]), writes=True
            )
        async with harbour(core, path, slack) as again:
            await again.slack.until(lambda: not posts(again, "C1"), SOON)


async def test_only_administrators_of_both_sides_bridge_them(core: Core):
    async with workspace() as slack, harbour(core, slack=slack) as port:
        assert "Only an administrator" in str(await port.command("/bridge", "#equipa-pt", user_id="U2"))
        code = CODE.search(str(await port.command("/bridge", "#equipa-pt")))
        assert code
        refused = await port.command("/bridge", code[1], channel_id="C2", user_id="U2")
        assert "Only an administrator" in str(refused)
        await port.say(GOOD, channel="C2")
        assert "isn't bridged" in str(await port.command("/bridge", "", channel_id="C2"))
        assert not posts(port, "C1")


async def test_both_channels_read_who_bridged_them_and_that_it_ended(core: Core):
    async with workspace() as slack, harbour(core, slack=slack) as port:
        await port.say("hello")
        await port.say("olá", channel="C2")
        await bridge(port)
        for channel, other in (("C1", "equipa-pt"), ("C2", "general")):
            await port.slack.until(
                lambda channel=channel: "bridged" in str([*slack.responses, *slack.messages[channel]]), SOON
            )
            told = str([*slack.responses, *carried(port, channel, notices=True)])
            assert f"bridged with #{other}" in told
            assert "because Ana" in told
        assert "no longer bridged" in str(await port.command("/bridge", "off"))
        await port.slack.until(lambda: "no longer bridged" in str(carried(port, "C2", notices=True)), SOON)


async def test_a_bridge_that_ended_carries_nothing_new_and_still_takes_back_what_is_deleted(port: Harbour):
    ts = await port.say(GOOD, channel="C2")
    await until(port, "C1", 1)
    await port.command("/bridge", "off", channel_id="C2")
    await port.say(LATE, channel="C2")
    await port.edit(ts, LATE, channel="C2")
    await port.delete(ts, channel="C2")
    await port.slack.until(lambda: not posts(port, "C1"), SOON)


@pytest.mark.parametrize("flags", [({}, {"is_private": True}), ({"is_private": True}, {})])
async def test_a_private_channel_is_bridged_with_private_ones_alone(core: Core, flags: tuple[Any, Any]):
    async with workspace() as slack, harbour(core, slack=slack) as port:
        slack.channels["C1"] |= flags[0]
        slack.channels["C2"] |= flags[1]
        code = CODE.search(str(await port.command("/bridge", "new")))
        assert code
        assert "private channels with private ones" in str(await port.command("/bridge", code[1], channel_id="C2"))


async def test_two_private_channels_can_be_bridged(core: Core):
    async with workspace() as slack, harbour(core, slack=slack) as port:
        for channel in ("C1", "C2"):
            slack.channels[channel] |= {"is_private": True}
        await bridge(port)
        await port.say(GOOD, channel="C2", channel_type="group")
        assert len(await until(port, "C1", 1)) == 1


async def test_a_channel_is_in_one_bridge_and_a_code_is_good_once(port: Harbour):
    assert "in a bridge already" in str(await port.command("/bridge", "new"))
    code = CODE.search(str(await port.command("/bridge", "new", channel_id="C3")))
    assert code
    assert "in a bridge already" in str(await port.command("/bridge", code[1]))
    assert "made in this channel" in str(await port.command("/bridge", code[1], channel_id="C3"))
    assert "don't know that code" in str(await port.command("/bridge", "AAAA-2222", channel_id="C3"))


async def test_a_person_leaves_their_own_messages_out_and_what_was_carried_goes(port: Harbour):
    await port.say(GOOD, channel="C2")
    await until(port, "C1", 1)
    assert "no longer carry" in str(await port.command("/bridge", "mine off", channel_id="C2"))
    await port.slack.until(lambda: not posts(port, "C1"), SOON)
    await port.say(GOOD, channel="C2")
    await port.say(LATE, "U2", channel="C2")
    (text,) = await until(port, "C1", 1)
    assert "train" in text
    await port.command("/bridge", "mine on", channel_id="C2")
    await port.say(GOOD, channel="C2")
    await until(port, "C1", 2)


@pytest.mark.parametrize("wish", ["out", "forget yes"])
async def test_who_is_forgotten_on_one_side_is_gone_on_the_other(port: Harbour, wish: str):
    await port.say(GOOD, channel="C2")
    await until(port, "C1", 1)
    await port.command("/parley", f"privacy {wish}", channel_id="C2")
    await port.slack.until(lambda: not posts(port, "C1"), SOON)


async def test_a_language_that_no_model_writes_is_refused_with_what_to_do(core: Core):
    async with workspace() as slack, harbour(core, slack=slack) as port:
        assert "parley models pull firefox:de" in str(await port.command("/bridge", "#equipa-pt in German"))
        assert "Klingonese" in str(await port.command("/bridge", "#equipa-pt in Klingonese"))


async def test_a_workspace_that_lets_parley_use_nobodys_name_says_which_scope_is_missing(core: Core):
    async with workspace() as slack, harbour(core, slack=slack) as port:
        slack.scopes = ",".join(scope for scope in slack.scopes.split(",") if scope != "chat:write.customize")
        assert "chat:write.customize" in str(await port.command("/bridge", "#equipa-pt"))


async def test_nothing_but_ids_and_times_is_stored_of_what_is_carried(port: Harbour):
    await port.say(GOOD, channel="C2")
    await until(port, "C1", 1)
    kept = await port.house.told(lambda db: str(db.execute("SELECT * FROM relayed").fetchall()))
    assert "barco" not in kept
    assert "boat" not in kept
    assert await port.house.told(relayed.unfinished) == []
    assert (await port.house.told(bridges.of, Place("slack", "T0PARLEY", "C1"))) is not None


async def test_two_workspaces_of_one_parley_read_each_other_and_people_with_the_same_id_stay_apart(core: Core):
    loop = asyncio.get_running_loop()
    async with FakeSlack() as here, FakeSlack(team="T0LOFT", team_name="Loft") as there:
        here.add_user("U1", "ana")
        there.add_user("U1", "zoe")
        for slack in (here, there):
            slack.add_channel("C1", "general", ("U1", ME))
        ready: list[asyncio.Future[str]] = [loop.create_future(), loop.create_future()]
        adapters = [
            SlackAdapter(settings(slack), done.set_result) for slack, done in zip((here, there), ready, strict=True)
        ]
        async with house(core, Letterbox.of(adapters)) as inside:
            tasks = [asyncio.create_task(each.run(inside.assistant, commands())) for each in adapters]
            await asyncio.wait_for(asyncio.gather(*ready), 20)
            port, loft = Harbour(here, inside), Harbour(there, inside)
            code = CODE.search(str(await port.command("/bridge", "new in English")))
            assert code
            await loft.command("/bridge", f"{code[1]} in Portuguese")
            await port.say("The train is late.")
            await until(loft, "C1", 1)
            assert posts(loft, "C1")[0]["username"] == "Ana"
            await loft.command("/bridge", "mine off")  # Zoe's, not Ana's, whose id is the same
            await port.say("The boat is here.")
            await loft.say(GOOD)
            await until(loft, "C1", 2)
            assert not posts(port, "C1")
            for task in tasks:
                await stopped(task)


def message(number: int, text: str = "hello") -> Message:
    return Message(str(number), HERE, Person("U1", "Ana"), text, SOME_TIME + timedelta(seconds=number))


@given(order=st.permutations(range(8)), repeated=st.lists(st.integers(0, 7), max_size=8))
def test_a_lane_gives_each_message_once_and_in_the_order_in_which_they_were_said(order: list[int], repeated: list[int]):
    lane = Lane(HERE)
    for number in (*order, *repeated):
        lane.put(str(number), SOME_TIME + timedelta(seconds=number), message(number))
    assert [lane.take()[1] for _ in range(8)] == [str(number) for number in range(8)]
    assert not lane.waiting


def test_a_lane_holds_the_texts_of_the_first_messages_alone():
    lane = Lane(HERE)
    for number in range(2 * MOST_HELD):
        lane.put(str(number), SOME_TIME + timedelta(seconds=number), message(number))
    assert len(lane.waiting) == 2 * MOST_HELD
    assert len(lane.texts) == MOST_HELD


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("", "status"), ("off", "off"), ("mine off", "spare"), ("my messages on", "unspare"), ("new", "ask"),
        ("#equipa-pt in English", "ask"), ("<#C2|equipa-pt> to pt", "ask"), ("k7qm-w2xr", "confirm"),
        ("K7QM-W2XR in German.", "confirm"), ("to the other side of the river", None), ("K7QM-W2X", None),
    ],
)  # fmt: skip
def test_what_is_said_for_a_bridge_is_read(words: str, kind: str | None):
    wish = read(words)
    assert (wish.kind if wish else None) == kind


def test_a_code_is_no_longer_good_after_an_hour_and_isnt_kept_as_it_is(tmp_path: Path):
    side = BridgeSide(HERE, "general", "public", "", "U1", "Ana")
    other = replace(side, place=replace(HERE, channel="C2"))
    with History.open(tmp_path / "history.db") as history:
        assert history.write(bridges.ask, side, "AAAA-2222", SOME_TIME)
        late = SOME_TIME + VALID + timedelta(seconds=1)
        assert history.write(bridges.confirm, other, "AAAA-2222", late) == "unknown"
        assert b"AAAA-2222" not in (tmp_path / "history.db").read_bytes()
        assert isinstance(history.write(bridges.confirm, other, "AAAA-2222", SOME_TIME), Bridge)


def test_a_bridge_ends_where_parley_was_removed_from_a_side(tmp_path: Path):
    side = BridgeSide(HERE, "general", "public", "", "U1", "Ana")
    other = replace(side, place=replace(HERE, channel="C2"))
    with History.open(tmp_path / "history.db") as history:
        history.write(bridges.ask, side, "AAAA-2222", SOME_TIME)
        history.write(bridges.confirm, other, "AAAA-2222", SOME_TIME)
        history.observe(Gone(HERE), SOME_TIME)
        assert history.read(bridges.of, other.place) is None
        (ended,) = history.read(bridges.untold)
        assert ended.tell == other.place


def test_nothing_is_carried_between_a_public_channel_and_one_that_became_private(tmp_path: Path):
    side = BridgeSide(HERE, "general", "public", "", "U1", "Ana")
    other = replace(side, place=replace(HERE, channel="C2"))
    with History.open(tmp_path / "history.db") as history:
        history.write(bridges.ask, side, "AAAA-2222", SOME_TIME)
        history.write(bridges.confirm, other, "AAAA-2222", SOME_TIME)
        history.observe(Channel(HERE, "general", "private"), SOME_TIME)
        bridge = history.read(bridges.of, HERE)
        assert bridge
        assert not bridge.open
