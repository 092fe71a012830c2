"""Tells a question from what is stated, by the mark that ends it."""

CLOSERS = " \"')]*_~`»”"  # what may follow a question mark at the end of a question
MARKS = ("?", "？", "؟")  # noqa: RUF001 - question marks of other scripts


def is_question(text: str) -> bool:
    """Return whether the text ends as a question does."""
    return text.rstrip(CLOSERS).endswith(MARKS)
