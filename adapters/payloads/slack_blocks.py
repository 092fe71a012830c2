"""The text of Slack's blocks and attachments.

Takes what the API and the exports hold as decoded JSON of any shape, and never raises: what isn't as documented
(https://docs.slack.dev/reference/block-kit) says nothing, and a block of a kind that isn't known here says what stands
in the fields that other kinds say it in.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from adapters.text.coerce import mapping, mappings, string
from adapters.text.coerce import name as as_name
from adapters.text.markup import Names, plain_from_slack

MOST_OFFSET = 100_000
MOST_LEVELS = 8  # rich text nests three deep; hostile JSON nests as deep as it likes

# The keys under which blocks, their elements and their options keep what people read, in the order that Slack shows it
# in. What isn't here is for programs: ids, values, styles, addresses of pictures.
READ = (
    "rich_text_title", "title", "subtitle", "label", "caption", "hero_image", "text", "body", "description", "details",
    "output", "initial_value", "fields", "elements", "child_blocks", "tasks", "rows", "segments", "series", "data",
    "chart", "placeholder", "options", "option_groups", "element", "accessory", "actions", "hint", "sources",
)  # fmt: skip
SILENT = {"divider", "feedback_buttons", "icon_button"}
IN_A_ROW = {"context": " ", "actions": " ", "overflow": ", "}
PRESSED = {"button", "workflow_button"}
PICTURES = {"image", "video"}
# The marks of an attachment that is another message: one that a person shared, and those that Slack shows by itself.
SHARED, UNFOLDED = "is_share", ("is_msg_unfurl", "is_reply_unfurl", "is_thread_root_unfurl")


def text_of_blocks(blocks: Any, names: Names) -> str:
    """Return the blocks' text, a line or paragraph for each."""
    return _lines(_block(block, names, 0) for block in mappings(blocks))


def attached(attachments: Any, names: Names, *, unfolded: bool) -> Iterator[tuple[str, Mapping[str, Any] | None]]:
    """Yield what each attachment says, and the attachment where those are the words of another message.

    Without `unfolded`, of other messages only those that somebody shared, and none that a link to them shows.
    """
    for attachment in mappings(attachments):
        if _is_unfolded(attachment) and not unfolded:
            continue
        message = any(attachment.get(mark) is True for mark in (SHARED, *UNFOLDED))
        text = _forward(attachment, names) if message else _attachment(attachment, names)
        if text.strip():
            yield text, attachment if message or attachment.get("author_id") else None


def _lines(texts: Iterable[str]) -> str:
    return "\n".join(text for text in texts if text.strip())


def _is_unfolded(attachment: Mapping[str, Any]) -> bool:
    """Return whether Slack shows another message there by itself: nobody shared it."""
    return attachment.get(SHARED) is not True and any(attachment.get(mark) is True for mark in UNFOLDED)


def _forward(attachment: Mapping[str, Any], names: Names) -> str:
    """Return another message with its author on the same line: a line of a name alone would pass for something said."""
    author = _author_of(attachment, names)
    head = f"[forwarded from {author}]" if author else "[forwarded]"
    blocks = "\n".join(_message_blocks(attachment, names))
    text = _lines((_plain(attachment, "text", names) or blocks or text_of_blocks(attachment.get("blocks"), names),))
    files = [f"[file: {as_name(file.get('name')) or as_name(file.get('title'))}]" for file in _files(attachment)]
    fallback = "" if files else _plain(attachment, "fallback", names)
    body = _lines((text or fallback, *files))
    return f"{head} {body}" if body else ""


def _author_of(attachment: Mapping[str, Any], names: Names) -> str:
    own = string(attachment.get("author_id"))
    author = as_name(attachment.get("author_name")) or as_name(attachment.get("author_subname"))
    return author or (names.users.get(own) if own else "") or own


def _files(attachment: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [file for file in mappings(attachment.get("files")) if file.get("name") or file.get("title")]


def _message_blocks(attachment: Mapping[str, Any], names: Names) -> Iterator[str]:
    for each in mappings(attachment.get("message_blocks")):
        yield text_of_blocks(mapping(each.get("message")).get("blocks"), names)


def _attachment(attachment: Mapping[str, Any], names: Names) -> str:
    parts = (_plain(attachment, key, names) for key in ("pretext", "author_name", "title", "text"))
    fields = (_field(field, names) for field in mappings(attachment.get("fields")))
    blocks = text_of_blocks(attachment.get("blocks"), names)
    actions = " ".join(filter(None, (_action(action, names) for action in mappings(attachment.get("actions")))))
    return _lines((*parts, *fields, blocks, actions)) or _plain(attachment, "fallback", names)


def _plain(item: Mapping[str, Any], key: str, names: Names) -> str:
    return plain_from_slack(string(item.get(key)), names)


def _field(field: Mapping[str, Any], names: Names) -> str:
    title, value = _plain(field, "title", names), _plain(field, "value", names)
    return f"{title}: {value}" if title and value else title or value


def _action(action: Mapping[str, Any], names: Names) -> str:
    """Return a button of an attachment, or its menu with what can be chosen."""
    choices = ", ".join(filter(None, (_plain(option, "text", names) for option in mappings(action.get("options")))))
    label = _plain(action, "text", names)
    return f"[{label}: {choices}]" if label and choices else f"[{label or choices}]" if label or choices else ""


def _block(block: Mapping[str, Any], names: Names, level: int) -> str:
    """Return what a block, an element or an option of one says."""
    kind = string(block.get("type"))
    if level > MOST_LEVELS or kind in SILENT:
        return ""
    if kind == "rich_text":
        return _lines(_rich(element, names, level + 1) for element in mappings(block.get("elements")))
    if kind in ("table", "data_table"):
        return _lines((string(block.get("caption")), *_rows(block.get("rows"), names, level)))
    if kind in ("mrkdwn", "plain_text", "raw_text", "markdown"):
        return _plain(block, "text", names) if kind == "mrkdwn" else string(block.get("text"))
    if kind in SPEAKING:
        return SPEAKING[kind](block)
    parts = list(filter(None, (_part(block.get(key), kind, names, level) for key in READ)))
    if kind in PICTURES:
        parts += filter(None, map(string, (block.get("author_name"), block.get("provider_name"))))
        alt = string(block.get("alt_text"))
        parts += [alt] if alt and alt not in parts else []
    text = IN_A_ROW.get(kind, "\n").join(parts)
    return f"[{text}]" if text and kind in PRESSED else _with_value(text, block)


def _part(value: Any, kind: str, names: Names, level: int) -> str:
    if isinstance(value, str):
        return string(value)
    if isinstance(value, dict):
        return _block(value, names, level + 1)
    if not isinstance(value, list):
        return ""
    return IN_A_ROW.get(kind, "\n").join(filter(None, (_block(each, names, level + 1) for each in mappings(value))))


def _with_value(said: str, block: Mapping[str, Any]) -> str:
    """Return a task with how it stands, a point of a chart with its number."""
    status, value = string(block.get("status")).replace("_", " "), block.get("value")
    if status and block.get("type") == "task_card":
        return f"{said} ({status})" if "\n" not in said else said.replace("\n", f" ({status})\n", 1)
    if said and "label" in block and isinstance(value, int | float) and not isinstance(value, bool):
        return f"{said}: {value}"
    return said


def _rows(rows: Any, names: Names, level: int) -> Iterator[str]:
    """Yield a table's rows, their cells apart."""
    for row in rows if isinstance(rows, list) else ():
        yield " | ".join(" ".join(_block(cell, names, level + 1).split()) for cell in mappings(row))


def _number(block: Mapping[str, Any]) -> str:
    value = block.get("value")
    return string(block.get("text")) or (str(value) if isinstance(value, int | float) else string(value))


def _file(block: Mapping[str, Any]) -> str:
    file = mapping(block.get("file"))
    called = as_name(file.get("title")) or as_name(file.get("name")) or as_name(block.get("title"))
    return f"[file: {called}]" if called else "[file]"


def _call(block: Mapping[str, Any]) -> str:
    call = mapping(mapping(block.get("call")).get("v1"))
    called = as_name(call.get("name")) or as_name(call.get("display_id"))
    return f"[call: {called}]" if called else "[call]"


SPEAKING: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "raw_number": _number,
    "file": _file,
    "call": _call,
    "url": lambda block: string(block.get("text")) or string(block.get("url")),
    "auth_provider": lambda block: _lines(map(string, (block.get("name"), block.get("description")))),
}


def _rich(element: Mapping[str, Any], names: Names, level: int) -> str:
    """Return one part of a rich text block: a paragraph, a list, code or a quote."""
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
    indent, offset = element.get("indent"), element.get("offset")
    margin = "  " * min(indent, MOST_LEVELS) if isinstance(indent, int) else ""
    first = 1 + offset if isinstance(offset, int) and 0 <= offset <= MOST_OFFSET else 1
    rows = [_rich(row, names, level + 1) for row in mappings(element.get("elements"))]
    ordered = element.get("style") == "ordered"
    return "\n".join(f"{margin}{f'{number}.' if ordered else '•'} {row}" for number, row in enumerate(rows, first))


def _inline(part: Mapping[str, Any], names: Names) -> str:
    kind = part.get("type")
    say = INLINE.get(kind) if isinstance(kind, str) else None
    return say(part, names) if say else _named(part)


# The keys that name a reference to a file, a canvas, a message, a list's row, a workflow and so on.
CALLED = ("text", "fallback", "title", "name", "label", "display_value", "value", "url")


def _named(part: Mapping[str, Any]) -> str:
    return next(filter(None, (string(part.get(key)) for key in CALLED)), "")


def _literal(part: Mapping[str, Any], _: Names) -> str:
    text, style = string(part.get("text")), part.get("style")
    return f"`{text}`" if text and isinstance(style, dict) and style.get("code") is True else text


def _url(part: Mapping[str, Any], _: Names) -> str:
    text, url = string(part.get("text")), string(part.get("url"))
    return url if not text or text in url else f"{text} ({url})"


def _date(part: Mapping[str, Any], names: Names) -> str:
    return string(part.get("fallback")) or plain_from_slack(f"<!date^{part.get('timestamp')}^x>", names)


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
    "canvas_user_mention": _mention("user_id", "@", lambda names: names.users),
    "channel": _mention("channel_id", "#", lambda names: names.channels),
    "usergroup": _mention("usergroup_id", "@", lambda names: names.groups),
    "team": _mention("team_id", "@", lambda _: {}),
    "emoji": lambda part, _: f":{string(part.get('name'))}:",
    "broadcast": lambda part, _: f"@{string(part.get('range'))}",
    "date": _date,
    "file": lambda part, _: f"[file: {called}]" if (called := _named(part)) else "[file]",
}
