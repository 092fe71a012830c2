"""Takes secrets that people paste out of a text before it is stored: tokens, keys, passwords, card numbers.

A pure, total function of text in linear time: what it returns it leaves alone when given it again.
"""

import re
from collections.abc import Callable, Iterator

from bot.token_shapes import scrambled, tokens

PRIVATE_KEY = re.compile(
    r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----[\s\S]*?(?:-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----|\Z)"
)
IN_ADDRESS = re.compile(r"(?<=://)([^\s/?#@:\[\]]*):((?!\[)[^\s/?#@]+)(?=@)")
STRONG = r"(?:pass(?:word|wd|phrase|code)|pwd|senha|contraseña|passwort|kennwort|mot de passe|mdp)"  # whatever follows
# Behind these what follows must look like a secret.
WEAK = (
    r"(?:pass|pw|clave|secret|token|credentials?|(?:api|auth|account|access|secret|private|signing)[ _-]?(?:key|token))"
)
OPEN = r"""["'`*]*"""
# Code behind a key word is rarely the secret: nothing yet, a call, a look-up.
CODE = r"(?!(?:none|null|nil|true|false|yes|no|expected)(?![^\s,;:)\]}]))(?![a-z_][\w.]{0,80}[(\[])"
VALUE = r"""(?!\[|//)[^\s"'`*,;]"""
ODD = r"(?=\S{0,80}?\d)(?=\S{0,80}?[^\W\d])"  # digits among letters
BE = r"(?:is|was|é|es|ist|est)"
SAID = re.compile(
    rf"(?:(?<![^\W_])|(?-i:(?<=[a-z])(?=[A-Z])))(?:{STRONG}{OPEN}\s?(?:=>|[:=]+)\s?{OPEN}({CODE}{VALUE}{{4,}})"
    rf"|{WEAK}{OPEN}\s?(?:=>|[:=]+)\s?{OPEN}{ODD}({CODE}{VALUE}{{6,}})"
    rf"|(?:{STRONG}|{WEAK})\s{BE}:?\s{OPEN}{ODD}({CODE}{VALUE}{{6,}}))",
    re.IGNORECASE,
)
CARD = re.compile(
    r"(?<![\w.,/-])(?:(?:4\d{3}|5[1-5]\d\d|2[2-7]\d\d|6\d{3})(?:[ -]?\d{4}){3}|3[47]\d\d[ -]?\d{6}[ -]?\d{5}"
    r"|3[068]\d\d[ -]?\d{6}[ -]?\d{4})(?![\w-])"
)
# Every secret has one of these: a long run without a space, a word that introduces one, or groups of digits.
POSSIBLE = re.compile(
    rf"\S{{16}}|\d{{14}}|PRIVATE KEY|[^\W\d]{OPEN}\s?[:=]|\b3\d{{3}} \d{{6}}|\d{{4}} \d{{4}} \d{{4}}"
    rf"|(?:{STRONG}|{WEAK})\s{BE}\b",
    re.IGNORECASE,
)

PASSES, GLUED = 8, 2  # looks at a text at most, and those after which what is glued to a secret goes with it
MARK = re.compile(r"\[(?:token|password|private key|card number) removed\]")

WITH_SLASHES = re.compile(r"(?=.*[A-Z])[A-Za-z0-9+/]{32,}={0,2}")
UNBROKEN = re.compile(rf"(?<![\w+/=~-])(?:{WITH_SLASHES.pattern}(?![\w+/=~-])|[\w+=~-]{{20,}})|(?<=/)[\w+=~-]{{20,}}")

PARTS, SHORTEST = re.compile(r"[A-Za-z0-9+/]+"), 12
ID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")  # some services' keys are such ones

Found = tuple[int, int, str]


def redact(text: str) -> str:
    """Return the text with each secret replaced by what kind of thing it was, such as "[token removed]"."""
    for again in range(PASSES):  # what has gone can lay bare what was glued to it
        before = text
        if POSSIBLE.search(text):
            for find in (_private_keys, _said, _in_addresses, _service_tokens, _cards):
                text = _without(text, find, whole=again >= GLUED)
        if text == before:
            break
    return text


def redacted(text: str) -> tuple[str, int]:
    """Return the text without its secrets, and how many there were."""
    without = redact(text)
    return without, 0 if without == text else len(MARK.findall(without)) - len(MARK.findall(text))


def shown(text: str) -> str:
    """Return the text as an error or a table may show it: without secrets and other strings that look random."""
    return UNBROKEN.sub(lambda run: "[not shown]" if _random(run[0]) else run[0], redact(text))


def _random(run: str) -> bool:
    """Return whether a run, or a long part of it between hyphens, looks random.

    Names of models are words and numbers.
    """
    parts = [part for part in PARTS.findall(run) if len(part) >= SHORTEST]
    return bool(ID.fullmatch(run)) or any(map(scrambled, parts))


def is_secret(value: str) -> bool:
    """Return whether a setting's value looks like a secret.

    In paths only the shapes of tokens count, not a random folder.
    """
    is_path = "/" in value and not WITH_SLASHES.fullmatch(value)
    return value != (redact(value) if is_path else shown(value))


def _without(text: str, find: Callable[[str], Iterator[Found]], *, whole: bool) -> str:
    """Return the text without what is found, `whole` with all that is glued to it."""
    pieces, done = [], 0
    for start, end, kind in sorted(find(text)):
        first, last = _run(text, start, end, done) if whole and start >= done else (start, end)
        if first >= done:
            pieces += [text[done:first], f"[{kind} removed]"]
        done = max(done, last)  # what overlaps goes as one
    return "".join((*pieces, text[done:])) if pieces else text


def _run(text: str, start: int, end: int, done: int) -> tuple[int, int]:
    """Return a place widened to the spaces around it."""
    while start > done and not text[start - 1].isspace():
        start -= 1
    while end < len(text) and not text[end].isspace():
        end += 1
    return start, end


def _private_keys(text: str) -> Iterator[Found]:
    return ((*match.span(), "private key") for match in PRIVATE_KEY.finditer(text))


def _said(text: str) -> Iterator[Found]:
    for match in SAID.finditer(text):
        yield *match.span(match.lastindex or 0), "password"


def _in_addresses(text: str) -> Iterator[Found]:
    return ((*match.span(2), "password") for match in IN_ADDRESS.finditer(text))


def _service_tokens(text: str) -> Iterator[Found]:
    return ((*span, "token") for span in tokens(text))


def _cards(text: str) -> Iterator[Found]:
    return ((*match.span(), "card number") for match in CARD.finditer(text) if _luhn(match[0]))


def _luhn(number: str) -> bool:
    """Return whether the check digit of a card's number is right (ISO/IEC 7812)."""
    digits = [int(each) for each in reversed(number) if each.isdigit()]
    return sum(sum(divmod(2 * each, 10)) if place % 2 else each for place, each in enumerate(digits)) % 10 == 0
