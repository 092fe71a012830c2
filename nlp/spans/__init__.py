"""Finds the words of a text that answer a question: times, numbers, places, people, commands. Knows no chat."""
