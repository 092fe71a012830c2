"""Finds the messages that may answer a question among very many, by their words and by their vectors."""
