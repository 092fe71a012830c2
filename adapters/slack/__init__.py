"""Slack: mentions, slash commands, shortcuts, reactions, the assistant pane and App Home, through one adapter.

The only place that knows slack_bolt and slack_sdk. `docs/slack.md` is the owner's guide.
"""

from adapters.chat import Option
from adapters.platform.contract import Errand, Platform, SetupSecret

PLATFORM = Platform(
    adapter="adapters.slack.app:SlackAdapter",
    settings="adapters.slack.settings:SlackSettings",
    check="adapters.slack.check:check",
    summary="Install Parley in a Slack workspace.",
    questions=(
        SetupSecret(
            "bot_token",
            "Slack's bot token (xoxb-…)",
            "bot token",
            "It stands under OAuth & Permissions at https://api.slack.com/apps, once the app is installed.",
            "xoxb-",
        ),
        SetupSecret(
            "app_token",
            "Slack's app-level token (xapp-…)",
            "app token",
            "Make one under Basic Information, App-Level Tokens, with connections:write.",
            "xapp-",
        ),
    ),
    creates="adapters.slack.wire.creation:create",
    creates_with="an app configuration token (xoxe.xoxp-…)",
    after="in a channel of Slack: /invite @Parley, and /parley consent on to have what is said there kept.",
    own_ids=True,
    errands=(
        Errand(
            "manifest",
            "Print the app's manifest, to paste at api.slack.com/apps, Create New App, From a manifest.",
            "adapters.slack.manifest:print_manifest",
            (Option("url", "The public address, for HTTP instead of Socket Mode."),),
        ),
    ),
)
