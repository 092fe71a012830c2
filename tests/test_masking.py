"""What a translator must not touch leaves the text and comes back; secrets leave it for good."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp.text.masking import PLACEHOLDER, SPAN, Damaged, find, restore, shield, strip

PIECES = [
    "@ana", "#general", "<@U12AB>", "<#C1|general>", "<https://x.io|here>", "https://x.io/a?b=(1)", "me@example.org",
    "`foo bar`", "```\ncode\n```", ":tada:", "🎉", "👩🏽‍💻", "1️⃣", "3.5 GB", "R$ 1.200,50", "10:30", "v1.2.3", "PR-12",
    "config.toml", "snake_case", "XX1", "xx 2", "hello", "50%", "12", ".", " ", "\n", "a", "_", "*", "XX",
]  # fmt: skip


@given(st.lists(st.sampled_from(PIECES)).map("".join) | st.text())
def test_shielding_and_restoring_gives_the_same_text(text: str):
    shielded = shield(text)
    assert restore(shielded.text, shielded.kept) == text


@given(st.lists(st.sampled_from(PIECES)).map("".join) | st.text())
def test_numbers_and_terms_come_back_too(text: str):
    shielded = shield(text, numbers=True, terms="hello|a")
    assert restore(shielded.text, shielded.kept) == text


@given(st.lists(st.sampled_from(PIECES)).map(" ".join))
def test_every_placeholder_appears_once_and_in_order(text: str):
    shielded = shield(text)
    assert [int(m[1]) for m in PLACEHOLDER.finditer(shielded.text)] == list(range(1, len(shielded.kept) + 1))


@pytest.mark.parametrize(
    ("text", "kind", "span"),
    [
        ("ask @ana.silva, please", "mention", "@ana.silva"),
        ("see #release-notes.", "channel", "#release-notes"),
        ("<@U12AB> knows", "markup", "<@U12AB>"),
        ("<https://x.io/a|the page> says", "markup", "<https://x.io/a|the page>"),
        ("<:party:123456> yes", "markup", "<:party:123456>"),
        ("read https://x.io/a?b=1, then", "link", "https://x.io/a?b=1"),
        ("(see www.x.io/a)", "link", "www.x.io/a"),
        ("write to me@example.org.", "email", "me@example.org"),
        ("run `make test` now", "code", "`make test`"),
        ("so:\n```\nx = 1\n```\nok", "fence", "```\nx = 1\n```"),
        ("open ```x = 1", "fence", "```x = 1"),
        ("done :white_check_mark: now", "emoji_code", ":white_check_mark:"),
        ("fine :+1:", "emoji_code", ":+1:"),
        ("great🎉", "emoji", "🎉"),
        ("👩🏽‍💻 codes", "emoji", "👩🏽‍💻"),
        ("it took 350 ms here", "amount", "350 ms"),
        ("about 3.5GB", "amount", "3.5GB"),
        ("it costs R$ 1.200,50 now", "amount", "R$ 1.200,50"),
        ("50% done", "amount", "50%"),
        ("at 10:30 sharp", "moment", "10:30"),
        ("on 2026-11-23", "moment", "2026-11-23"),
        ("release v2 today", "version", "v2"),
        ("python 3.11.4 is", "version", "3.11.4"),
        ("fix PAR-123 first", "ticket", "PAR-123"),
        ("edit config.example.toml", "file", "example.toml"),
        ("in /etc/hosts there", "path", "/etc/hosts"),
        ("call load_model() twice", "name", "load_model()"),
        ("pass --dry-run", "name", "--dry-run"),
        ("commit 3f2a9bc broke it", "hash", "3f2a9bc"),
    ],
)
def test_a_span_is_found(text: str, kind: str, span: str):
    assert (kind, span) in [(found.kind, text[found.start : found.end]) for found in find(text)]


@pytest.mark.parametrize(
    "text", ["Hello there.", "and/or", "It's 5 o'clock: go!", "a - b", "Seite 3", "10 people", "e.g."]
)
def test_plain_words_are_left_to_the_translator(text: str):
    assert shield(text).text == text


def test_a_placeholder_that_is_lost_is_noticed():
    shielded = shield("ask @ana and @rui")
    with pytest.raises(Damaged):
        restore("pergunte a XX1", shielded.kept)


def test_a_placeholder_that_comes_twice_is_noticed():
    with pytest.raises(Damaged):
        restore("XX1 e XX1", shield("@ana").kept)


def test_a_placeholder_that_was_never_given_out_is_noticed():
    with pytest.raises(Damaged):
        restore("olá XX7", shield("hello").kept)


def test_spans_may_come_back_in_another_order():
    assert restore("XX2 foi visto por XX1", shield("@ana saw @rui").kept) == "@rui foi visto por @ana"


def test_an_emoji_at_a_word_stays_at_it():
    shielded = shield("great🎉 work")
    assert restore(shielded.text.replace("great", "bom").replace("work", "trabalho"), shielded.kept) == "bom🎉 trabalho"


def test_stripping_leaves_the_words():
    assert strip("@ana look: https://x.io 🎉").split() == ["look:"]


MORE = [
    *PIECES,
    "xD",
    "--flag",
    "main()",
    "www.-a",
    "(no)",
    "well-known",
    "é",
    "*\u20e3",
    "\u0663",
    "[NAME]",
    "5€",
    "%",
]


@given(st.lists(st.sampled_from(MORE)).map("".join) | st.text() | st.text(alphabet="awxXD .-()'!?,\n\u00e9[]%*~"))
def test_a_text_that_looks_plain_has_nothing_to_strip(text: str):
    assert strip(text) == SPAN.sub(" ", text)
