"""Slack: mentions, slash commands, shortcuts, reactions, the assistant pane and App Home, through one adapter.

The only place that knows slack_bolt and slack_sdk. `docs/slack.md` is the owner's guide.
"""

from adapters.chat import Option
from adapters.platform.contract import Errand, Platform

PLATFORM = Platform(
    adapter="adapters.slack.app:SlackAdapter",
    settings="adapters.slack.settings:SlackSettings",
    check="adapters.slack.check:check",
    summary="Install Parley in a Slack workspace.",
    errands=(
        Errand(
            "manifest",
            "Print the app's manifest, to paste at api.slack.com/apps, Create New App, From a manifest.",
            "adapters.slack.manifest:print_manifest",
            (Option("url", "The public address, for HTTP instead of Socket Mode."),),
        ),
    ),
)
