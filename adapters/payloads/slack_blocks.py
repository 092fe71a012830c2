"""The text of Slack's blocks and attachments, for messages whose own text is empty.

Takes what the API and the exports hold as decoded JSON of any shape, and never raises: what isn't as documented
(https://docs.slack.dev/reference/block-kit/blocks) says nothing.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from adapters.text.coerce import mappings, string
from adapters.text.markup import Names, plain_from_slack

MOST_LEVELS = 8  # rich text nests three deep; hostile JSON nests as deep as it likes


def text_of_blocks(blocks: Any, names: Names) -> str:
    """The blocks' text, a line or paragraph for each."""
    return _lines(_block(block, names, 0) for block in mappings(blocks))


def text_of_attachments(attachments: Any, names: Names) -> str:
    """What attachments say, or their fallback where they say nothing in parts."""
    return _lines(_attachment(attachment, names) for attachment in mappings(attachments))


def _lines(texts: Iterator[str]) -> str:
    return "\n".join(text for text in texts if text.strip())


def _attachment(attachment: Mapping[str, Any], names: Names) -> str:
    parts = (
        plain_from_slack(string(attachment.get(key)), names) for key in ("pretext", "author_name", "title", "text")
    )
    fields = (_field(field, names) for field in mappings(attachment.get("fields")))
    blocks = text_of_blocks(attachment.get("blocks"), names)
    return _lines(iter((*parts, *fields, blocks))) or plain_from_slack(string(attachment.get("fallback")), names)


def _field(field: Mapping[str, Any], names: Names) -> str:
    title, value = (plain_from_slack(string(field.get(key)), names) for key in ("title", "value"))
    return f"{title}: {value}" if title and value else title or value


def _block(block: Mapping[str, Any], names: Names, level: int) -> str:
    kind = block.get("type")
    if level > MOST_LEVELS:
        return ""
    if kind == "rich_text":
        return _lines(_rich(element, names, level + 1) for element in mappings(block.get("elements")))
    if kind == "context":
        return " ".join(filter(None, (_text(element, names) for element in mappings(block.get("elements")))))
    if kind == "markdown":
        return string(block.get("text"))
    fields = (_text(field, names) for field in mappings(block.get("fields")))
    return _lines(iter((_text(block.get("title"), names), _text(block.get("text"), names), *fields, _alt_text(block))))


def _alt_text(block: Mapping[str, Any]) -> str:
    return string(block.get("alt_text")) if block.get("type") in ("image", "video") else ""


def _text(value: Any, names: Names) -> str:
    """A text object: `{"type": "mrkdwn" or "plain_text", "text": …}`."""
    if not isinstance(value, dict):
        return ""
    text = string(value.get("text"))
    return text if value.get("type") == "plain_text" else plain_from_slack(text, names)


def _rich(element: Mapping[str, Any], names: Names, level: int) -> str:
    """One part of a rich text block: a paragraph, a list, code or a quote."""
    kind = element.get("type")
    if level > MOST_LEVELS:
        return ""
    if kind == "rich_text_list":
        return _list(element, names, level)
    text = "".join(_inline(part, names) for part in mappings(element.get("elements")))
    if kind == "rich_text_preformatted":
        return f"```\n{text}\n```"
    return "\n".join(f"> {line}" for line in text.split("\n")) if kind == "rich_text_quote" else text


def _list(element: Mapping[str, Any], names: Names, level: int) -> str:
    indent = element.get("indent")
    margin = "  " * min(indent, MOST_LEVELS) if isinstance(indent, int) else ""
    rows = [_rich(row, names, level + 1) for row in mappings(element.get("elements"))]
    ordered = element.get("style") == "ordered"
    return "\n".join(f"{margin}{f'{number}.' if ordered else '•'} {row}" for number, row in enumerate(rows, 1))


def _inline(part: Mapping[str, Any], names: Names) -> str:
    kind = part.get("type")
    say = INLINE.get(kind) if isinstance(kind, str) else None
    return say(part, names) if say else string(part.get("text"))


def _literal(part: Mapping[str, Any], _: Names) -> str:
    text, style = string(part.get("text")), part.get("style")
    return f"`{text}`" if text and isinstance(style, dict) and style.get("code") is True else text


def _url(part: Mapping[str, Any], _: Names) -> str:
    text, url = string(part.get("text")), string(part.get("url"))
    return url if not text or text in url else f"{text} ({url})"


def _mention(key: str, sign: str, table: Callable[[Names], Mapping[str, str]]) -> "Inline":
    def say(part: Mapping[str, Any], names: Names) -> str:
        identifier = string(part.get(key))
        return sign + table(names).get(identifier, identifier).removeprefix(sign)

    return say


Inline = Callable[[Mapping[str, Any], Names], str]
INLINE: Mapping[str, Inline] = {
    "text": _literal,
    "link": _url,
    "user": _mention("user_id", "@", lambda names: names.users),
    "channel": _mention("channel_id", "#", lambda names: names.channels),
    "usergroup": _mention("usergroup_id", "@", lambda names: names.groups),
    "emoji": lambda part, _: f":{string(part.get('name'))}:",
    "broadcast": lambda part, _: f"@{string(part.get('range'))}",
    "date": lambda part, _: string(part.get("fallback")),
}
