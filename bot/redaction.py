"""Takes secrets that people paste out of a text before it is stored: tokens, keys, passwords, card numbers.

The patterns of services' tokens are detect-secrets'; ours are for what it doesn't look for in prose. A pure, total
function of text: what it returns it leaves alone when given it again.
"""

import re
from collections.abc import Callable, Iterator
from itertools import chain

from detect_secrets.plugins.aws import AWSKeyDetector
from detect_secrets.plugins.azure_storage_key import AzureStorageKeyDetector
from detect_secrets.plugins.discord import DiscordBotTokenDetector
from detect_secrets.plugins.github_token import GitHubTokenDetector
from detect_secrets.plugins.gitlab_token import GitLabTokenDetector
from detect_secrets.plugins.mailchimp import MailchimpDetector
from detect_secrets.plugins.pypi_token import PypiTokenDetector
from detect_secrets.plugins.sendgrid import SendGridDetector
from detect_secrets.plugins.slack import SlackDetector
from detect_secrets.plugins.square_oauth import SquareOAuthDetector
from detect_secrets.plugins.stripe import StripeDetector
from detect_secrets.plugins.telegram_token import TelegramBotTokenDetector
from detect_secrets.plugins.twilio import TwilioKeyDetector

DETECTORS = (
    AWSKeyDetector, AzureStorageKeyDetector, DiscordBotTokenDetector, GitHubTokenDetector, GitLabTokenDetector,
    MailchimpDetector, PypiTokenDetector, SendGridDetector, SlackDetector, SquareOAuthDetector, StripeDetector,
    TelegramBotTokenDetector, TwilioKeyDetector,
)  # fmt: skip
# Tokens that detect-secrets 1.5 doesn't know, knows in an older form, or looks for in more than linear time.
NEWER = re.compile(
    r"\b(?:xapp-[\w-]{20,}|xoxe[.-][\w.-]{20,}|xox[abposrd]-[\w-]{10,}|github_pat_\w{22,}|sk-(?:proj-|ant-)?[\w-]{20,}"
    r"|[rs]k_(?:live|test)_\w{16,}|AIza[\w-]{35}|ya29\.[\w-]{20,}|hf_[A-Za-z0-9]{30,}"
    r"|npm_[A-Za-z0-9]{30,}|[MNO][\w-]{23,27}\.[\w-]{6}\.[\w-]{27,})"
    r"|(?<![\w.-])eyJ[\w-]{8,}+\.[\w-]{8,}+(?:\.[\w-]*+)?"
)
REST = r"[\w-]*"  # a token that is longer than its pattern goes whole
PRIVATE_KEY = re.compile(
    r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----[\s\S]*?(?:-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----|\Z)"
)
IN_ADDRESS = re.compile(r"(?<=://)([^\s/?#@:\[\]]*):((?!\[)[^\s/?#@]+)(?=@)")
STRONG = r"(?:pass(?:word|wd|phrase|code)|pwd|senha|contraseña|passwort|kennwort|mot de passe|mdp)"  # whatever follows
WEAK = r"(?:pass|pw|clave|secret|token|(?:api|access|secret|private)[ _-]?key)"  # what follows must look like a secret
OPEN = r"""["'`*]*"""
VALUE = r"""(?!\[|//)[^\s"'`*,;]"""
ODD = r"(?=\S{0,80}?\d)(?=\S{0,80}?[^\W\d])"  # digits among letters
BE = r"(?:is|was|é|es|ist|est)"
SAID = re.compile(
    rf"(?<![^\W_])(?:{STRONG}{OPEN}\s?(?:=>|[:=]+)\s?{OPEN}({VALUE}{{4,}})"
    rf"|{WEAK}{OPEN}\s?(?:=>|[:=]+)\s?{OPEN}{ODD}({VALUE}{{6,}})"
    rf"|(?:{STRONG}|{WEAK})\s{BE}:?\s{OPEN}{ODD}({VALUE}{{6,}}))",
    re.IGNORECASE,
)
CARD = re.compile(
    r"(?<![\w.,/-])(?:(?:4\d{3}|5[1-5]\d\d|2[2-7]\d\d|6\d{3})(?:[ -]?\d{4}){3}|3[47]\d\d[ -]?\d{6}[ -]?\d{5}"
    r"|3[068]\d\d[ -]?\d{6}[ -]?\d{4})(?![\w-])"
)
# What every secret has: a long run without a space, a word that introduces one, or groups of digits.
POSSIBLE = re.compile(
    rf"\S{{16}}|\d{{14}}|PRIVATE KEY|[^\W\d]{OPEN}\s?[:=]|\b3\d{{3}} \d{{6}}|\d{{4}} \d{{4}} \d{{4}}"
    rf"|(?:{STRONG}|{WEAK})\s{BE}\b",
    re.IGNORECASE,
)

MARK = re.compile(r"\[(?:token|password|private key|card number) removed\]")

Found = tuple[int, int, str]


def _tokens() -> tuple[re.Pattern[str], ...]:
    known = chain.from_iterable(detector.denylist for detector in DETECTORS)
    return (*(re.compile(f"(?:{each.pattern}){REST}", each.flags) for each in known), NEWER)


TOKENS = _tokens()


def redact(text: str) -> str:
    """The text with each secret replaced by what kind of thing it was, such as "[token removed]"."""
    before = None
    while text != before and POSSIBLE.search(text):  # what has gone can lay bare what was glued to it
        before = text
        for find in (_private_keys, _said, _in_addresses, _service_tokens, _cards):
            text = _without(text, find)
    return text


def redacted(text: str) -> tuple[str, int]:
    """The text without its secrets, and how many there were."""
    without = redact(text)
    return without, 0 if without == text else len(MARK.findall(without)) - len(MARK.findall(text))


def _without(text: str, find: Callable[[str], Iterator[Found]]) -> str:
    pieces, done = [], 0
    for start, end, kind in sorted(find(text)):
        if start >= done:
            pieces += [text[done:start], f"[{kind} removed]"]
        done = max(done, end)  # what overlaps goes as one
    return "".join((*pieces, text[done:])) if pieces else text


def _private_keys(text: str) -> Iterator[Found]:
    return ((*match.span(), "private key") for match in PRIVATE_KEY.finditer(text))


def _said(text: str) -> Iterator[Found]:
    for match in SAID.finditer(text):
        yield *match.span(match.lastindex or 0), "password"


def _in_addresses(text: str) -> Iterator[Found]:
    return ((*match.span(2), "password") for match in IN_ADDRESS.finditer(text))


def _service_tokens(text: str) -> Iterator[Found]:
    return ((*match.span(), "token") for pattern in TOKENS for match in pattern.finditer(text))


def _cards(text: str) -> Iterator[Found]:
    return ((*match.span(), "card number") for match in CARD.finditer(text) if _luhn(match[0]))


def _luhn(number: str) -> bool:
    """Whether the check digit of a card's number is right (ISO/IEC 7812)."""
    digits = [int(each) for each in reversed(number) if each.isdigit()]
    return sum(sum(divmod(2 * each, 10)) if place % 2 else each for place, each in enumerate(digits)) % 10 == 0
