"""Answers of natural lengths from random weights, which would never end: the same lengths for every contender."""

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from nlp.jobs import Job, Prepared

LEAST, MOST = 0.7, 1.4  # tokens of a translation for each one of its source
FEWEST = 2


def target_tokens(text: str, source_tokens: int) -> int:
    """Return how long the translation of a text is, drawn from the text itself."""
    return max(FEWEST, int(source_tokens * random.Random(text).uniform(LEAST, MOST)))  # noqa: S311 - no secret


class Natural:
    """A family whose answers are cut where a real model would have ended them."""

    def __init__(self, family: Any, tokens: Callable[[str, int], int] = target_tokens) -> None:
        self.family = family
        self._tokens = tokens
        self.tasks, self.limits = family.tasks, family.limits
        self.run, self.memory = family.run, family.memory
        self.device, self.dtype = family.device, family.dtype

    def prepare(self, jobs: Sequence[Job]) -> list[Prepared | Exception]:
        """Tokenise as the family does, with other limits."""
        return [self._cut(made) if isinstance(made, Prepared) else made for made in self.family.prepare(jobs)]

    def _cut(self, made: Prepared) -> Prepared:
        text: str = getattr(made.job, "text")  # noqa: B009 - translations and summaries both have one
        return replace(made, inputs=replace(made.inputs, limit=self._tokens(text, made.length), least=0))
