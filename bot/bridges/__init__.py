"""Bridges of two channels: what is said in one stands in the other, in its language. Knows no platform."""
