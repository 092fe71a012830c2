"""What Slack refuses, as its reference has it: scopes, arguments, blocks, views and their limits.

https://docs.slack.dev/reference/block-kit and https://docs.slack.dev/reference/methods; a shape that isn't here is
refused, so a new block or argument of Parley's is a new row.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

MARKDOWN_LIMIT, BLOCK_LIMIT, VIEW_BLOCKS, METADATA_LIMIT, MOST_ITEMS = 12_000, 50, 100, 3_000, 999
TITLE_LIMIT, PROMPTS, NAME_LIMIT = 24, 4, 200
KINDS = {"is_im": "im", "is_mpim": "mpim", "is_private": "groups", "is_group": "groups"}

# The scope of each method; {} stands for the kind of the channel.
SCOPES = {
    "agents.sessions.setStatus": "chat:write",
    "assistant.threads.setSuggestedPrompts": "assistant:write",
    "chat.appendStream": "chat:write",
    "chat.delete": "chat:write",
    "chat.postEphemeral": "chat:write",
    "chat.postMessage": "chat:write",
    "chat.startStream": "chat:write",
    "chat.stopStream": "chat:write",
    "chat.update": "chat:write",
    "conversations.history": "{}:history",
    "conversations.info": "{}:read",
    "conversations.members": "{}:read",
    "conversations.open": "im:write",
    "conversations.replies": "{}:history",
    "files.completeUploadExternal": "files:write",
    "files.getUploadURLExternal": "files:write",
    "usergroups.list": "usergroups:read",
    "users.conversations": "channels:read",
    "users.info": "users:read",
}
MESSAGE = "channel text blocks metadata unfurl_links unfurl_media thread_ts"
ARGUMENTS = {
    "agents.sessions.setStatus": "channel_id thread_ts status title initiator_user_id",
    "assistant.threads.setSuggestedPrompts": "channel_id prompts title",  # thread_ts: of the old pane only
    "chat.appendStream": "channel ts markdown_text chunks",
    "chat.delete": "channel ts",
    "chat.postEphemeral": "channel user text blocks thread_ts",
    "chat.postMessage": f"{MESSAGE} username icon_url",
    "chat.startStream": "channel thread_ts markdown_text chunks recipient_team_id recipient_user_id task_display_mode",
    "chat.stopStream": "channel ts markdown_text chunks blocks metadata session_status",
    "chat.update": "channel ts text blocks metadata",
    "conversations.history": "channel cursor oldest latest inclusive limit include_all_metadata",
    "conversations.info": "channel include_locale include_num_members",
    "conversations.members": "channel cursor limit",
    "conversations.open": "users channel return_im",
    "conversations.replies": "channel ts cursor oldest latest inclusive limit include_all_metadata",
    "files.completeUploadExternal": "files channel_id thread_ts initial_comment",
    "files.getUploadURLExternal": "filename length alt_txt snippet_type",
    "usergroups.list": "include_users include_count include_disabled team_id",
    "users.conversations": "types exclude_archived limit cursor user",
    "users.info": "user include_locale",
    "views.open": "trigger_id view",
    "views.publish": "user_id view hash",
}


class Refused(Exception):
    """Slack's `ok: false`; the second argument says why, for whoever reads a failing test."""


def refuse(error: str, why: object = "") -> None:
    raise Refused(error, str(why))


def check_arguments(method: str, params: Mapping[str, Any]) -> None:
    allowed = ARGUMENTS.get(method)
    unknown = set(params) - {*allowed.split(), "token"} if allowed else ()
    if unknown:
        refuse("invalid_arguments", f"{method} knows no {sorted(unknown)}")
    if int(params.get("limit") or 1) > MOST_ITEMS:
        refuse("invalid_limit", params["limit"])


def needed_scope(method: str, channel: Mapping[str, Any]) -> str:
    kind = next((kind for flag, kind in KINDS.items() if channel.get(flag)), "channels")
    return SCOPES.get(method, "").format(kind)


def needs_customizing(params: Mapping[str, Any]) -> bool:
    return bool({"username", "icon_url"} & set(params))


# Messages


DRAWS_NONE = "this workspace draws no charts"


def check_message(params: Mapping[str, Any], *, charts: bool = False) -> None:
    if not params.get("text"):
        refuse("no_text", "a message with blocks has a text beside them")
    blocks = params.get("blocks") or []
    if len(blocks) > BLOCK_LIMIT:
        refuse("invalid_blocks", f"{len(blocks)} blocks")
    if sum(len(block["text"]) for block in blocks if block["type"] == "markdown") > MARKDOWN_LIMIT:
        refuse("msg_blocks_too_long", "markdown blocks")
    check_blocks(blocks, MESSAGE_BLOCKS | {"data_visualization"})
    if not charts and any(block["type"] == "data_visualization" for block in blocks):
        refuse("invalid_blocks", DRAWS_NONE)
    check_metadata(params.get("metadata"))


def check_response(body: Mapping[str, Any]) -> None:
    """What is sent to a response URL."""
    if body == {"delete_original": True}:
        return
    if not set(body) <= {"text", "blocks", "response_type", "replace_original", "thread_ts"}:
        refuse("invalid_payload", sorted(body))
    if body.get("response_type") not in {"ephemeral", "in_channel"}:
        refuse("invalid_payload", body.get("response_type"))
    check_message(body)


def check_metadata(metadata: Any) -> None:
    if metadata is not None and set(metadata) != {"event_type", "event_payload"}:
        refuse("invalid_metadata_format", metadata)


def check_chunks(chunks: Any, text: Any) -> str:
    """What the chunks say; Slack takes them or a text, not both."""
    if (chunks is None) == (text is None):
        refuse("invalid_arguments", "either chunks or markdown_text")
    said = ""
    for chunk in chunks or [{"type": "markdown_text", "text": text}]:
        allowed, required = CHUNKS.get(chunk.get("type"), (set(), {"a known type"}))
        if not required <= set(chunk) <= allowed | required:
            refuse("invalid_chunks", chunk)
        if chunk["type"] == "task_update" and chunk["status"] not in {"pending", "in_progress", "complete", "error"}:
            refuse("invalid_chunks", chunk)
        said += chunk.get("text", "")
    if len(said) > MARKDOWN_LIMIT:
        refuse("msg_too_long", len(said))
    return said


CHUNKS = {
    "markdown_text": (set(), {"type", "text"}),
    "task_update": ({"details", "output", "sources"}, {"type", "id", "title", "status"}),
    "plan_update": (set(), {"type", "title"}),
}


# Views


def check_view(view: Mapping[str, Any], kind: str) -> None:
    if view.get("type") != kind or len(view.get("private_metadata", "")) > METADATA_LIMIT:
        refuse("invalid_arguments", view.get("type"))
    allowed = {"type", "blocks", "private_metadata", "callback_id", "external_id"}
    if kind == "modal":
        allowed |= {"title", "submit", "close", "clear_on_close", "notify_on_close"}
        for part in ("title", "submit", "close"):
            check_text(view.get(part), TITLE_LIMIT, {"plain_text"})
    if unknown := set(view) - allowed:
        refuse("invalid_arguments", unknown)
    if not 1 <= len(view["blocks"]) <= VIEW_BLOCKS:
        refuse("invalid_arguments", f"{len(view['blocks'])} blocks")
    check_blocks(view["blocks"], HOME_BLOCKS if kind == "home" else MODAL_BLOCKS)


# Blocks

MESSAGE_BLOCKS = {"markdown", "section", "context", "actions", "context_actions", "header", "divider", "image"}
HOME_BLOCKS = MESSAGE_BLOCKS - {"markdown", "context_actions"} | {"input"}
MODAL_BLOCKS = HOME_BLOCKS
FIELDS = {
    "markdown": "text",
    "section": "text fields accessory expand",
    "context": "elements",
    "actions": "elements",
    "context_actions": "elements",
    "header": "text",
    "divider": "",
    "data_visualization": "title chart",
    "image": "image_url slack_file alt_text title",
    "input": "label element hint optional dispatch_action",
}
ELEMENT_FIELDS = {
    "feedback_buttons": "action_id positive_button negative_button",
    "button": "text action_id value url style confirm accessibility_label",
    "static_select": "action_id options option_groups initial_option placeholder confirm focus_on_load",
    "conversations_select": (
        "action_id placeholder initial_conversation default_to_current_conversation filter confirm focus_on_load"
    ),
    "plain_text_input": "action_id initial_value multiline min_length max_length placeholder focus_on_load",
}


def check_blocks(blocks: Sequence[Mapping[str, Any]], allowed: set[str]) -> None:
    actions: Counter[str] = Counter()
    for block in blocks:
        kind = block.get("type", "")
        if kind not in allowed or not set(block) <= {"type", "block_id", *FIELDS[kind].split()}:
            refuse("invalid_blocks", block)
        for element in _check_block(kind, block):
            _check_element(element, inside=kind)
            actions[element["action_id"]] += 1
    if repeated := [action for action, count in actions.items() if count > 1]:
        refuse("invalid_blocks", f"action_id used twice: {repeated}")


def _check_block(kind: str, block: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Refuse what is wrong in the block itself; its elements that can be used."""
    if kind == "markdown":
        _check(isinstance(block.get("text"), str) and block["text"].strip(), block)
    elif kind == "header":
        check_text(block.get("text"), 150, {"plain_text"})
    elif kind == "section":
        _check("text" in block or block.get("fields"), block)
        check_text(block.get("text"), 3_000)
        yield from [block["accessory"]] if "accessory" in block else []
    elif kind == "context":
        _check(1 <= len(block["elements"]) <= 10, block)
        for text in block["elements"]:
            check_text(text, 3_000)
    elif kind in {"actions", "context_actions"}:
        _check(1 <= len(block["elements"]) <= (25 if kind == "actions" else 5), block)
        yield from block["elements"]
    elif kind == "data_visualization":
        _check_chart(block["title"], block["chart"])
    elif kind == "input":
        check_text(block.get("label"), 2_000, {"plain_text"})
        yield block["element"]


def _check_chart(title: str, chart: Mapping[str, Any]) -> None:
    labels, series = chart["axis_config"]["categories"], chart["series"]
    names = {each["name"] for each in series}
    _check(chart["type"] in {"line", "bar", "area"} and 1 <= len(title) <= 50, title)
    _check(1 <= len(series) == len(names) <= 6 and 1 <= len(set(labels)) == len(labels) <= 20, chart)
    _check(all(1 <= len(each) <= 20 for each in (*labels, *names)), chart)
    _check(all([point["label"] for point in each["data"]] == labels for each in series), chart)


def _check_element(element: Mapping[str, Any], inside: str) -> None:
    kind = element.get("type", "")
    fields = ELEMENT_FIELDS.get(kind)
    _check(fields is not None and set(element) <= {"type", *str(fields).split()}, element)
    _check(1 <= len(element.get("action_id", "")) <= 255, element)
    _check((kind == "plain_text_input") <= (inside == "input"), element)
    _check((kind == "feedback_buttons") == (inside == "context_actions"), element)
    for thumb in (element.get(name, {}) for name in ("positive_button", "negative_button") if kind[:8] == "feedback"):
        check_text(thumb.get("text"), 75, {"plain_text"})
        _check(set(thumb) <= {"text", "value", "accessibility_label"}, thumb)
        _check(1 <= len(thumb.get("value", "")) <= 2_000 and len(thumb.get("accessibility_label", "")) <= 75, thumb)
    if kind == "button":
        check_text(element.get("text"), 75, {"plain_text"})
        _check(len(element.get("value", "")) <= 2_000, element)
    if kind == "plain_text_input":
        _check(0 <= element.get("max_length", 3_000) <= 3_000, element)
    if kind == "static_select":
        _check(1 <= len(element["options"]) <= 100, element)
        _check("initial_option" not in element or element["initial_option"] in element["options"], element)
        for option in element["options"]:
            check_text(option.get("text"), 75, {"plain_text"})
            _check(len(option["value"]) <= 150, option)
    if kind == "conversations_select":
        _check(set(element.get("filter", {"include": 1})) <= {"include", "exclude_bot_users"}, element)
        _check(set(element.get("filter", {}).get("include", [])) <= {"im", "mpim", "private", "public"}, element)
    if "placeholder" in element:
        check_text(element["placeholder"], 150, {"plain_text"})


def check_text(text: Any, most: int, kinds: frozenset[str] | set[str] = frozenset({"plain_text", "mrkdwn"})) -> None:
    known = isinstance(text, dict) and text.get("type") in kinds and isinstance(text.get("text"), str)
    _check(known and set(text) <= {"type", "text", "emoji", "verbatim"}, text)
    _check(1 <= len(text["text"]) <= most and (text["type"] == "plain_text" or "emoji" not in text), text)


def _check(holds: object, what: object) -> None:
    if not holds:
        refuse("invalid_blocks", what)
