"""What Discord is told and what it keeps, as pure functions or one call: buttons, the gate, check, the invitation."""

from zoneinfo import ZoneInfo

import discord
import pytest
from discord_host import NOW, settings
from fake_discord import FakeDiscord
from fake_discord_data import GUILD, TOKEN, channel
from hypothesis import given
from hypothesis import settings as tries
from hypothesis import strategies as st

from adapters.chat import Intent, Message, Person, Place, Reply, Source, Window
from adapters.discord.check import check
from adapters.discord.invite import PERMISSIONS, invite
from adapters.discord.messages import NAME
from adapters.discord.surfaces import actions
from adapters.discord.surfaces.rendering import LIMIT, render
from adapters.errors import ServiceStopped
from adapters.text.pages import utf16_length
from bot.conversation.quoting import signature, source_of

SOURCE = Source("1", "Ana [x](http://evil)", NOW, "see @everyone", "https://discord.com/channels/1/2/3")


@tries(deadline=None)
@given(st.binary(max_size=200))
def test_bytes_come_back_from_ideographs(data: bytes):
    assert actions.unpack(actions.pack(data)).startswith(data)


@tries(deadline=None)
@given(st.text(max_size=300), st.integers(1, 500) | st.none())
def test_a_button_holds_its_intent_in_a_hundred_characters_or_there_is_none(words: str, last: int | None):
    intent = Intent("ask", words, Window(last=last), {"to": "de"})
    found = actions.encode(actions.DO, intent)
    if found is None:
        assert len(words) > 40
        return
    assert len(found) <= actions.MOST
    kind, payload = actions.split(found)
    assert kind == actions.DO
    decoded = actions.decode(payload)
    assert decoded is None or decoded.name == "ask"


def test_a_question_of_a_usual_length_fits_a_button():
    question = (
        "what did we decide about the venue for the summer party, and who is going to call the caterer before Friday?"
    )
    found = actions.encode(actions.SHARE, Intent("ask", question, Window(last=200)))
    assert found is not None
    assert actions.decode(actions.split(found)[1]) == Intent("ask", question, Window(last=200))


@tries(deadline=None)
@given(st.text(max_size=100))
def test_what_was_never_a_button_is_no_intent(custom_id: str):
    kind, payload = actions.split(custom_id)
    assert kind == "" or actions.decode(payload) is None or custom_id.startswith(actions.PREFIX)


@tries(deadline=None)
@given(st.text(max_size=6_000), st.lists(st.text(max_size=300), max_size=30))
def test_no_page_is_over_the_limit(text: str, notes: list[str]):
    reply = Reply(text, sources=(SOURCE,) * len(notes), notes=tuple(notes))
    assert all(0 < utf16_length(page) <= LIMIT for page in render(reply, None, settings().zone).pages)


def test_links_from_nowhere_are_not_live_and_sources_do_not_unfold():
    shown = render(Reply("Go to http://evil.example now.", sources=(SOURCE,)), None, settings().zone).pages[0]
    assert "`http://evil.example`" in shown
    assert "(<https://discord.com/channels/1/2/3>)" in shown
    assert "@everyone" not in shown


async def test_the_invitation_asks_for_exactly_the_permissions_that_are_explained():
    async with FakeDiscord() as fake:
        url = await invite(settings(token=TOKEN, base_url=fake.base_url))
    asked = discord.Permissions(int(url.partition("permissions=")[2].partition("&")[0]))
    assert asked == discord.Permissions(**dict.fromkeys(PERMISSIONS, True))
    assert NAME in url


async def test_an_invitation_with_a_wrong_token_says_which_setting():
    async with FakeDiscord() as fake:
        with pytest.raises(ServiceStopped) as stopped:
            await invite(settings(base_url=fake.base_url, token="planted-wrong-token"))
    assert "PARLEY_DISCORD__TOKEN" in stopped.value.remedy


async def test_the_check_says_what_is_wrong_and_what_to_set():
    async with FakeDiscord() as fake:
        fake.flags = 0
        (wrong,) = await check(settings(base_url=fake.base_url, token="planted-wrong-token"))
    assert (wrong.subject, wrong.state) == ("token", "problem")
    assert "planted" not in f"{wrong}"


async def test_the_check_names_the_permissions_that_a_channel_lacks():
    async with FakeDiscord() as fake:
        everyone = {"id": GUILD, "type": 0, "allow": "0", "deny": str(1 << 15)}
        fake.channels["203"] = channel("203", "closed", permission_overwrites=[everyone])
        fake.channels["204"] = channel("204", "talk", 4)
        token, intent, installation, server = await check(settings(token=TOKEN, base_url=fake.base_url))
    assert [one.state for one in (token, intent, installation, server)] == ["ok", "ok", "ok", "warning"]
    assert "#closed: attach_files" in server.sentence
    assert "#general" not in server.sentence


async def test_the_check_says_that_people_can_not_install_parley_for_themselves():
    async with FakeDiscord() as fake:
        fake.installations = {"0": {}}
        _, _, installation, server = await check(settings(token=TOKEN, base_url=fake.base_url))
    assert (installation.state, server.sentence) == ("warning", "All 7 permissions are granted in 1 channel.")
    assert "User Install" in installation.remedy


def test_a_source_that_the_text_links_is_not_told_again():
    text = "The boats are out. [3 May](https://discord.com/channels/1/2/3)"
    assert "-# 1." not in render(Reply(text, sources=(SOURCE,)), None, settings().zone).pages[0]


@pytest.mark.parametrize("name", ["al`ice", "`", "b`e`n", "``"])
def test_a_backquote_in_a_nickname_breaks_no_link_of_its_line(name: str):
    said = Message("2", Place("discord", "1", "2"), Person("3", name), "It is out.", NOW, permalink=SOURCE.permalink)
    line = f"- The boat is out — {signature(said, ZoneInfo('UTC'), NOW.year)}, see `harbour`"
    shown = render(Reply(line, sources=(source_of(said),)), None, settings().zone).pages[0]
    assert f"](<{SOURCE.permalink}>), see `harbour`" in shown


def test_a_servers_own_emoji_are_drawn_again_wherever_their_name_stands():
    emoji = {"sail_up": "<a:sail_up:42>"}
    reply = Reply("**Ana:** vento bom :sail_up: `:sail_up:` :smile: 10:30:15", notes=("About :sail_up:",))
    shown = "\n".join(render(reply, None, settings().zone, emoji=emoji).pages)
    assert "vento bom <a:sail_up:42> `:sail_up:` :smile: 10:30:15" in shown
    assert "About <a:sail_up:42>" in shown
