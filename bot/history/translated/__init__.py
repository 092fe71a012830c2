"""Keeps what channels that translate themselves need: which posts stand beside which messages, and corrections."""
