"""Creates Slack's app from the manifest, where a configuration token is given; else says how to do that by hand."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError

from adapters.chat import Command
from adapters.errors import EdgeError
from adapters.platform.contract import Printed
from adapters.slack.manifest import manifest, manifest_text
from adapters.slack.settings import SlackSettings
from adapters.slack.wire.client import reason, web_client

FILE = "slack-manifest.yaml"
APPS = "https://api.slack.com/apps"
TIMEOUT = 30.0
REFUSED = {
    "invalid_auth": "Slack doesn't know that configuration token.",
    "not_allowed_token_type": "That isn't an app configuration token (xoxe.xoxp-…).",
    "token_expired": "The configuration token has expired; they last for twelve hours.",
    "invalid_manifest": "Slack doesn't accept the manifest.",
}
MAKE_ONE = f"Make one under Your App Configuration Tokens at {APPS}, or create the app by hand without it."


async def create(settings: SlackSettings, commands: Sequence[Command], given: Mapping[str, str]) -> Printed:
    """Create the app with the configuration token in `given`, or write the manifest into the folder and say what to do.

    Raises EdgeError, in Slack's words.
    """
    if not given.get("token"):
        file = Path(given["folder"]) / FILE
        file.write_text(manifest_text(commands), encoding="utf-8")
        return Printed(_by_hand(file), {"manifest": str(file)})
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=TIMEOUT)) as session:
        client = web_client(replace(settings, patience=1), session, given["token"])
        try:
            answer: Any = await client.apps_manifest_create(manifest=json.dumps(manifest(commands)))
        except SlackApiError as error:
            word = reason(error)
            raise EdgeError(REFUSED.get(word, f"Slack created no app: {word}."), MAKE_ONE) from None
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise EdgeError(f"Slack can't be reached ({type(error).__name__}).", "Check the network.") from None
    app = str(answer.get("app_id", ""))
    return Printed(_created(app), {"app": app, "install": f"{APPS}/{app}/install-on-team"})


def _created(app: str) -> str:
    return (
        f"Slack created the app {app}. Three clicks are left, which only a person may make:\n"
        f"  1. {APPS}/{app}/install-on-team: Install to Workspace.\n"
        f"  2. {APPS}/{app}/oauth: copy the Bot User OAuth Token (xoxb-…).\n"
        f"  3. {APPS}/{app}/general: App-Level Tokens, Generate, add connections:write, and copy the token (xapp-…)."
    )


def _by_hand(file: Path) -> str:
    return (
        f"Create the app at {APPS}: Create New App, From a manifest, and paste {file}.\n"
        "  1. Install to Workspace, and copy the Bot User OAuth Token (xoxb-…) from OAuth & Permissions.\n"
        "  2. Basic Information, App-Level Tokens, Generate, add connections:write, and copy the token (xapp-…)."
    )
