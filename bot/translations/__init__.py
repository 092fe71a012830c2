"""Channels that translate themselves: what is said there gets a translation beside it. Knows no platform."""
