"""Made-up chat texts with the lengths of real ones, the same on every machine.

Lengths follow a log-normal distribution cut to 3..120 tokens, special tokens included: median 14, mean about 20, as
measured on chat. One word is one token of the tokenizers in `nlp.bench.shapes`.
"""

import random

SHORTEST, LONGEST = 3, 120
MEDIAN, SPREAD = 14, 0.85
SPECIAL = 2  # tokens that a tokenizer puts around a text
WORDS = 2_000
SENTENCES = (
    "Morning all, the build is green again.",
    "Can somebody review my pull request before lunch? It only touches the importer.",
    "no",
    "The release moves to Thursday because the migration took longer than we thought.",
    "Thanks a lot!",
    "I still see the old logo on the login page, even after clearing the cache twice.",
    "Who is on call this weekend?",
    "We agreed to keep the old export until the end of March, so that nobody loses data.",
    "ok",
    "The staging server is down again. Third time this week, and nobody looks at the logs.",
    "Lunch at 12:30 in the usual place?",
    "Great work on the demo, the customers loved it.",
)


def chat_lengths(count: int, seed: int = 7) -> list[int]:
    """Return token counts of `count` texts."""
    dice = random.Random(seed)  # noqa: S311 - no secret hangs on it
    draws = (int(dice.lognormvariate(0, SPREAD) * MEDIAN) for _ in range(count))
    return [min(LONGEST, max(SHORTEST, draw)) for draw in draws]


def text_of(tokens: int, dice: random.Random) -> str:
    """Return a text of so many tokens, special ones included."""
    return " ".join(word(dice.randrange(WORDS)) for _ in range(max(1, tokens - SPECIAL)))


def chat_texts(count: int, seed: int = 7) -> list[str]:
    """Return texts of chat lengths in random order."""
    dice = random.Random(seed + 1)  # noqa: S311 - as above
    return [text_of(length, dice) for length in chat_lengths(count, seed)]


def texts_of(tokens: int, count: int, seed: int = 7) -> list[str]:
    """Return texts of one length."""
    dice = random.Random(seed)  # noqa: S311 - as above
    return [text_of(tokens, dice) for _ in range(count)]


def word(number: int) -> str:
    """Return a pronounceable word for a number, different for different numbers."""
    syllables: list[str] = []
    while number or not syllables:
        number, rest = divmod(number, 70)
        syllables.append("bdfghklmnprstv"[rest // 5] + "aeiou"[rest % 5])
    return "".join(syllables)
