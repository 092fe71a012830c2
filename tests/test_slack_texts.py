"""What Slack is told and what it says, as pure functions: the gate, pages, buttons, commands, flags, the manifest."""

import json
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from slack_host import COMMANDS

from adapters.chat import EVERYTHING, Action, Intent, Message, Person, Place, Reply, Request, Source, Typed, Window
from adapters.platform.actions import pinned
from adapters.platform.rendering import MOST_PAGES
from adapters.slack.commands import read_slash
from adapters.slack.manifest import SCOPES, manifest, manifest_text
from adapters.slack.surfaces.actions import MOST, decode, encode
from adapters.slack.surfaces.escape import as_markdown, as_mrkdwn
from adapters.slack.surfaces.rendering import PAGE, render
from adapters.text.flags import language_of_emoji, language_of_slack_name
from adapters.text.links import NOTHING, proven, tame
from bot.errors import UsageError
from bot.intents import commands
from bot.understanding.parse import Heard, understand

NOW = datetime(2026, 5, 20, 12, 0, tzinfo=UTC)
ZONE = ZoneInfo("Europe/Lisbon")
PLACE = Place("slack", "T1", "C1")
ANA = Person("U1", "Ana")
SOURCE = Source("1.1", "Ana", NOW, "See https://good.example/a for it", "https://slack.com/archives/C1/p11")

MENTIONS = st.sampled_from(
    ["<!channel>", "<!here>", "@everyone", "<@U1>", "<#C1|x>", "<!subteam^S1>", "`", "```", "\n"]
)
TEXTS = st.lists(st.one_of(MENTIONS, st.text(max_size=12)), max_size=12).map("".join)


def gated(text: str) -> tuple[str, str]:
    tamed = tame(text, NOTHING)
    return as_markdown(tamed), as_mrkdwn(tamed)


@given(TEXTS)
def test_nothing_a_model_writes_mentions_anybody(text: str):
    for shown in gated(text):
        assert "<!" not in shown
        assert "<@U" not in shown
        assert "<#C" not in shown


@given(TEXTS, st.sampled_from(["https://evil.example/x", "http://a.b", "www.evil.example", "slack://x"]))
def test_a_link_that_no_source_holds_is_never_live(text: str, link: str):
    clean = text.replace("`", "").replace("\n", " ")
    for shown in gated(f"{clean} {link} and [here]({link})"):
        assert f"]({link})" not in shown
        assert f"<{link}" not in shown
        assert shown.count(link) == shown.count(f"`{link}`")


def test_a_link_to_a_source_stays_live_under_any_label():
    reply = Reply(f"Read [this]({SOURCE.permalink}).", sources=(SOURCE,))
    assert tame(reply.text, proven(reply, None)) == reply.text


def test_a_link_that_somebody_wrote_in_a_source_shows_its_label_and_its_address_as_code():
    reply = Reply("Read [this](https://good.example/a) or https://good.example/a.", sources=(SOURCE,))
    assert tame(reply.text, proven(reply, None)) == "Read this (`https://good.example/a`) or `https://good.example/a`."


def test_a_link_that_the_asker_wrote_stays_live():
    said = Message("2.2", PLACE, ANA, "what is https://mine.example/x?", NOW)
    request = Request(Intent("ask"), PLACE, ANA, said)
    assert tame("https://mine.example/x", proven(Reply(""), request)) == "https://mine.example/x"


def test_an_image_becomes_its_words():
    assert tame("![a cat](https://evil.example/c.png)", NOTHING) == "a cat (`https://evil.example/c.png`)"


def test_a_list_has_drawn_bullets_where_slack_has_no_lists():
    assert as_mrkdwn("- one\n  - two\n`- code`") == "• one\n  • two\n`- code`"
    assert as_markdown("- one") == "- one"


def test_markdown_keeps_its_quotes_and_emphasis_and_escapes_the_rest():
    assert as_markdown("> **a** < b & c") == "> **a** &lt; b &amp; c"


def test_an_address_in_a_link_keeps_its_ampersand():
    assert as_markdown("[a & b](https://x.example/?c=1&d=2)") == "[a &amp; b](https://x.example/?c=1&d=2)"


@given(st.text(alphabet="ab <>&@`*\n", max_size=400), st.integers(1, 200))
def test_every_page_is_under_slacks_limits(text: str, times: int):
    rendered = render(Reply(text * times), None, ZONE)
    assert len(rendered.pages) <= MOST_PAGES
    for page in rendered.pages:
        assert page.text
        assert len(page.blocks) <= 50
        assert sum(len(block["text"]) for block in page.blocks if block["type"] == "markdown") <= 12_000


def test_an_answer_too_long_for_messages_is_a_file():
    text = "\n\n".join(f"Paragraph {number} " + "word " * 100 for number in range(200))
    rendered = render(Reply(text), None, ZONE)
    assert len(rendered.pages) == 2
    assert rendered.files[0].content.decode() == text
    assert rendered.files[0].description


def test_a_code_block_is_whole_on_every_page():
    rendered = render(Reply("```python\n" + "x = 1\n" * (PAGE // 4) + "```"), None, ZONE)
    assert len(rendered.pages) > 1
    for page in rendered.pages:
        assert page.blocks[0]["text"].count("```") == 2


def test_sources_are_links_with_their_author_time_and_words():
    page = render(Reply("Yes.", sources=(SOURCE,)), None, ZONE).pages[0]
    line = page.blocks[1]["elements"][0]["text"]
    assert line == "1. <https://slack.com/archives/C1/p11|Ana, 20 May 13:00> See `https://good.example/a` for it"


def test_a_source_cannot_mention_by_its_authors_name():
    source = Source("1.1", "<!channel>|<@U1>", NOW, "<!here>", "https://slack.com/archives/C1/p11")
    shown = json.dumps(render(Reply("Yes.", sources=(source,)), None, ZONE).pages[0].blocks)
    assert "<!" not in shown
    assert "<@" not in shown


def test_two_hundred_sources_stay_under_the_limits():
    page = render(Reply("Yes.", sources=(SOURCE,) * 200), None, ZONE).pages[0]
    line = page.blocks[1]["elements"][0]["text"]
    assert len(line) <= 3_000
    assert line.endswith("more")


PRINTED = st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=300)
WINDOWS = st.builds(
    Window,
    last=st.none() | st.integers(1, 10**6),
    since=st.none() | st.datetimes(timezones=st.just(UTC)),
    within=st.none() | st.timedeltas(timedelta(0), timedelta(days=999)),
    thread=st.none() | st.just("1.1"),
    unread=st.booleans(),
)
INTENTS = st.builds(Intent, st.just("ask"), PRINTED, WINDOWS, st.dictionaries(st.just("to"), st.just("pt")))


@given(INTENTS)
def test_a_button_means_after_a_restart_what_it_meant_before(intent: Intent):
    value = encode(intent)
    if value is not None:
        assert len(value) <= MOST
        read = decode(value)
        assert read is not None
        assert encode(read) == value


def test_a_long_question_still_fits_a_button():
    intent = Intent("ask", "what did we decide about the venue? " * 100)
    assert decode(encode(intent) or "") == intent


def test_what_no_button_can_carry_gets_none():
    noise = "".join(chr(0x4E00 + (number * number) % 20_000) for number in range(5_000))
    assert encode(Intent("ask", noise)) is None


@given(st.text(max_size=60))
def test_any_value_of_a_button_is_read_or_refused(value: str):
    decode(value)
    decode("z" + value)


def test_a_button_of_another_version_is_no_intent():
    assert decode('{"v":2,"n":"ask"}') is None


def test_a_shared_answer_is_about_the_messages_of_its_time():
    window = pinned(Intent("summarize", window=Window(within=timedelta(hours=2))), NOW).window
    assert window == Window(since=NOW - timedelta(hours=2), until=NOW)


def meant(name: str, text: str = "") -> Intent:
    found = read_slash(name, text, COMMANDS)
    assert isinstance(found, Typed)
    return understand(found, Heard(COMMANDS, NOW, ZONE))


@pytest.mark.parametrize(
    ("text", "window"),
    [
        ("last 50", Window(last=50)),
        ("since 2h", Window(since=NOW - timedelta(hours=2))),
        ("today", Window(since=datetime(2026, 5, 19, 23, 0, tzinfo=UTC))),
        ("this week", Window(since=datetime(2026, 5, 17, 23, 0, tzinfo=UTC))),
        ("unread", Window(unread=True)),
        ("", EVERYTHING),
    ],
)
def test_a_window_is_read_from_natural_words(text: str, window: Window):
    assert meant("/summarize", text) == Intent("summarize", window=window)


def test_translate_takes_its_language_before_the_text():
    assert meant("/translate", "to German good &amp; cheap") == Intent(
        "translate", "good & cheap", options={"to": "German"}
    )


@pytest.mark.parametrize("text", ["from English to German good day", "to German from English: good day"])
def test_translate_takes_both_languages_in_either_order(text: str):
    assert meant("/translate", text) == Intent("translate", "good day", options={"to": "German", "from": "English"})


@pytest.mark.parametrize("text", ["a good day to everyone", "from the beginning we knew", "en route"])
def test_words_that_name_no_language_are_the_text(text: str):
    assert meant("/translate", text) == Intent("translate", text)


def test_a_summary_takes_wishes_behind_its_window():
    assert meant("/summarize", "last 50 in 3 bullets") == Intent("summarize", "in 3 bullets", Window(last=50))


def test_mood_is_the_sentiment_command():
    assert meant("/mood", "this week").name == "sentiment"


def test_nonsense_after_a_command_is_named_with_what_works():
    with pytest.raises(UsageError, match="purple cats 17") as refused:
        meant("/summarize", "purple cats 17")
    assert refused.value.remedy == "Usage: `/summarize [last 50 | since 2h | today | this week | unread]`"


@pytest.mark.parametrize("name", ["/nope", "/parley"])
def test_an_unknown_command_names_the_known_ones(name: str):
    found = read_slash(name, "frobnicate", COMMANDS)
    assert isinstance(found, Reply)
    assert "`/summarize`" in found.notes[0]


def test_parley_alone_is_help_and_with_a_sentence_is_free_text():
    assert meant("/parley").name == "help"
    assert meant("/parley", "help").name == "help"
    assert meant("/parley", "who brings the projector?") == Intent("ask", "who brings the projector?")


@pytest.mark.parametrize("words", ["summarise this thread", "summarise", "summarize the thread."])
def test_in_a_thread_the_thread_is_meant(words: str):
    heard = Heard(COMMANDS, NOW, ZONE, "1.1")
    assert understand(Typed(words), heard) == Intent("summarize", window=Window(thread="1.1"))


def test_a_question_in_a_thread_is_asked_of_the_channel():
    assert understand(Typed("what did Ana decide?"), Heard(COMMANDS, NOW, ZONE, "1.1")).window == EVERYTHING


@pytest.mark.parametrize(
    ("name", "language"),
    [
        ("flag-pt", "pt"),
        ("flag-br", "pt"),
        ("us", "en"),
        ("jp", "ja"),
        ("flag-wales", "cy"),
        ("uk", "en"),
        ("de", "de"),
    ],
)
def test_a_flag_stands_for_a_language(name: str, language: str):
    assert language_of_slack_name(name) == language


@pytest.mark.parametrize("name", ["+1", "flag-eu", "pt", "checkered_flag", "flag-ptx", "", "flag-🙂🙂"])
def test_what_is_no_countrys_flag_stands_for_none(name: str):
    assert language_of_slack_name(name) is None


def test_a_flag_as_a_character_stands_for_a_language():
    assert language_of_emoji("🇵🇹") == "pt"
    assert language_of_emoji("🙂") is None
    assert language_of_emoji("🇵🇹🇪🇸") is None


def test_the_manifest_has_a_row_for_every_command_and_a_reason_for_every_scope():
    made = manifest(COMMANDS)
    rows = [row["command"] for row in made["features"]["slash_commands"]]
    assert rows == ["/summarize", "/translate", "/ask", "/mood", "/parley"]
    text = manifest_text(COMMANDS)
    assert yaml.safe_load(text) == made
    for scope in made["oauth_config"]["scopes"]["bot"]:
        assert f"- {scope}  # {SCOPES[scope]}\n" in text


def test_the_manifest_keeps_slacks_limits():
    made = manifest(commands())
    assert 174 <= len(made["display_information"]["long_description"]) <= 4_000
    assert len(made["display_information"]["description"]) <= 140
    assert all(len(shortcut["name"]) <= 24 for shortcut in made["features"]["shortcuts"])
    assert all(row["usage_hint"] for row in made["features"]["slash_commands"])
    assert len(made["features"]["slash_commands"]) <= 50
    assert len(made["features"]["agent_view"]["agent_description"]) <= 300
    assert len(made["features"]["agent_view"]["suggested_prompts"]) <= 4
    assert max(map(len, made["settings"]["event_subscriptions"]["bot_events"])) <= 50
    assert made["settings"]["socket_mode_enabled"] is True


def test_a_manifest_for_http_names_the_address_everywhere():
    made = manifest(COMMANDS, "https://parley.example/slack/events")
    assert made["settings"]["socket_mode_enabled"] is False
    assert made["settings"]["event_subscriptions"]["request_url"] == "https://parley.example/slack/events"
    assert all(row["url"] == "https://parley.example/slack/events" for row in made["features"]["slash_commands"])


def test_an_action_is_a_button_with_its_intent():
    page = render(Reply("Yes.", actions=(Action("Again", Intent("ask", "who?")),)), None, ZONE).pages[0]
    button = page.blocks[-1]["elements"][0]
    assert button["text"]["text"] == "Again"
    assert decode(button["value"]) == Intent("ask", "who?")
