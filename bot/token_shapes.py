"""Finds services' tokens in a text, by their shapes in `token_shapes.toml` and by the key words that introduce them."""

import re
import tomllib
from base64 import b64decode
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from itertools import pairwise

STANDS_FOR = {"%hex": "[0-9a-f]", "%b64": "[A-Za-z0-9+/]", "%uuid": "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"}
BEFORE = r"(?<![A-Za-z0-9])"
RUN = re.compile(r"\S{15,}+")  # no token is shorter or has a space
REST = r"[\w-]*+"  # a token that is longer than its pattern goes whole

KIND = r"(?:(?:api|auth|access|client|signing|webhook|bearer|refresh|account|license)[ _-]?)"
KEY_WORD = rf"(?:{KIND}?(?:keys?|tokens?|secrets?|credentials?)|authorization|bearer)"
BETWEEN = r"(?:is|was|for|to|the|my|our|your|new|old|it's|here|prod|production|staging|test|live|dev|api|bearer|basic)"
SERVICES = (
    "airtable|algolia|alibaba|asana|assemblyai|auth0|aws|azure|bitbucket|bitly|box|circleci|cloudflare|cloudinary|codecov|cohere"
    "|coinbase|confluent|consul|contentful|datadog|deepgram|deepseek|discord|dropbox|etsy|fastly|finnhub|freshdesk|gitea|google"
    "|grafana|heroku|hetzner|hubspot|ibm|intercom|jira|kraken|kucoin|launchdarkly|linkedin|linode|lob|looker|mailgun|mapbox"
    "|mattermost|messagebird|mistral|nomad|nylas|okta|opsgenie|oracle|ovh|pagerduty|paypal|plivo|postmark|pushover|railway"
    "|reddit|rollbar|salesforce|sendbird|sentry|slack|snyk|spotify|sumologic|telegram|tiktok|travis|trello|twilio|twitch"
    "|twitter|vonage|vultr|wandb|zendesk|zoho|zoom"
)
JOINT = r"""[\s:=>"'`*(]{1,4}"""
KEYED = re.compile(
    rf"""(?:{BEFORE}(?:{KEY_WORD}|{SERVICES}(?=[\s:=])))(?:{JOINT}(?:{BETWEEN}|{KEY_WORD}|{SERVICES})(?![\w-])){{0,4}}{JOINT}"""
    rf"""([\w-][\w+/.~-]{{15,}}+={{0,2}})""",
    re.IGNORECASE,
)

# What HTTP sends with a request (RFC 7617, RFC 6265): a name with a password, and what tells who is signed in.
BASIC = re.compile(rf"{BEFORE}basic\s{{1,4}}([A-Za-z0-9+/]{{8,4000}}={{0,2}})", re.IGNORECASE)
COOKIE = re.compile(rf"""{BEFORE}(?:set-)?cookie2?:\s{{0,4}}([\w.-]{{1,80}}=[^\n"'`]{{8,4000}})""", re.IGNORECASE)


@cache
def _patterns() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Return the firm shapes and the loose ones, as one pattern each; a quarter of a second, once."""
    rows = tomllib.loads(files("bot").joinpath("token_shapes.toml").read_text(encoding="utf-8"))["shapes"]
    firm = [_spelt(pattern) for _, pattern, _, *loose in rows if not loose]
    loose = [_spelt(pattern) for _, pattern, _, *loose in rows if loose]
    return _any(firm), _any(loose)


def _spelt(pattern: str) -> str:
    for name, meaning in STANDS_FOR.items():
        pattern = pattern.replace(name, meaning)
    return pattern


def _any(patterns: list[str]) -> re.Pattern[str]:
    return re.compile(f"{BEFORE}(?:{'|'.join(patterns)}){REST}")


def tokens(text: str) -> Iterator[tuple[int, int]]:
    """Yield where tokens stand, in no order; they may overlap."""
    runs = list(RUN.finditer(text))
    if not runs:
        return
    firm, loose = _patterns()
    for run in runs:
        yield from (match.span() for match in firm.finditer(text, *run.span()))
        yield from (match.span() for match in loose.finditer(text, *run.span()) if scrambled(match[0]))
    yield from (match.span(1) for match in KEYED.finditer(text) if scrambled(match[1]))
    yield from (match.span(1) for match in BASIC.finditer(text) if _is_name_and_password(match[1]))
    yield from (match.span(1) for match in COOKIE.finditer(text))


def _is_name_and_password(encoded: str) -> bool:
    """Return whether base64 hides two printable words with a colon between them."""
    try:
        name, colon, _ = b64decode(encoded, validate=True).decode().partition(":")
    except ValueError:
        return False
    return bool(name and colon) and name.isprintable()


def scrambled(text: str) -> bool:
    """Return whether characters look random: digits stand among letters all over, as in no word or identifier."""
    kinds = ["0" if each.isdigit() else "A" if each.isupper() else "a" for each in text if each.isalnum()]
    pairs = list(pairwise(kinds))
    changes = sum(a != b for a, b in pairs)
    by_digits = sum(a != b and "0" in (a, b) for a, b in pairs)
    return kinds.count("0") > 1 and by_digits >= max(2, len(kinds) // 12) and changes >= len(kinds) // 5
