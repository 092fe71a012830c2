"""Slack's and Discord's markup to plain text and back, safely and in linear time."""

import re
import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.text.markup import (
    Names,
    clean,
    clean_name,
    discord_from_markdown,
    markdown_from_plain,
    plain_from_discord,
    plain_from_slack,
    slack_from_markdown,
)

NAMES = Names(
    users={"U1": "Ana Souza", "1": "Ana Souza"},
    channels={"C1": "general", "2": "general"},
    groups={"S1": "devs", "3": "devs"},
)
ALL = (plain_from_slack, plain_from_discord, slack_from_markdown, discord_from_markdown, markdown_from_plain)
UNMARKED = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs"), exclude_characters="<>&*_~`|\\#@[]()!"), max_size=200
)
MARKED = st.text(st.sampled_from("<>@#!&|*_~`\\[]()/:^ab1 \n\0\ud800é") | st.characters(), max_size=120)


@pytest.mark.parametrize(
    ("marked", "plain"),
    [
        ("hi <@U1>, see <#C1|old-name>", "hi @Ana Souza, see #general"),
        ("<@U9|bob> and <@U9>", "@bob and @U9"),
        ("<#C9|> <#C9|random> <#C1>", "#C9 #random #general"),
        ("<!subteam^S1|@x> <!subteam^S2|@ops> <!subteam^S3>", "@devs @ops @S3"),
        ("<!here> <!channel|channel> <!everyone>", "@here channel @everyone"),
        ("<!date^1392734382^{date}|Feb 18, 2014>", "Feb 18, 2014"),
        ("<!date^1392734382^{date}>", "2014-02-18 14:39 UTC"),
        ("<https://a.example/x_y_z?a=1&amp;b=2>", "https://a.example/x_y_z?a=1&b=2"),
        ("<https://a.example|the _docs_>", "the _docs_ (https://a.example)"),
        ("<http://a.example|a.example>", "http://a.example"),
        ("<mailto:a@b.example|a@b.example>", "a@b.example"),
        ("1 &lt; 2 &amp;&amp; 3 &gt; 2", "1 < 2 && 3 > 2"),
        ("&amp;lt;", "&lt;"),
        ("*bold* _italic_ ~gone~ snake_case_name 2*3*4", "bold italic gone snake_case_name 2*3*4"),
        ("*see <https://a.example/_x_|this>*", "see this (https://a.example/_x_)"),
        ("`*not bold* &lt;b&gt;` :tada:", "`*not bold* <b>` :tada:"),
        ("```\nx = *a* &amp; _b_\n```", "```\nx = *a* & _b_\n```"),
        ("<odd thing>", "<odd thing>"),
    ],
)
def test_slack_markup_becomes_plain_text(marked: str, plain: str):
    assert plain_from_slack(marked, NAMES) == plain


@pytest.mark.parametrize(
    ("marked", "plain"),
    [
        ("hi <@1> <@!1> <@9>", "hi @Ana Souza @Ana Souza @9"),
        ("<#2> <@&3>", "#general @devs"),
        ("<:parrot:123> <a:wave:456>", ":parrot: :wave:"),
        ("at <t:1392734382:R>", "at 2014-02-18 14:39 UTC"),
        ("</remind me:123> <https://a.example>", "/remind me https://a.example"),
        ("**bold** *italic* __under__ ~~gone~~ ||spoiler||", "bold italic under gone spoiler"),
        ("# Title\n-# small\n> quote", "Title\nsmall\n> quote"),
        (r"\*not bold\* 2\_3", "*not bold* 2_3"),
        ("`**code**` and\n```py\n__x__\n```", "`**code**` and\n```py\n__x__\n```"),
        ("my_snake_name", "my_snake_name"),
        ("<t:999999999999:R>", "999999999999"),
    ],
)
def test_discord_markup_becomes_plain_text(marked: str, plain: str):
    assert plain_from_discord(marked, NAMES) == plain


@given(UNMARKED)
def test_text_without_markup_is_left_alone(text: str):
    assert plain_from_slack(text) == text
    assert plain_from_discord(text) == text


@given(MARKED)
def test_nothing_raises_and_everything_can_be_stored(text: str):
    for change in ALL:
        change(text).encode("utf-8")
        assert "\0" not in change(text)


@pytest.mark.parametrize("change", ALL)
@pytest.mark.parametrize(
    "piece",
    ["<", "*", "**", "_", "`", "```", "[", "[](", "<@", "&", "|", "||", "\\", "#", "* a", "<a", "~~a ", "\n# ", "@"],
)
def test_hostile_text_takes_linear_time(change: Callable[[str], str], piece: str):
    text = piece * (100_000 // len(piece))
    start = time.perf_counter()
    change(text)
    change("*" + text)
    assert time.perf_counter() - start < 3


@given(MARKED)
def test_what_goes_to_slack_mentions_nobody(text: str):
    sent = slack_from_markdown(text)
    for token in re.findall(r"<([^>]*)>?", sent):
        assert token.startswith(("https://", "http://"))
    assert not re.search(r"@(?:here|channel|everyone)", sent, re.IGNORECASE)


@given(MARKED | st.sampled_from(["@everyone", "<@1>", "<@&1>", "@here", "<@!1>"]))
def test_what_goes_to_discord_mentions_nobody(text: str):
    assert not re.search(r"@(?:here|everyone)|<@[!&]?\d+>", discord_from_markdown(text))


@pytest.mark.parametrize(
    ("markdown", "sent"),
    [
        ("**bold** and *italic* and ~~gone~~", "*bold* and _italic_ and ~gone~"),
        ("## Title\ntext", "*Title*\ntext"),
        ("[docs](https://a.example/?a=1&b=2)", "<https://a.example/?a=1&amp;b=2|docs>"),
        ("[bad](javascript:x) <b>", "[bad](javascript:x) &lt;b&gt;"),
        ("```python\nif a < b: pass\n```", "```\nif a &lt; b: pass\n```"),
        ("`a & b`", "`a &amp; b`"),
        (r"2 \* 3", "2 * 3"),
    ],
)
def test_markdown_becomes_slack_markup(markdown: str, sent: str):
    assert slack_from_markdown(markdown) == sent


@given(UNMARKED | st.text(st.sampled_from("ab*_`~#[]()<> "), max_size=40))
def test_quoted_text_reaches_slack_as_it_was_written(text: str):
    sent = slack_from_markdown(markdown_from_plain(text))
    assert sent.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&").replace("\u200b", "") == clean(text)


def test_quoted_text_keeps_its_marks_on_discord():
    assert discord_from_markdown(markdown_from_plain("**x** [a](b)")) == r"\*\*x\*\* \[a\](b)"


@given(st.text())
def test_names_are_one_line_without_control_characters(name: str):
    cleaned = clean_name(name)
    assert len(cleaned) <= 100
    assert not re.search("[\x00-\x1f\x7f-\x9f\u2028\u202e\ud800-\udfff]", cleaned)


def test_a_name_cannot_turn_the_line_around():
    assert clean_name("evil\u202egnp.exe\n\x1b[31m") == "evil gnp.exe [31m"
