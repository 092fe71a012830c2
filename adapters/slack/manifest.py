"""The app's manifest: what Slack must know to install Parley, made from the commands' table.

Pure. Each scope stands with its reason, because an administrator will ask.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urljoin

import yaml

from adapters.chat import Command
from adapters.platform.contract import Printed
from adapters.slack.commands import HOME, slash_commands, words_of_home
from adapters.slack.requests import ASK_THREAD, PICK_CHANNEL, SUMMARIZE_THREAD, TRANSLATE_MESSAGE
from adapters.slack.surfaces.pane import prompts

SCOPES: Mapping[str, str] = {
    "app_mentions:read": "to see when somebody mentions Parley",
    "assistant:write": "to be an agent: a pane with prompts, beside any channel",
    "channels:history": "to read public channels that Parley was added to",
    "channels:read": "to know their names and members",
    "chat:write": "to answer, to show that an answer is on its way, and to keep translations beside messages",
    "chat:write.customize": "to carry messages over a bridge under their authors' names and pictures",
    "commands": "for slash commands and shortcuts",
    "files:write": "for charts and answers too long for messages",
    "groups:history": "to read private channels that Parley was added to",
    "groups:read": "to know their names and members",
    "im:history": "to read what people write to Parley directly",
    "im:read": "to know whose direct message it is",
    "im:write": "to answer directly where a channel can't show the answer",
    "mpim:history": "to read group messages that Parley was added to",
    "mpim:read": "to know their members",
    "reactions:read": "for flags that ask for a translation and thumbs that are feedback",
    "usergroups:read": "to know who is in which user group, for access rules that name groups",
    "users:read": "to show names instead of ids, and for people's language and time zone",
}
APP_SCOPES: Mapping[str, str] = {"connections:write": "to open Socket Mode connections (an app-level token)"}
INSTALL, REDIRECT = "/slack/install", "/slack/oauth_redirect"  # where workspaces install Parley over HTTP
EVENTS = (
    "agent_session_stopped", "app_context_changed", "app_home_opened", "app_mention", "app_uninstalled",
    "channel_deleted", "channel_id_changed", "channel_left", "channel_rename", "group_deleted", "group_left",
    "group_rename", "member_joined_channel", "member_left_channel", "message.channels", "message.groups",
    "message.im", "message.mpim", "reaction_added", "reaction_removed", "tokens_revoked", "user_change",
)  # fmt: skip
SHORTCUTS = (
    (SUMMARIZE_THREAD, "message", "Summarise this thread", "A summary of the thread, for you alone", "window"),
    (TRANSLATE_MESSAGE, "message", "Translate this message", "The message in your language", "text"),
    (ASK_THREAD, "message", "Ask about this thread", "An answer from the thread, with its sources", "question"),
    (PICK_CHANNEL, "global", "Look at a channel", "Summarise a channel or ask about it", "window"),
)
SHORT = "Summaries, translations and answers from your own machine."
LONG = (
    "Parley summarises threads and channels, translates messages, answers questions with links to the messages that "
    "prove the answer, and reports the mood of a channel. Its models run on the machine of whoever installed it: what "
    "people write here is sent to nobody else."
)


def manifest(commands: Sequence[Command], url: str = "") -> dict[str, Any]:
    """Return the manifest for Socket Mode, or for HTTP at `url`, as Slack's reference describes it."""
    return {
        "display_information": {
            "name": "Parley", "description": SHORT, "long_description": LONG, "background_color": "#1d3557",
        },
        "features": {
            "app_home": {
                "home_tab_enabled": True, "messages_tab_enabled": True, "messages_tab_read_only_enabled": False,
            },
            "bot_user": {"display_name": "Parley", "always_online": True},
            "agent_view": {"agent_description": SHORT, "suggested_prompts": prompts(commands)},
            "slash_commands": _slash(commands, url),
            "shortcuts": _shortcuts(commands),
        },
        "oauth_config": {**_redirected(url), "scopes": {"bot": sorted(SCOPES)}},
        "settings": _settings(url),
    }  # fmt: skip


def manifest_text(commands: Sequence[Command], url: str = "") -> str:
    """Return the manifest as YAML that says behind each scope why it is there."""
    text = yaml.safe_dump(manifest(commands, url), sort_keys=False, allow_unicode=True, width=1_000)
    return "\n".join(map(_with_reason, text.splitlines())) + "\n"


async def print_manifest(_: Any, commands: Sequence[Command], options: Mapping[str, str]) -> Printed:
    """Return the manifest for whoever installs the app."""
    url = options.get("url", "")
    return Printed(manifest_text(commands, url).rstrip("\n"), manifest(commands, url))


def _redirected(url: str) -> dict[str, Any]:
    """Return where Slack sends a browser once a workspace has installed Parley; nothing for Socket Mode."""
    return {"redirect_urls": [urljoin(url, REDIRECT)]} if url else {}


def _with_reason(line: str) -> str:
    reason = SCOPES.get(line.strip().removeprefix("- "))
    return f"{line}  # {reason}" if reason else line


def _slash(commands: Sequence[Command], url: str) -> list[dict[str, Any]]:
    rows = [
        {"command": name, "description": command.summary, "usage_hint": command.usage}
        for name, command in slash_commands(commands).items()
    ]
    words = " | ".join(command.name for command in words_of_home(commands)) or "help"
    rows.append({"command": HOME, "description": "Help and everything else", "usage_hint": words})
    return [{**row, "should_escape": True, **({"url": url} if url else {})} for row in rows]


def _shortcuts(commands: Sequence[Command]) -> list[dict[str, Any]]:
    offered = {command.entrances.menu for command in commands}
    return [
        {"callback_id": callback, "type": kind, "name": name, "description": description}
        for callback, kind, name, description, needs in SHORTCUTS
        if needs in offered
    ]


def _settings(url: str) -> dict[str, Any]:
    where = {"request_url": url} if url else {}
    return {
        "event_subscriptions": {**where, "bot_events": list(EVENTS)},
        "interactivity": {"is_enabled": True, **where},
        "org_deploy_enabled": False,
        "socket_mode_enabled": not url,
        "token_rotation_enabled": False,
    }
