"""Reads what people type about a bridge: asked for, confirmed with a code, ended, and one's own messages left out."""

import re
from dataclasses import dataclass
from typing import Literal

from nlp.text.names import NAMES, code_of

READ = 300  # characters that are looked at
IN = r"(?:\s+(?:in\s*to|to|in|para|em|en|auf|ins?|nach)\s+(?P<language>\S.*?))?[\s.!]*"
STATUS = re.compile(r"(?:status)?[\s?.!]*", re.IGNORECASE)
OFF = re.compile(r"(?:off|stop|end)[\s.!]*", re.IGNORECASE)
OWN = re.compile(r"(?:mine|my\s+messages)\s+(?P<way>on|off)[\s.!]*", re.IGNORECASE)
CODE = re.compile(rf"(?:code\s+)?(?P<code>[A-Z2-9]{{4}}-[A-Z2-9]{{4}}){IN}", re.IGNORECASE)
ASK = re.compile(rf"(?:with\s+|to\s+)?(?:new|on|(?P<channel><?#\S+)){IN}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class BridgeWish:
    """A wish about a bridge. `language` is the code of this side's, "" for none; `unknown` a word that names none.

    `channel` is what the other one is called where it was named, `code` what confirms.
    """

    kind: Literal["status", "off", "spare", "unspare", "ask", "confirm"]
    language: str = ""
    unknown: str = ""
    channel: str = ""
    code: str = ""


def read(words: str) -> BridgeWish | None:
    """Return what the words want, None where they can't be read."""
    words = words.strip()[:READ]
    if STATUS.fullmatch(words):
        return BridgeWish("status")
    if OFF.fullmatch(words):
        return BridgeWish("off")
    if own := OWN.fullmatch(words):
        return BridgeWish("unspare" if own["way"].casefold() == "on" else "spare")
    if given := CODE.fullmatch(words):
        return BridgeWish("confirm", *_language(given["language"]), code=given["code"].upper())
    if asked := ASK.fullmatch(words):
        return BridgeWish("ask", *_language(asked["language"]), channel=asked["channel"] or "")
    return None


def _language(word: str | None) -> tuple[str, str]:
    """Return the code of the language that is named, and the word where it names none."""
    code = code_of(word) if word else ""
    return (code, "") if code in {"", *NAMES} else ("", word or "")
