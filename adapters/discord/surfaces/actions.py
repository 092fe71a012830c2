"""Buttons that survive a restart: what a press means, in the 100 characters that Discord keeps with a button.

An intent is squeezed: deflate with a dictionary of what intents are made of, and 14 bits to a character, all of them
ideographs, which nothing on the way folds or trims. One that is still too long has no button.
"""

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import discord

from adapters.chat import Intent
from adapters.platform.actions import FEEDBACK, intent_of, text_of

MOST = 100
MOST_LABEL = 80
MOST_BUTTONS = 25
PREFIX = "parley1."
DO, SHARE, CANCEL, THREAD, ASK = "d", "s", "c", "t", "a"

BITS = 14
FIRST = 0x4E00  # the first ideograph; 2**14 from here are all assigned
DICTIONARY = (
    b'"window":"channel":"language":"question","from":"last":"within":"thread":"unread":true,"until":"2026-","since":"2026-'
    b'T00:00:00+00:00"what did we decide about the how why when where which does is are there "to":"de""es""fr""en""pt"'
    b'{"v":1,"n":"catchup"{"v":1,"n":"sentiment"{"v":1,"n":"translate","a":"{"v":1,"n":"summarize","w":{"last":'
    b'{"v":1,"n":"ask","a":"'
)


@dataclass(frozen=True, slots=True)
class Button:
    """A button: what stands on it and what Discord sends back when it is pressed."""

    label: str
    custom_id: str


def encode(kind: str, intent: Intent) -> str | None:
    """Return the button's id for an intent, or None for one that is too long."""
    squeeze = zlib.compressobj(9, zlib.DEFLATED, -15, zdict=DICTIONARY)
    value = PREFIX + kind + pack(squeeze.compress(text_of(intent).encode()) + squeeze.flush())
    return value if len(value) <= MOST else None


def decode(payload: str) -> Intent | None:
    """Return the intent of such an id's payload, or None for one that can't be read."""
    try:
        text = zlib.decompressobj(-15, zdict=DICTIONARY).decompress(unpack(payload), 10_000)
        return intent_of(text.decode())
    except (ValueError, zlib.error):
        return None


def judged(message: discord.Message) -> str:
    """Return the token of the answer that a message holds, from the buttons under it, or "" where there are none."""
    for custom_id in _custom_ids(message):
        kind, payload = split(custom_id)
        intent = decode(payload) if kind == DO else None
        if intent is not None and intent.name == FEEDBACK:
            return intent.options.get("reply", "")
    return ""


def _custom_ids(message: discord.Message) -> Iterator[str]:
    for row in message.components:
        for each in getattr(row, "children", ()):
            yield getattr(each, "custom_id", None) or ""


def plain(kind: str, payload: str = "") -> str:
    """Return the button's id for a short text."""
    return f"{PREFIX}{kind}{payload}"[:MOST]


def split(custom_id: str) -> tuple[str, str]:
    """Return the kind and the payload of an id; two empty strings for one that isn't Parley's, or another version's."""
    if not custom_id.startswith(PREFIX) or len(custom_id) == len(PREFIX):
        return "", ""
    return custom_id[len(PREFIX)], custom_id[len(PREFIX) + 1 :]


def pack(data: bytes) -> str:
    """Return the bytes as ideographs of 14 bits each, the last of them filled up with zeros."""
    number, size = int.from_bytes(data, "big"), len(data) * 8
    digits = -(-size // BITS)
    number <<= digits * BITS - size
    return "".join(chr(FIRST + (number >> BITS * place & (1 << BITS) - 1)) for place in reversed(range(digits)))


def unpack(text: str) -> bytes:
    """Return the bytes behind ideographs, with the zeros that filled them up. Raises ValueError for any other text."""
    number = 0
    for char in text:
        digit = ord(char) - FIRST
        if not 0 <= digit < 1 << BITS:
            raise ValueError("no ideograph of a button")
        number = number << BITS | digit
    size = len(text) * BITS // 8
    return (number >> len(text) * BITS - size * 8).to_bytes(size, "big")


def view_of(buttons: Sequence[Button]) -> discord.ui.View | None:
    """Return the buttons as discord.py sends them, None without any.

    The library keeps none: Parley reads the presses.
    """
    if not buttons:
        return None
    view = discord.ui.View(timeout=None)
    for button in buttons[:MOST_BUTTONS]:
        view.add_item(discord.ui.Button(label=button.label[:MOST_LABEL] or "…", custom_id=button.custom_id))
    view.stop()
    return view


def view_without(custom_id: str, message: discord.Message) -> discord.ui.View | None:
    """Return the buttons that stand under a message, but for that one, or None where there is no other."""
    view = discord.ui.View.from_message(message, timeout=None)
    for item in view.children:
        if getattr(item, "custom_id", None) == custom_id:
            view.remove_item(item)
    view.stop()
    return view if view.children else None
