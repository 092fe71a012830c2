"""Numbers with their nouns, in English."""


def counted(number: int, one: str, many: str = "") -> str:
    """Return "1 message" or "2,000 messages"; `many` is what follows other numbers than 1 where an s doesn't do."""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"
