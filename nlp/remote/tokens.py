"""Guesses how many tokens a text has for a model that only its server can tokenise for."""

BYTES = 3  # of a token in UTF-8: a cautious guess


def tokens_of(text: str) -> int:
    """Return a guess of how many tokens a text has, 1 at least."""
    return max(1, len(text.encode(errors="replace")) // BYTES)
