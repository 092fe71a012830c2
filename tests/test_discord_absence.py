"""What Discord no longer has, told or not, leaves the record: messages, threads and channels, over a real history."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from discord_host import connected
from fake_discord import FakeDiscord
from fake_discord_data import ANA, BEN, GENERAL, GUILD, START, UNSEEN, Json, channel, snowflake, thread
from slack_host import LedgerHost
from test_discord_gateway import IMPATIENT, hurry

from adapters.chat import EVERYTHING, Event, Gone, Place, Present, Standing
from adapters.clock import Clock
from bot.history import History, Scope, consent, reconciliation

PLACE = Place("discord", GUILD, GENERAL)


@pytest.fixture
async def discord() -> AsyncIterator[FakeDiscord]:
    async with FakeDiscord() as fake:
        yield fake


class StoringHost(LedgerHost):
    """A host whose record is a real history."""

    def __init__(self) -> None:
        super().__init__()
        self.history = History.open(None)
        self.history.turn_on(PLACE, "U9", START)

    async def observe(self, event: Event) -> None:
        await super().observe(event)
        self.history.observe(event, START)

    async def standing(self, place: Place) -> Standing:
        return self.history.read(consent.standing, place)

    async def mark(self, place: Place, mark: str) -> None:
        self.history.write(consent.set_mark, place, mark)

    async def marked(self, platform: str) -> tuple[Place, ...]:
        return self.history.read(reconciliation.marked, platform)

    def texts(self) -> list[str]:
        return [message.text for message in self.history.window(Scope.of(PLACE), EVERYTHING, START)]

    def close(self) -> None:
        """It is met again after a restart."""

    def is_read(self) -> bool:
        return '"gaps":[]' in self.history.read(consent.standing, PLACE).mark


@pytest.fixture
def host() -> Iterator[StoringHost]:
    host = StoringHost()
    yield host
    host.history.close()


@asynccontextmanager
async def away(discord: FakeDiscord, host: StoringHost) -> AsyncIterator[None]:
    """A channel that was read, and Parley away from it while the body runs; what it missed is read at the end."""
    clock = Clock(now=lambda: discord.ids.now, sleep=hurry)
    async with connected(discord, host, clock=clock):
        await discord.until(host.is_read)
    yield
    discord.ids()
    async with connected(discord, host, clock=clock):
        await discord.until(lambda: any(isinstance(event, Present | Gone) for event in host.events))
        await discord.until(lambda: host.is_read() or not host.history.read(consent.standing, PLACE).kept)


def remove(discord: FakeDiscord, said: Json) -> None:
    discord.messages[said["channel_id"]].remove(said)


async def test_what_was_deleted_while_parley_was_away_is_erased(discord: FakeDiscord, host: StoringHost):
    first, second, last = (discord.post(ANA, f"message {number}") for number in range(3))
    async with away(discord, host):
        assert host.texts() == ["message 0", "message 1", "message 2"]
        remove(discord, second)
        remove(discord, last)
        discord.post(BEN, "said meanwhile")
    assert host.texts() == ["message 0", "said meanwhile"]
    assert first in discord.messages[GENERAL]


async def test_deletions_are_found_over_pages_and_only_as_far_back_as_is_looked(
    discord: FakeDiscord, host: StoringHost
):
    made = [discord.post(ANA, f"message {number}") for number in range(230)]
    old = (START - timedelta(days=3), "an old one")
    discord.messages[GENERAL].insert(0, {**made[0], "id": snowflake(old[0]), "timestamp": old[0].isoformat()})
    async with away(discord, host):
        assert len(host.texts()) == 231
        for said in [*discord.messages[GENERAL]][:231:10]:
            remove(discord, said)
    kept = {f"message {number}" for number in range(230) if (number + 1) % 10}
    assert sorted(host.texts()) == sorted([*kept, "message 0"])  # the old one, of which the text is that of the first


async def test_what_is_said_while_a_page_is_read_is_not_taken_for_deleted(discord: FakeDiscord, host: StoringHost):
    discord.post(ANA, "before")
    async with connected(discord, host, clock=Clock(now=lambda: discord.ids.now + timedelta(hours=1), sleep=hurry)):
        await discord.until(host.is_read)
        discord.refuse_resume = True
        discord.cut()
        await discord.until(lambda: len(discord.identifies) == 2)
        await discord.say(BEN, "just now")
        remove(discord, discord.messages[GENERAL][-1])  # not on the page, as if it had been read a moment before
        await discord.until(lambda: any(isinstance(event, Present) for event in host.events))
        await discord.until(host.is_read)
    assert "just now" in host.texts()


async def test_what_was_heard_before_an_outage_and_deleted_in_it_is_erased(discord: FakeDiscord, host: StoringHost):
    async with connected(discord, host, clock=Clock(now=lambda: discord.ids.now, sleep=hurry)):
        await discord.until(host.is_read)
        heard = await discord.say(ANA, "heard as an event")
        await discord.say(ANA, "heard as well")
        await discord.until(lambda: len(host.texts()) == 2)
        remove(discord, heard)  # and the session that would tell of it is lost
        discord.refuse_resume = True
        discord.cut()
        await discord.until(lambda: host.texts() == ["heard as well"])


async def test_a_deleted_thread_takes_what_was_said_in_it(discord: FakeDiscord, host: StoringHost):
    discord.threads["201"] = thread("201", "plans")
    async with connected(discord, host, clock=IMPATIENT):
        await discord.say(ANA, "in the channel")
        await discord.say(ANA, "in the thread", "201")
        await discord.until(lambda: len(host.texts()) == 2)
        await discord.dispatch("THREAD_DELETE", {"id": "201", "guild_id": GUILD, "parent_id": GENERAL, "type": 11})
        await discord.until(lambda: host.texts() == ["in the channel"])


async def test_a_deleted_post_of_a_forum_goes_with_its_first_message(discord: FakeDiscord, host: StoringHost):
    discord.channels["205"] = channel("205", "ideas", 15, available_tags=[], default_sort_order=None)
    forum = Place("discord", GUILD, "205")
    host.history.turn_on(forum, "U9", START)
    post, _ = discord.ids()
    discord.threads[post] = thread(post, "a boat", "205")
    async with connected(discord, host, clock=IMPATIENT):
        await discord.say(ANA, "We need a boat.", post, id=post)
        await discord.say(BEN, "Yes.", post)
        await discord.until(lambda: host.history.count(Scope.of(forum), EVERYTHING, START) == 2)
        await discord.dispatch("THREAD_DELETE", {"id": post, "guild_id": GUILD, "parent_id": "205", "type": 11})
        await discord.until(lambda: host.history.count(Scope.of(forum), EVERYTHING, START) == 0)


async def test_a_thread_that_was_deleted_while_parley_was_away_is_erased_and_an_archived_one_is_not(
    discord: FakeDiscord, host: StoringHost
):
    for number in ("201", "202"):
        discord.threads[number] = thread(number, "plans")
        discord.post(ANA, f"in {number}", number)
    async with away(discord, host):
        assert host.texts() == ["in 201", "in 202"]
        del discord.threads["201"]
        discord.threads["202"]["thread_metadata"]["archived"] = True
    assert host.texts() == ["in 202"]


@pytest.mark.parametrize("how", ["deleted", "left", "hidden"])
async def test_a_channel_that_went_while_parley_was_away_is_erased(discord: FakeDiscord, host: StoringHost, how: str):
    discord.post(ANA, "hello")
    async with away(discord, host):
        assert host.texts() == ["hello"]
        if how == "deleted":
            del discord.channels[GENERAL]
        elif how == "left":
            discord.left = True
            del discord.channels[GENERAL]  # a server that Parley isn't in shows none of its channels
        else:
            discord.roles = UNSEEN
    assert host.texts() == []
    assert not host.history.read(consent.consent, PLACE).kept


async def test_an_outage_of_a_server_erases_nothing_and_is_read_afterwards(discord: FakeDiscord, host: StoringHost):
    discord.post(ANA, "before")
    async with connected(discord, host, clock=Clock(now=lambda: discord.ids.now, sleep=hurry)):
        await discord.until(host.is_read)
        await discord.dispatch("GUILD_DELETE", {"id": GUILD, "unavailable": True})
        discord.post(BEN, "meanwhile")
        await discord.greet()
        await discord.until(lambda: host.texts() == ["before", "meanwhile"])


async def test_a_role_that_hides_a_channel_from_parley_ends_its_record(discord: FakeDiscord, host: StoringHost):
    discord.post(ANA, "hello")
    async with connected(discord, host, clock=IMPATIENT):
        await discord.until(lambda: host.texts() == ["hello"])
        for role in UNSEEN:
            await discord.dispatch("GUILD_ROLE_UPDATE", {"guild_id": GUILD, "role": role})
        await discord.until(lambda: host.texts() == [])
