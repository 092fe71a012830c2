"""Brings a chat text or a tweet into the form that the sentiment adapter was trained on.

Used by training and by inference alike, so that the two can't drift apart. It changes nothing that a reader would
call the tone: case and punctuation stay. It knows no platform's markup; texts reach it plain.
"""

import html
import re
import unicodedata

LINK = re.compile(r"(?:https?://|www\.)\S+")
MENTION = re.compile(r"(?<!\w)@\w[\w.-]*")
MASKED_NAME = re.compile(r"\[NAME\]")  # GoEmotions hides people's names behind this
HASHTAG = re.compile(r"(?<!\w)#(\w+)")
CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
SHORTCODE = re.compile(r"(?<!\w):([a-z][a-z0-9_+-]*):(?!\w)")
STRETCHED = re.compile(r"([^\W\d]|[!?.])\1{3,}")  # letters and marks, never digits
JOINERS = dict.fromkeys([0x200D, 0xFE0F], " ")
FIRST_PICTOGRAPH = "\u2190"


def normalize(text: str) -> str:
    """Return one line with names as `@user`, links as `http`, emoji as words, and hashtags split into theirs."""
    text = LINK.sub("http", html.unescape(text))
    text = MASKED_NAME.sub("@user", MENTION.sub("@user", text))
    text = HASHTAG.sub(lambda tag: f"# {CAMEL.sub(' ', tag[1])}", text)
    text = SHORTCODE.sub(lambda code: f" {code[1].replace('_', ' ')} ", text)
    text = STRETCHED.sub(r"\1\1\1", spell_emoji(text))
    return " ".join(text.split())


def spell_emoji(text: str) -> str:
    """Return emoji as their Unicode names, because a vocabulary of words has no entry for most of them."""
    return "".join(map(spell_symbol, text.translate(JOINERS)))


def spell_symbol(character: str) -> str:
    """Return the name of a pictograph in lower case; every other character as it is."""
    if character < FIRST_PICTOGRAPH or unicodedata.category(character) not in {"So", "Sk"}:
        return character
    return f" {unicodedata.name(character, '').lower().replace(' with ', ' ').replace(' face', '')} "
