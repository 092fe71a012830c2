"""The gate for links and for what people wrote: text of others is text, on every platform, whatever it holds."""

import re
import time
from collections.abc import Callable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.chat import Intent, Message, Person, Place, Reply, Request, Source, Typed
from adapters.discord.surfaces.rendering import render as on_discord
from adapters.slack.surfaces.rendering import render as on_slack
from adapters.text.links import NOTHING, Proven, as_written, literal, proven, tame
from adapters.text.markup import CODE, clean
from bot.conversation.quoting import quoted

ZONE = ZoneInfo("UTC")
NOON = datetime(2026, 5, 20, 12, tzinfo=UTC)
PLACE, ANA, EVE = Place("slack", "T1", "C1"), Person("U1", "Ana"), Person("U2", "Eve")
LINK = "https://slack.com/archives/C1/p11"

MASKED = [
    "[the form](https://evil.example/?d=1)",
    "![the form](https://evil.example/a.png)",
    "[the form](<https://evil.example/?d=1>)",
    "[the form]( https://evil.example/ 'a title')",
    "[the form](https://evil.example/a_(b))",
    "[the form](https://evil.example/a_(b)",
    "[the form](slack://evil.example)",
    "[the form](mailto:eve@evil.example)",
    "[the form][1]\n\n[1]: https://evil.example/",
    "<https://evil.example|the form>",
    "[[the form]](https://evil.example/)",
    "\\[the form](https://evil.example/)",
]
BARE = [
    "https://evil.example/x",
    "www.evil.example/x",
    "discord.gg/abcdef",
    "evil.example/login",
    "ftp://evil.example/x",
]


def shown(reply: Reply, request: Request | None = None) -> list[str]:
    """What each platform is sent: the text of the answer and what stands below it."""
    slack = on_slack(reply, request, ZONE).pages
    texts = [block["text"] for page in slack for block in page.blocks if block["type"] == "markdown"]
    below = [
        each["text"] for page in slack for block in page.blocks for each in block.get("elements", ()) if "text" in each
    ]
    return ["\n".join(texts), "\n".join(on_discord(reply, request, ZONE).pages), "\n".join(below), slack[0].text]


def outside_code(text: str) -> str:
    return "".join(part for index, part in enumerate(CODE.split(text)) if index % 2 == 0)


@pytest.mark.parametrize("written", MASKED + BARE)
@pytest.mark.parametrize("by", ["model", "quotation", "source", "note"])
def test_what_others_wrote_is_never_a_live_link(written: str, by: str):
    said = f"Look: {written} now."
    source = Source("1.1", "Eve", NOON, said, LINK)
    reply = {
        "model": Reply(said, (source,)),
        "quotation": Reply(quoted(said), (source,)),
        "source": Reply("Yes.", (source,)),
        "note": Reply("Yes.", (source,), (said,)),
    }[by]
    for number, text in enumerate(shown(reply)):
        plain = outside_code(text).replace(LINK, "")
        assert "evil.example" not in re.sub(r"eve@evil\.example", "", plain), text
        assert "discord.gg" not in plain, text
        in_markdown = number < 2  # the others are in Slack's own markup, which has no such links
        assert not (in_markdown and re.search(r"(?<!\\)\]\((?!<?>?\))[^ `]", plain)), text


def test_addresses_are_live_where_the_asker_typed_them_and_in_proof_only():
    mine, his = "https://mine.example/a", "https://his.example/a"
    reply = Reply(f"{mine} and {his} and [3 May]({LINK}) and [mine]({mine})", (Source("1.1", "Eve", NOON, his, LINK),))
    expected = f"{mine} and `{his}` and [3 May]({LINK}) and mine (`{mine}`)"
    typed = Request(Intent("ask"), PLACE, ANA, typed=Typed(f"what is {mine}?"))
    said = Request(Intent("ask"), PLACE, ANA, Message("2.2", PLACE, ANA, f"what is {mine}?", NOON))
    for request in (typed, said):
        assert tame(reply.text, proven(reply, request)) == expected
    about = Request(Intent("translate", his), PLACE, ANA, Message("2.2", PLACE, EVE, f"see {his} {mine}", NOON))
    assert tame(mine, proven(Reply(""), about)) == f"`{mine}`"


def test_signs_of_markdown_in_a_quotation_are_shown_and_code_stays_code():
    said = "# Title\n**bold** | a | b |\n- point\n1. one\n=====\n`x*y` and ```\n**z**\n```"
    text = quoted(said)
    assert not re.search(r"^> (?:#|- |1\.|=)", text, re.MULTILINE)
    assert "**bold**" not in text
    assert "`x*y`" in text
    assert as_written(text) == "\n".join(f"> {line}" for line in said.splitlines())


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\\\u200b"), max_size=200))
def test_what_was_escaped_reads_as_it_was_written(text: str):
    assert as_written(literal(text)) == clean(text)


@given(
    st.lists(st.sampled_from(["[", "]", "(", ")", "<", ">", "!", "\\", "`", " ", "a", "https://evil.example/x", "\n"]))
)
def test_no_arrangement_of_brackets_makes_a_link_live(pieces: list[str]):
    tamed = tame("".join(pieces), NOTHING)
    assert "https://" not in outside_code(tamed)
    assert not re.search(r"(?<!\\)\]\([^ `)]", outside_code(tamed))


def seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


@pytest.mark.parametrize(
    "piece", ["[x](", "[x](a", "a.", "[", "](", "x://", "www.", "`", "[x](((", "\\[", "- \n", "<", "a-"]
)
def test_twice_the_text_takes_about_twice_the_time(piece: str):
    allowed = Proven(frozenset({LINK}))
    short, long = piece * 10_000, piece * 40_000
    for work in (lambda text: tame(text, allowed), literal, as_written):
        once = min(seconds(lambda work=work: work(short)) for _ in range(3))
        assert seconds(lambda work=work: work(long)) < 12 * once + 0.2


@pytest.mark.parametrize(
    "written", ["<https://evil.example/x>", "<https://evil.example/x|form>", "(<https://evil.example/x>)"]
)
def test_an_address_in_angle_brackets_is_code_without_the_sign_that_escapes_them(written: str):
    assert "`https://evil.example/x`" in tame(literal(written), NOTHING)
