"""Judges messages in aggregate and reports a channel's mood, never a person's."""
