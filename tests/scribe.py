"""A model that can be told what to write: it answers each numbered line with a sentence, so that tests know the answer.

Not a language model and not shipped: it stands in where what is tested is the path around one.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar, Self

import pytest

from nlp.errors import JobTooLong
from nlp.jobs import Generate, Generated, Job, Prepared
from nlp.models import FAMILIES
from nlp.scheduler.batching import Limits
from nlp.scheduler.family import Binding

LINE = re.compile(r"^\[(\d+)\] (?:(\w+): )?(.*)$", re.MULTILINE)
BINDING = Binding("summarize", "scribe", "scribe")
Pen = Callable[[int, str], str]


def copy(number: int, text: str) -> str:
    """The line itself, with its number as proof."""
    return f"{text} [{number}]"


class Scribe:
    """`pen` makes a sentence of each line's number and text; prompts longer than `room` characters are refused."""

    tasks: ClassVar[frozenset[str]] = frozenset({"summarize", "generate"})
    limits: ClassVar[Limits] = Limits()
    device = "cpu"
    dtype = "none"
    pen: ClassVar[Pen] = copy
    room: ClassVar[int] = 1_000_000
    asked: ClassVar[list[str]] = []

    @classmethod
    def load(cls, binding: Binding, device: str) -> Self:
        del binding, device
        return cls()

    def prepare(self, jobs: Sequence[Job]) -> list[Prepared | Exception]:
        return [self._prepare(job) for job in jobs if isinstance(job, Generate)]

    def _prepare(self, job: Generate) -> Prepared | Exception:
        prompt = job.turns[-1].content
        if len(prompt) > self.room:
            return JobTooLong("That is too long.", "Ask about less.")
        return Prepared(job, len(prompt.split()), None, prompt)

    def run(self, batch: Sequence[Prepared], cancelled: Callable[[int], bool]) -> list[Any]:
        del cancelled
        return [self._write(job.job, job.inputs) for job in batch]

    def _write(self, job: Job, prompt: str) -> Generated:
        assert isinstance(job, Generate)
        self.asked.append(prompt)
        text = "\n".join(type(self).pen(int(number), said) for number, _, said in LINE.findall(prompt))
        for piece in re.findall(r".{1,7}", text, re.DOTALL):
            job.on_text(piece)
        return Generated(text, len(text.split()))

    def memory(self) -> int:
        return 0


@contextmanager
def scribing(pen: Pen = copy, room: int = 1_000_000) -> Iterator[list[str]]:
    """The scribe as a family of the table, with this pen and room; gives every prompt that it is asked."""
    asked: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(FAMILIES, "scribe", "scribe:Scribe")
        patch.setattr("nlp.core.CONVERSING", frozenset({"scribe"}))
        patch.setattr(Scribe, "pen", staticmethod(pen))
        patch.setattr(Scribe, "room", room)
        patch.setattr(Scribe, "asked", asked)
        yield asked
