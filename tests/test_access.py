"""What the platforms say of an asker, in the words of the owner's rules: reading, administering, roles. Asked now."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import aiohttp
import discord
import pytest
from discord_host import town
from fake_slack import FakeSlack
from fake_slack_api import BOT_TOKEN, ME
from slack_host import settings

from adapters.chat import Access, Intent, Person, Place, Request, WithRoles
from adapters.discord.access import DiscordAccess
from adapters.discord.messages import place_of
from adapters.payloads.discord import DIRECT
from adapters.slack.access import SlackAccess
from adapters.slack.wire.client import Slack, connect
from bot.admission.policy import check
from bot.assistant import Assistant
from bot.errors import NotAllowed
from bot.history import HistoryThread
from bot.sections import AccessRules, Rule
from bot.services import Services
from nlp.core import Core

GENERAL = "C1"


@pytest.fixture
async def fake() -> AsyncIterator[FakeSlack]:
    async with FakeSlack() as fake:
        for user in ("U1", "U2"):
            fake.add_user(user, user.lower())
        fake.add_channel(GENERAL, "general", (ME, "U1", "U2"), is_channel=True)
        fake.groups = {"S1": ["U1"], "S2": ["U1", "U2"]}
        yield fake


@pytest.fixture
async def slack(fake: FakeSlack) -> AsyncIterator[Slack]:
    async with aiohttp.ClientSession() as session:
        yield await connect(settings(fake, bot_token=BOT_TOKEN, patience=0), session)


async def allowed(access: Access, place: Place, *rules: Rule) -> bool:
    request = Request(Intent("ask", "what?"), place, Person("U1", "Ana"), access=access)
    try:
        await check(request, AccessRules(rules=rules))
    except NotAllowed:
        return False
    return True


def only(role: str) -> Rule:
    return Rule(effect="allow", intents=("ask",), roles=(role,))


def never(role: str) -> Rule:
    return Rule(effect="deny", intents=("ask",), roles=(role,))


# Slack


async def test_slack_s_user_groups_are_the_roles_of_the_rules(fake: FakeSlack, slack: Slack):
    place, ana, ben = slack.place(GENERAL), SlackAccess(slack, "U1"), SlackAccess(slack, "U2")
    assert isinstance(ana, WithRoles)
    assert (await ana.roles(place), await ben.roles(place)) == ({"S1", "S2"}, {"S2"})
    assert (await allowed(ana, place, only("S1")), await allowed(ben, place, only("S1"))) == (True, False)
    assert (await allowed(ana, place, never("S1")), await allowed(ben, place, never("S1"))) == (False, True)
    fake.groups["S1"].remove("U1")
    assert not await allowed(ana, place, only("S1"))  # from that moment


@pytest.mark.parametrize("error", ["missing_scope", "fatal_error"])
async def test_user_groups_that_slack_does_not_tell_allow_nothing_and_deny_what_is_denied(
    fake: FakeSlack, slack: Slack, error: str
):
    place, ben = slack.place(GENERAL), SlackAccess(slack, "U2")
    for rule in (only("S2"), never("S1")):
        fake.fail("usergroups.list", error=error)
        assert not await allowed(ben, place, rule)


async def test_user_groups_of_one_workspace_mean_nothing_in_another(slack: Slack):
    elsewhere, ana = replace(slack.place(GENERAL), workspace="T9"), SlackAccess(slack, "U1")
    assert not await allowed(ana, elsewhere, only("S1"))
    assert not await allowed(ana, elsewhere, never("S1"))


async def test_rules_without_roles_ask_slack_nothing(fake: FakeSlack, slack: Slack):
    rule = Rule(effect="deny", intents=("ask",), people=("U9",))
    assert await allowed(SlackAccess(slack, "U1"), slack.place(GENERAL), rule)
    assert fake.called("usergroups.list") == []


KINDS = {
    "C1": ({"is_channel": True}, "public"),
    "C2": ({"is_channel": True, "is_private": True}, "private"),
    "C3": ({"is_mpim": True, "is_group": True, "is_private": True}, "group"),
    "D1": ({"is_im": True}, "direct"),
}


@pytest.mark.parametrize("channel", [*KINDS, "C404"])
async def test_conversations_between_a_few_people_are_never_turned_on_whoever_asks_and_whatever_is_known(
    fake: FakeSlack, slack: Slack, channel: str
):
    flags, kind = KINDS.get(channel, ({}, ""))
    fake.add_user("U1", "ana", is_admin=True)
    if kind:
        fake.add_channel(channel, "some", (ME, "U1"), **flags)
        assert await SlackAccess(slack, "U1").kind(slack.place(channel)) == kind
    turned_on = await asked_to_keep(SlackAccess(slack, "U1"), slack.place(channel))
    assert turned_on == (kind in {"public", "private"})


async def asked_to_keep(access: Access, place: Place) -> bool:
    """Whether an administrator can turn on a channel of which the history knows nothing."""
    async with HistoryThread(None) as history, Core(()) as core:
        now = datetime(2026, 5, 4, tzinfo=UTC)
        assistant = Assistant(Services(core, history, lambda: now, ZoneInfo("UTC"), admins=("U1",)))
        await assistant.handle(Request(Intent("consent", "on"), place, Person("U1", "Ana"), access=access))
        return (await assistant.standing(place)).kept


# Discord


async def test_direct_messages_of_discord_are_never_turned_on():
    async with town() as t:
        place = place_of(t.client.get_channel(t.channel.id))
        access = DiscordAccess(t.client, t.ana.id)
        assert (await access.kind(place), await access.kind(replace(place, workspace=DIRECT))) == ("public", "direct")
        assert await asked_to_keep(access, place)
        assert not await asked_to_keep(access, replace(place, workspace=DIRECT))
        assert not await asked_to_keep(access, replace(place, channel="404"))


async def test_discord_s_roles_are_the_roles_of_the_rules():
    async with town() as t:
        ops = t.guild.create_role("ops")
        cy = t.guild.add_member(t.env.create_user("cy"), roles=[ops])
        place = place_of(t.client.get_channel(t.channel.id))
        in_ops, other = DiscordAccess(t.client, cy.id), DiscordAccess(t.client, t.ben.id)
        role = str(ops.id)
        assert isinstance(in_ops, WithRoles)
        assert (await in_ops.roles(place), await other.roles(place)) == ({role}, frozenset())
        assert (await allowed(in_ops, place, only(role)), await allowed(other, place, only(role))) == (True, False)
        assert (await allowed(in_ops, place, never(role)), await allowed(other, place, never(role))) == (False, True)


async def test_discord_roles_that_can_not_be_told_allow_nothing_and_deny_what_is_denied():
    async with town() as t:
        ops, place = t.guild.create_role("ops"), place_of(t.client.get_channel(t.channel.id))
        stranger, ben = DiscordAccess(t.client, 12345), DiscordAccess(t.client, t.ben.id)
        direct = replace(place, workspace=DIRECT)
        for access, where in ((stranger, place), (ben, direct), (ben, replace(place, channel="nowhere"))):
            assert not await allowed(access, where, only(str(ops.id)))
            assert not await allowed(access, where, never(str(ops.id)))


async def test_who_sees_a_channel_of_discord_and_its_past_may_read_it():
    async with town() as t:
        ops = t.guild.create_role("ops")
        cy = t.guild.add_member(t.env.create_user("cy"), roles=[ops])
        hidden = {t.client.get_guild(t.guild.id).default_role: discord.PermissionOverwrite(view_channel=False)}
        secret = t.guild.create_text_channel(
            "secret", overwrites={**hidden, ops: discord.PermissionOverwrite(view_channel=True)}
        )
        place = Place("discord", str(t.guild.id), str(secret.id))
        assert await DiscordAccess(t.client, cy.id).can_read(place)
        assert not await DiscordAccess(t.client, t.ben.id).can_read(place)
        assert not await DiscordAccess(t.client, cy.id).can_read(replace(place, workspace="1"))
        assert not await DiscordAccess(t.client, cy.id).can_read(replace(place, platform="slack"))
        t.guild.remove_member(cy)
        assert not await DiscordAccess(t.client, cy.id).can_read(place)


async def test_who_manages_a_server_of_discord_administers_its_channels():
    async with town() as t:
        chief = t.guild.create_role("chief", permissions=discord.Permissions(manage_guild=True))
        cy = t.guild.add_member(t.env.create_user("cy"), roles=[chief])
        place = place_of(t.client.get_channel(t.channel.id))
        assert await DiscordAccess(t.client, cy.id).is_admin(place)
        assert not await DiscordAccess(t.client, t.ben.id).is_admin(place)


async def test_both_platforms_say_whether_parley_is_in_a_channel(fake: FakeSlack):
    fake.add_channel("C9", "elsewhere", ("U1",), is_channel=True)
    async with aiohttp.ClientSession() as session:
        slack = await connect(settings(fake), session)
        access = SlackAccess(slack, "U1")
        assert [await access.is_here(slack.place(channel)) for channel in (GENERAL, "C9")] == [True, False]
        with pytest.raises(LookupError):
            await access.is_here(Place("slack", "T9", GENERAL))
    async with town() as t:
        access_there, seen = DiscordAccess(t.client, t.ana.id), place_of(t.client.get_channel(t.channel.id))
        assert await access_there.is_here(seen)
        with pytest.raises(LookupError):
            await access_there.is_here(Place("discord", seen.workspace, "1"))
