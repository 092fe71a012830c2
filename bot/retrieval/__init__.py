"""Finds the messages that answer a question or support a sentence."""
