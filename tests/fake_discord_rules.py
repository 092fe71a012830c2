"""What Discord refuses, as far as Parley could run into it: sizes, counts and shapes, each with Discord's own words.

https://docs.discord.com/developers/resources/message, .../interactions/application-commands and .../components. Where
two readings are possible the stricter one holds: lengths are counted in UTF-16 units, as the clients count them.
"""

import re
from collections.abc import Iterator
from itertools import chain
from typing import Any

Json = dict[str, Any]

CONTENT, EMBEDS, EMBED_TEXT, FILES, FILE_TEXT, NONCE = 2_000, 10, 6_000, 10, 1_024, 25
ROWS, BUTTONS, CUSTOM_ID, LABEL = 5, 5, 100, 80
COMMANDS, MENUS, OPTIONS, CHOICES, DESCRIPTION, COMMAND_TEXT = 100, 15, 25, 25, 100, 8_000
MODAL_TITLE, MODAL_LABEL, THREAD_NAME, PAGE, WEBHOOK_NAME = 45, 45, 100, 100, 80
ARCHIVE_AFTER = {60, 1440, 4320, 10080}
NAME = re.compile(r"[-_'\w]{1,32}")
LOCALES = {
    "id", "da", "de", "en-GB", "en-US", "es-ES", "es-419", "fr", "hr", "it", "lt", "hu", "nl", "no", "pl", "pt-BR",
    "ro", "fi", "sv-SE", "vi", "tr", "cs", "el", "bg", "ru", "uk", "hi", "th", "zh-CN", "ja", "zh-TW", "ko",
}  # fmt: skip


def length(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def flaws_of_message(body: Json, *, uploads: int = 0, edit: bool = False) -> Iterator[str]:
    """Why Discord, or this stand-in, wouldn't take the message."""
    if length(body.get("content") or "") > CONTENT:
        yield "content: Must be 2000 or fewer in length."
    if len(body.get("embeds") or []) > EMBEDS or _embed_text(body) > EMBED_TEXT:
        yield "embeds: Embed size exceeds maximum size of 6000"
    if not edit and not uploads and not any(body.get(key) for key in ("content", "embeds", "components", "poll")):
        yield "Cannot send an empty message"
    if length(str(body.get("nonce") or "")) > NONCE:
        yield "nonce: Must be 25 or fewer in length."
    files = body.get("attachments") or []
    if len(files) > FILES or any(length(file.get("description") or "") > FILE_TEXT for file in files):
        yield "attachments: Too many, or a description over 1024."
    if "content" in body and body.get("allowed_mentions", {}).get("parse") != []:
        yield "allowed_mentions: must name nobody (a rule of Parley's, not of Discord's)"
    yield from flaws_of_components(body.get("components") or [])


def flaws_of_post(flags: int) -> Iterator[str]:
    """A message in a channel must show no embed, also after an edit."""
    if not flags & 4:
        yield "flags: embeds must be suppressed (a rule of Parley's, not of Discord's)"


def flaws_of_components(rows: list[Json]) -> Iterator[str]:
    buttons = list(chain.from_iterable(row["components"] for row in rows))
    ids = [button["custom_id"] for button in buttons]
    if len(rows) > ROWS or any(len(row["components"]) > BUTTONS for row in rows):
        yield "components: Must be between 1 and 5 in length."
    if len(ids) != len(set(ids)):
        yield "components: Component custom id cannot be duplicated"
    if not all(0 < length(each) <= CUSTOM_ID for each in ids):
        yield "custom_id: Must be between 1 and 100 in length."
    if not all(0 < length(button.get("label") or "") <= LABEL for button in buttons):
        yield "label: Must be between 1 and 80 in length."


def flaws_of_commands(commands: list[Json]) -> Iterator[str]:
    for kind, most in ((1, COMMANDS), (2, MENUS), (3, MENUS)):
        names = [command["name"] for command in commands if command.get("type", 1) == kind]
        if len(names) > most or len(names) != len(set(names)):
            yield "Application command names must be unique, and no more than allowed"
    for command in commands:
        yield from _flaws_of_command(command)


def flaws_of_choices(choices: list[Json]) -> Iterator[str]:
    if len(choices) > CHOICES:
        yield "choices: Must be 25 or fewer in length."
    if not all(0 < length(each[key]) <= DESCRIPTION for each in choices for key in ("name", "value")):
        yield "choices: names and values must be between 1 and 100 in length."


def flaws_of_modal(data: Json) -> Iterator[str]:
    if not 0 < length(data["title"]) <= MODAL_TITLE or not 0 < length(data["custom_id"]) <= CUSTOM_ID:
        yield "title: Must be between 1 and 45 in length."
    for row in data["components"]:
        for field in row.get("components") or [row["component"]]:
            label = field.get("label") or row.get("label") or ""
            if not 0 < length(label) <= MODAL_LABEL or not 0 < length(field["custom_id"]) <= CUSTOM_ID:
                yield "label: Must be between 1 and 45 in length."


def _flaws_of_command(command: Json) -> Iterator[str]:
    slash = command.get("type", 1) == 1
    options = command.get("options") or []
    for each in (command, *options):
        named = [each["name"], *(each.get("name_localizations") or {}).values()]
        if slash and not all(NAME.fullmatch(name) and name == name.lower() for name in named):
            yield f"name: {named} does not match the pattern of names"
        if not all(0 < length(name) <= 32 for name in named):
            yield "name: Must be between 1 and 32 in length."
        said = [each.get("description", ""), *(each.get("description_localizations") or {}).values()]
        if any(said) if not slash else not all(0 < length(text) <= DESCRIPTION for text in said):
            yield f"description: {said} Must be between 1 and 100 in length."
        if not {*(each.get("name_localizations") or {}), *(each.get("description_localizations") or {})} <= LOCALES:
            yield "name_localizations: Value must be one of the locales."
    required = [bool(option.get("required")) for option in options]
    if len(options) > OPTIONS or required != sorted(required, reverse=True):
        yield "options: Required options must be placed before non-required options"
    for locale in (None, *LOCALES):
        names = [(option.get("name_localizations") or {}).get(locale, option["name"]) for option in options]
        if len(names) != len(set(names)):
            yield f"options: Option name already in use ({locale})"
    if sum(length(each["name"]) + length(each.get("description", "")) for each in (command, *options)) > COMMAND_TEXT:
        yield "Command exceeds maximum size (8000)"


def _embed_text(body: Json) -> int:
    return sum(
        length(str(embed.get(key) or "")) for embed in body.get("embeds") or [] for key in ("title", "description")
    )
