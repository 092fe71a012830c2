"""Builds the assistant, and keeps adapters and scheduled work running."""
