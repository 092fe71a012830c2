"""What must survive a translation does: emphasis, code, links, emoji, numbers and names, in generated messages."""

import asyncio
import os
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.chat import UNREAD, Message, Person, Place, Reply, Request
from adapters.discord.surfaces.rendering import render as on_discord
from adapters.slack.surfaces.rendering import render as on_slack
from adapters.text.markup import Names, written_in_discord, written_in_slack
from nlp.core import Core
from nlp.profiles import profile
from nlp.translation.chat import ChatTranslation, translate

pytestmark = [pytest.mark.starter, pytest.mark.timeout(900)]

PLACE, ANA = Place("slack", "T1", "C1"), Person("U1", "Ana")
NAMES = Names(users={"U2": "Benedita", "2": "Benedita"}, channels={"C7": "cais", "7": "cais"})
AT_ONCE = 50  # messages of a batch
TIMES = int(os.environ.get("PARLEY_TEST_BATCHES", "1"))  # batches for each of two platforms; 20 are 2,000 messages
PHRASES = (
    "o barco chega amanhã", "temos de pintar o casco", "a reunião foi adiada", "quem traz as chaves do cais",
    "o jantar correu bem", "precisamos de mais cordas",
)  # fmt: skip
KEPT = (
    "`git pull`", "https://example.org/barco?x=1", ":tada:", "🎉", "14:30", "CAIS-42", "`a_b(c)`", "v2.3.1", "37,50 €",
)  # fmt: skip
SLACK = (("*{}*", "_{}_", "~{}~", "<https://example.org/plano|{}>", "{}"), ("<@U2>", "<#C7|cais>"))
DISCORD = (("**{}**", "_{}_", "~~{}~~", "[{}](https://example.org/plano)", "||{}||", "{}"), ("<@2>", "<#7>"))
STAYS = re.compile(
    r"`[^`]+`|https://\S+?(?=[.!?]?(?:[)\s,`]|$))|:tada:|🎉|14:30|CAIS-42|@Benedita|#cais|v2\.3\.1|37,50 €"
)
MARK = re.compile(r"\*\*|~~|\|\||(?<!\w)_(?=\w)|(?<=\w)_(?!\w)")
Say = Callable[[Sequence[str]], Sequence[str]]


def messages(marks: tuple[str, ...], names: tuple[str, ...]) -> st.SearchStrategy[list[str]]:
    """Batches of Portuguese sentences with something marked and something that must stay."""
    sentence = st.builds(
        lambda first, mark, second, more, end: f"{first.capitalize()}, {mark.format(second)} {more}{end}",
        st.sampled_from(PHRASES), st.sampled_from(marks), st.sampled_from(PHRASES), st.sampled_from((*KEPT, *names)),
        st.sampled_from((".", "!", "?", "")),
    )  # fmt: skip
    text = st.lists(sentence, min_size=1, max_size=2).map("\n".join)
    return st.lists(text, min_size=AT_ONCE, max_size=AT_ONCE)


def kept_in(text: str) -> Counter[str]:
    """What may not change, and how often each stands in a text."""
    plain = STAYS.sub(" ", text.replace("\u200b", ""))
    return Counter(STAYS.findall(text.replace("\u200b", ""))) + Counter(MARK.findall(plain))


@pytest.fixture(scope="module")
def say() -> Iterator[Say]:
    """The packaged model, from Portuguese into English, as a channel's translation has it."""
    core = Core(profile("starter"))
    with asyncio.Runner() as runner:
        runner.run(core.__aenter__())

        async def all_of(texts: Sequence[str]) -> list[str]:
            made = await translate(core, texts, "en", languages=["pt"] * len(texts), sure=True)
            return [each.text for each in made if isinstance(each, ChatTranslation)]

        yield lambda texts: runner.run(all_of(texts))
        runner.run(core.__aexit__(None, None, None))


def asked(written: str) -> Request:
    return Request(UNREAD, PLACE, ANA, Message("1", PLACE, ANA, written, datetime(2026, 5, 3, tzinfo=UTC)))


generated = settings(max_examples=TIMES, deadline=None, database=None, suppress_health_check=list(HealthCheck))


@generated
@given(texts=messages(*SLACK))
def test_what_slack_marks_and_keeps_stands_in_the_post_as_it_was(say: Say, texts: list[str]):
    for text, shown in zip(written := [written_in_slack(each, NAMES) for each in texts], say(written), strict=True):
        (page,) = on_slack(Reply(shown), asked(text), ZoneInfo("UTC")).pages
        assert kept_in(page.blocks[0]["text"]) == kept_in(text)
        assert "<@" not in page.text


@generated
@given(texts=messages(*DISCORD))
def test_what_discord_marks_and_keeps_stands_in_the_post_as_it_was(say: Say, texts: list[str]):
    for text, shown in zip(written := [written_in_discord(each, NAMES) for each in texts], say(written), strict=True):
        (page,) = on_discord(Reply(shown), asked(text), ZoneInfo("UTC")).pages
        assert kept_in(page.replace("<http", "http").replace(">", "")) == kept_in(text)
