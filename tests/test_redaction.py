import re
import time
import tomllib
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from synthetic_tokens import SERVICES, synthetic

from bot.redaction import redact

# Put together here so that no scanner takes this file for a leak.
SLACK_BOT = "xoxb-" + "123456789012-123456789012-" + "abcdefghijklmnopqrstuvwx"
SLACK_APP = "xapp-1-" + "A0123456789-1234567890123-" + "0123456789abcdef" * 4
DISCORD = "MTA0NzY2MjE5MDQ2MDM5OTYxNg." + "GabcdE." + "abcdefghijklmnopqrstuvwxyz-0123456789AB"
JWT = "eyJhbGciOiJIUzI1NiJ9." + "eyJzdWIiOiIxMjM0In0." + "dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"
KEY = "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA\nabcdef\n-----END RSA PRIVATE KEY-----"

TOKENS = {
    "slack bot": SLACK_BOT,
    "slack app": SLACK_APP,
    "discord": DISCORD,
    "jwt": JWT,
    "aws": "AKIA" + "IOSFODNN7EXAMPLE",
    "github": "ghp_" + "a1B2" * 9,
    "github fine-grained": "github_pat_" + "11ABCDEFG0" * 5,
    "gitlab": "glpat-" + "abcdefghij0123456789",
    "stripe": "sk_live_" + "4eC39HqLyjWDarjtT1zdp7dc",
    "openai": "sk-proj-" + "abcdefghijklmnopqrstuvwxyz0123456789",
    "hugging face": "hf_" + "abcdefghijklmnopqrstuvwxyzABCDEFGH",
    "google": "AIza" + "SyA1234567890abcdefghijklmnopqrstuv",
    "sendgrid": "SG." + "a" * 22 + "." + "b" * 43,
    "telegram": "123456789:" + "AAabcdefghijklmnopqrstuvwxyz0123456",
}


@pytest.mark.parametrize("token", TOKENS.values(), ids=TOKENS)
@pytest.mark.parametrize("sentence", ["use {} until Monday", "`{}`", "KEY={}", "first line\n{}\nlast line"])
def test_a_token_is_taken_out_and_the_words_around_it_stay(token: str, sentence: str):
    redacted = redact(sentence.format(token))
    before, after = sentence.split("{}")
    assert token[-12:] not in redacted
    assert redacted.startswith(before)
    assert redacted.endswith(after)
    assert "removed]" in redacted


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("password: hunter2!", "password: [password removed]"),
        ("the Password is `Tr0ub4dor&3`", "the Password is `[password removed]`"),
        ("senha: abacaxi", "senha: [password removed]"),
        ("mot de passe : azerty99", "mot de passe : [password removed]"),
        ("export API_KEY=abc123def456", "export API_KEY=[password removed]"),
        ("postgres://bob:s3cret@db.example.com/x", "postgres://bob:[password removed]@db.example.com/x"),
        ("card 4111 1111 1111 1111, 12/29", "card [card number removed], 12/29"),
        ("amex 378282246310005", "amex [card number removed]"),
        (f"here it is\n{KEY}\nthanks", "here it is\n[private key removed]\nthanks"),
        ("-----BEGIN OPENSSH PRIVATE KEY-----\ncut off", "[private key removed]"),
    ],
)
def test_what_people_paste_is_replaced_by_what_it_was(text: str, expected: str):
    assert redact(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "the password is wrong, sorry",
        "Pass: the salt please",
        "the key: patience",
        "commit 6dcb09b5b57875f334f61aebed695e2e4193db5e",
        "order 4111111111111112 and 1234567890123456",
        "https://example.com/a/b?token_type=long&x=1",
        "channel 1047662190460399616, message 1683000000.123456",
        "At 10:30 we meet; budget = 1,200 EUR",
        "mount -o password=None, user=bob",
        "password = getpass.getpass(prompt)",
        "token=row[10], key = tokenizer2.next_token(text)",
        "sk-fading-circle-container-large-2 is a class of that sheet",
        "https://github.com/a/b/commit/6dcb09b5b57875f334f61aebed695e2e4193db5e fixes the token bug",
        "the secret is 3 eggs, the key for bo is under the mat",
        "uuid 123e4567-e89b-12d3-a456-426614174000, sha256:" + "0a" * 32,
        "test_that_live_tokens_are_not_confused_with_identifiers_in_python3",
        "",
    ],
)
def test_ordinary_words_numbers_and_links_stay(text: str):
    assert redact(text) == text


redact(JWT)  # the patterns are compiled once, which is not a part of any test

PIECES = st.sampled_from(
    [
        *TOKENS.values(),
        KEY,
        "password: ",
        "token is ",
        "://a:b@c",
        "[",
        "]",
        " ",
        "\n",
        "4111 1111 1111 1111",
        "removed",
        "=",
    ]
)


@given(st.one_of(st.text(), st.lists(PIECES, max_size=8).map("".join)))
@example("password: [password removed]: x1234567")
def test_redacting_twice_is_redacting_once(text: str):
    once = redact(text)
    assert redact(once) == once


# Tokens of many services (tests/synthetic_tokens.py)


def found(service: str, token: str, sentence: str = "hey, use {} until Monday") -> bool:
    """Whether nothing of a token's second half is left; of a named one, of its last word."""
    secret = token.rpartition(" ")[2].rpartition("Token=")[2] if "named" in service else token
    return secret[len(secret) // 2 :] not in redact(sentence.format(token))


def test_there_are_sixty_services_and_more():
    assert len(SERVICES) > 100


@pytest.mark.parametrize("service", SERVICES)
def test_a_services_tokens_are_found_wherever_they_stand(service: str):
    drawn = [token for name, token in synthetic(len(SERVICES) * 8, seed=11) if name == service]
    for sentence in ("hey, use {} until Monday", "`{}`", "({})", "X={};", "see {}", "{}\nthanks"):
        assert sum(found(service, token, sentence) for token in drawn) >= 7, sentence


def test_of_two_hundred_and_of_two_thousand_tokens_97_percent_are_found():
    for count, seed in ((200, 1), (2_000, 2)):
        hits = [found(service, token) for service, token in synthetic(count, seed)]
        assert sum(hits) / len(hits) >= 0.97


def test_every_shape_names_its_source_and_is_a_pattern():
    rows = tomllib.loads((Path(__file__).parent.parent / "bot" / "token_shapes.toml").read_text())["shapes"]
    assert len({row[0] for row in rows}) > 100
    for service, pattern, source, *loose in rows:
        re.compile(pattern)
        assert service
        assert re.fullmatch(r"[\w.-]+\.\w+/?\S*", source), source
        assert loose in ([], ["loose"])


def test_a_token_of_the_older_form_is_taken_out_of_an_address():
    address = "https://api.telegram.org/bot" + "1234567890:" + "AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw" + "/sendMessage"
    assert redact(address) == "https://api.telegram.org/[token removed]/sendMessage"


def seconds(text: str) -> float:
    """The least of three times of the processor."""
    times = []
    for _ in range(3):
        started = time.process_time()
        redact(text)
        times.append(time.process_time() - started)
    return min(times)


REPEATED = (
    *(
        "token=",
        "token is ",
        "secret key for ",
        "password: ",
        "eyJ-",
        "eyJa.",
        "eyJaaaaaaaa.",
        "sk-",
        "xoxb-1-",
        "//a/",
    ),
    *("://a:", "://a:b@", "AKIA", "4111 ", "aws key ", "datadog ", "-----BEGIN PRIVATE KEY", "a" * 9, "glpat-", "A1-"),
    *("a.b", "[token removed]", "'\"`*", "mot de passe ", "t1.", "1//0", "pass is a1b2c3 ", "key ", "=", "0a_"),
)


@pytest.mark.parametrize("repeated", [*REPEATED, *(token[:9] + "-" for _, token in synthetic(len(SERVICES)))])
def test_twice_the_text_takes_about_twice_the_time(repeated: str):
    short, long = ((repeated * size)[:size] for size in (10_000, 40_000))
    assert seconds(long) < 4 * 3 * max(seconds(short), 0.005)  # quadratic would be sixteen times


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Authorization: Bearer q7Rt2mXv9Lp4Zs8Kd1Wc", "Authorization: Bearer [token removed]"),
        ('curl -H "Authorization: Bearer q7Rt2mXv9Lp4Zs8Kd1Wc"', 'curl -H "Authorization: Bearer [token removed]"'),
        ("Authorization: Basic bGluYTpodW50ZXI=", "Authorization: Basic [token removed]"),
        ("Cookie: sid=8f3kd92ls0; theme=dark", "Cookie: [token removed]"),
        ("set-cookie: auth=q7Rt2mXv9Lp4; Path=/", "set-cookie: [token removed]"),
    ],
)
def test_what_http_sends_to_sign_somebody_in_is_taken_out(text: str, left: str):
    assert redact(text) == left


@pytest.mark.parametrize(
    "text",
    ["Authorization: Bearer $TOKEN", "the bearer of good news", "basic mistakes cost us", "a basic authentication page",
     "cookie: nothing but crumbs"],
)  # fmt: skip
def test_words_that_http_uses_too_are_left(text: str):
    assert redact(text) == text
