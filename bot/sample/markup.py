"""Writes typed Markdown the two ways a Slack export has it: as mrkdwn text and as a block of rich text.

Knows Slack's spelling, and the names it is given; knows no transcript.
"""

import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast

Kind = Literal["text", "fence", "code", "link", "user", "channel", "broadcast", "emoji"]

TOKEN = re.compile(
    r"```(?P<fence>(?:[^`]|`(?!``))+)```"
    r"|`(?P<code>[^`\n]+)`"
    r"|\[(?P<label>[^\]\n]{1,200})\]\((?P<target>https?://[^\s)]+)\)"
    r"|(?P<link>https?://[^\s<>]*[\w/=])"
    r"|@(?P<broadcast>here|channel|everyone)\b"
    r"|@(?P<user>\w+)"
    r"|#(?P<channel>[a-z]\w*)"
    r"|:(?P<emoji>[a-z]\w*):"
)

WRITTEN: dict[Kind, str] = {
    "text": "{text}",
    "fence": "```{text}```",
    "code": "`{text}`",
    "link": "<{target}|{text}>",
    "user": "<@{target}>",
    "channel": "<#{target}|{text}>",
    "broadcast": "<!{text}>",
    "emoji": ":{text}:",
}

# The fields of a rich text element, and whether a piece's text or its target fills them.
ELEMENTS: dict[Kind, dict[str, str]] = {
    "text": {"text": "text"},
    "link": {"url": "target", "text": "text"},
    "user": {"user_id": "target"},
    "channel": {"channel_id": "target"},
    "broadcast": {"range": "text"},
    "emoji": {"name": "text"},
}


@dataclass(frozen=True, slots=True)
class MarkupPiece:
    """A stretch of text of one kind; `target` is the address of a link or the id of a mention."""

    kind: Kind
    text: str
    target: str = ""


def split(text: str, users: Mapping[str, str], channels: Mapping[str, str]) -> Iterator[MarkupPiece]:
    """Cut Markdown into pieces; `users` and `channels` give an id for a name. Raises KeyError for an unknown one."""
    end = 0
    for match in TOKEN.finditer(text):
        if match.start() > end:
            yield MarkupPiece("text", text[end : match.start()])
        yield _piece(match, users, channels)
        end = match.end()
    if end < len(text):
        yield MarkupPiece("text", text[end:])


def mrkdwn(pieces: list[MarkupPiece]) -> str:
    """Return the `text` of a Slack message: mentions and links in angle brackets, &, < and > as entities."""
    return "".join(_written(piece) for piece in pieces)


def rich_text(pieces: list[MarkupPiece], block_id: str) -> dict[str, Any]:
    """Return the `rich_text` block of the same message.

    Here nothing is escaped: what is text and what is markup is known.
    """
    elements: list[dict[str, Any]] = []
    for piece in pieces:
        if piece.kind == "fence":
            code = {"type": "text", "text": piece.text.strip("\n")}
            elements.append({"type": "rich_text_preformatted", "elements": [code]})
            continue
        if not elements or elements[-1]["type"] != "rich_text_section":
            elements.append({"type": "rich_text_section", "elements": []})
        elements[-1]["elements"].append(_element(piece))
    return {"type": "rich_text", "block_id": block_id, "elements": elements}


def _piece(match: re.Match[str], users: Mapping[str, str], channels: Mapping[str, str]) -> MarkupPiece:
    kind, said = match.lastgroup, match[match.lastgroup or 0]
    if kind == "target":
        return MarkupPiece("link", match["label"], said)
    if kind == "link":
        return MarkupPiece("link", "", said)
    known = {"user": users, "channel": channels}.get(kind or "", {said: ""})
    return MarkupPiece(cast("Kind", kind), said, known[said])


def _written(piece: MarkupPiece) -> str:
    text, target = html.escape(piece.text, quote=False), html.escape(piece.target, quote=False)
    if piece.kind == "link" and not text:
        return f"<{target}>"
    return WRITTEN[piece.kind].format(text=text, target=target)


def _element(piece: MarkupPiece) -> dict[str, Any]:
    if piece.kind == "code":
        return {"type": "text", "text": piece.text, "style": {"code": True}}
    values = {"text": piece.text, "target": piece.target}
    fields = {name: values[source] for name, source in ELEMENTS[piece.kind].items() if values[source]}
    return {"type": piece.kind, **fields}
