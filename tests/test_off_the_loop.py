"""What messages say is read in threads beside the event loop, so that one long text keeps nobody waiting."""

import threading
from collections.abc import Awaitable, Callable

import pytest
from talk import request, said, serving

from adapters.chat import Intent
from bot.intents import ask, catchup, summarize
from nlp.core import Core
from nlp.scheduler.family import Binding
from nlp.text import dialogue_acts, lexical, pastes
from nlp.translation import chat as translation
from nlp.translation import rendering

LONG = 2_000  # characters
TEXT = "i will bring the ladder and the paint to the yard " * 60


@pytest.fixture
def readers(monkeypatch: pytest.MonkeyPatch) -> set[int]:
    """The threads in which long texts were read, by the functions that all reading goes through."""
    found: set[int] = set()

    def noting(read: Callable[[str], object]) -> Callable[[str], object]:
        def noted(text: str) -> object:
            if len(text) >= LONG:
                found.add(threading.get_ident())
            return read(text)

        return noted

    for module, name in ((lexical, "fold"), (dialogue_acts, "straight"), (pastes, "without_pastes")):
        monkeypatch.setattr(module, name, noting(getattr(module, name)))
    return found


@pytest.mark.parametrize(
    ("run", "intent"),
    [
        (ask.run, Intent("ask", "who brings the ladder to the yard?")),
        (summarize.run, Intent("summarize")),
        (summarize.run, Intent("summarize", "only about the ladder")),
        (catchup.run, Intent("catchup")),
    ],
)
async def test_no_long_text_is_read_on_the_event_loop(
    readers: set[int], run: Callable[..., Awaitable[object]], intent: Intent
):
    messages = [said(number, "Ana" if number % 2 else "Bo", TEXT) for number in range(6)]
    made = request(intent.name, intent.argument)
    async with serving(messages) as services:
        await run(made, services)
    assert readers
    assert threading.get_ident() not in readers


async def test_no_text_is_cut_or_weighed_for_a_translation_on_the_event_loop(monkeypatch: pytest.MonkeyPatch):
    threads: dict[str, set[int]] = {}

    def noting(name: str, read: Callable[..., object]) -> Callable[..., object]:
        def noted(*given: object) -> object:
            threads.setdefault(name, set()).add(threading.get_ident())
            return read(*given)

        return noted

    for module, name in (
        (translation, "cut"), (translation, "unmarked"), (translation, "replaced"), (rendering, "in_clauses"),
        (rendering, "in_plain_words"), (rendering, "prepared"), (rendering, "doubts"), (rendering, "settled"),
    ):  # fmt: skip
        monkeypatch.setattr(module, name, noting(name, getattr(module, name)))
    async with Core([Binding("translate", "echo", "echo", source="en", target="pt")]) as core:
        await translation.translate(core, ["the *ladder* stands in the yard"], "pt", languages=["en"])
    assert len(threads) == 8
    assert threading.get_ident() not in set().union(*threads.values())
