"""The connection to Slack: the web client, Socket Mode, signed HTTP, and where events arrive."""
