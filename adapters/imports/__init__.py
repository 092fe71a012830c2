"""Exports of chat services, read as untrusted input. One module for each format."""
