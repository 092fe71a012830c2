"""Parts that Slack and Discord share: progress, buttons, back-fill, cursors. Knows neither platform."""
