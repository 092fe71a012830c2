"""The messages of a channel as numbers: when, who, whom each speaks to, which words it holds and what it does.

What a message does (asks, greets, thanks, agrees) is told by how it opens, in five languages; a model weighs it. Pure.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from adapters.chat import Message
from bot.discussions.addressing import Addressed, People
from nlp.text.lexical import FUNCTION_WORDS, WORD, fold, stem
from nlp.text.questions import ASKING

Floats = NDArray[np.float32]
Numbers = NDArray[np.intp]

LONGEST = 1_000  # characters of a message that are read
IGNORED = frozenset().union(*FUNCTION_WORDS.values())
NAMED = r"(?:[^:,]{1,20}[:,] *)?"
ACTS = {
    "asks": ASKING,
    "greets": re.compile(
        r"(?:hi|hello|hey|hiya|howdy|yo|good (?:morning|evening|night)|morning|bye|night|cya|olá|oi|hola|hallo|salut"
        r"|bonjour)\b"
    ),
    "agrees": re.compile(
        rf"{NAMED}(?:yes|yeah|yep|yup|no|nope|nah|ok|okay|sure|right|true|maybe|ah|oh|hmm+|sim|não|sí|ja|nein|oui|non)\b"
    ),
    "goes on": re.compile(r"(?:and|but|or|also|then|because|so|which|e|mas|y|pero|und|aber|et|mais)\b"),
}
SIGNS = {
    "thanks": re.compile(r"\b(?:thanks?|thx|ty|thank you|cheers|tnx|obrigad[oa]|gracias|danke|merci)\b"),
    "laughs": re.compile(r"\b(?:lo+l|ha(?:ha)+|he(?:he)+|rofl|lmao)\b|[:;]-?[)dp(]"),
    "links": re.compile(r"https?://|[/~]\w{1,60}/\w|\w\.\w{1,60}/"),
}
FEW = 2  # words


@dataclass(frozen=True, slots=True)
class ChannelLog:
    """n messages: minutes since the first, codes of the authors, whom they address, their words and what they do.

    `acts` has shape (n, acts).
    """

    minutes: Floats
    authors: Numbers
    addressed: Sequence[Addressed]
    words: Sequence[frozenset[str]]
    acts: Floats

    @classmethod
    def of(cls, messages: Sequence[Message]) -> "ChannelLog":
        """Return the messages as numbers."""
        table: dict[str, int] = {}
        authors = [table.setdefault(message.author.id, len(table)) for message in messages]
        names = dict(zip(authors, (message.author.name for message in messages), strict=True))
        texts = [fold(message.text[:LONGEST]) for message in messages]
        minutes = np.array([message.sent_at.timestamp() // 60 for message in messages])
        return cls(
            (minutes - minutes[:1]).astype(np.float32),
            np.array(authors, dtype=np.intp),
            People([names[code] for code in range(len(table))], texts).addressed(),
            [content(text) for text in texts],
            np.array([acts(text) for text in texts], dtype=np.float32).reshape(len(texts), -1),
        )


def content(folded: str) -> frozenset[str]:
    """Return the stems of the words that carry meaning in any of the five languages."""
    return frozenset(stem(word) for word in WORD.findall(folded) if word not in IGNORED and len(word) > 1)


def acts(folded: str) -> tuple[float, ...]:
    """Return what a message does, a number each, whether it asks first."""
    words = folded.count(" ") + 1
    return (
        "?" in folded,
        folded.rstrip(" )!.").endswith("?"),
        *(act.match(folded) is not None for act in ACTS.values()),
        *(sign.search(folded) is not None for sign in SIGNS.values()),
        math.log1p(words) / 3,
        words <= FEW,
    )
