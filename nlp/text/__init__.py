"""Texts as words, sentences and spans. Loads no model and imports no torch."""
