"""Slack: mentions, slash commands, shortcuts, reactions, the assistant pane and App Home, through one adapter.

The only place that knows slack_bolt and slack_sdk. `docs/slack.md` is the owner's guide.
"""

from adapters.slack.app import SlackAdapter
from adapters.slack.settings import SlackSettings

__all__ = ["SlackAdapter", "SlackSettings"]
