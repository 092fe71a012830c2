"""Who cancels stops the model: jobs that wait never run, an answer being written ends, and the next one is served."""

import asyncio
import os
import signal
import threading
from pathlib import Path
from typing import Any

import pytest
import tiny_models
from talk import ECHO, PLACE, serving, talk
from transformers import LlamaConfig, LlamaForCausalLM

from adapters.chat import Intent, Person, Reply, Request
from adapters.console import STOPPED, stoppable
from bot.assistant import Assistant
from bot.conversation.permissions import OWNER
from bot.services import Services
from nlp.inference.decoding.greedy import Rules
from nlp.jobs import Turn
from nlp.scheduler.family import Binding

CHAT = talk(
    "Ana: where do we store the harbour keys for the boats of the club?",
    "Cy: the harbour keys hang behind the mill door, next to the old rowing boats",
    "Dee: Decision: we paint the harbour gate in green before the summer market begins",
    "Bo: the bakery delivers two hundred rolls to the harbour on every second Saturday",
)
ENDLESS = 2_000  # tokens that are asked for, and that nobody waits for


@pytest.fixture(scope="module")
def bindings(tmp_path_factory: pytest.TempPathFactory) -> tuple[Binding, ...]:
    """Tiny models with random weights that would write until their limit."""
    folder: Path = tmp_path_factory.mktemp("tiny")
    config = LlamaConfig(**{**tiny_models.DECODER, "max_position_embeddings": 8192})
    causal = tiny_models.causal(folder / "llama", LlamaForCausalLM, config, eos_token_id=None)
    marian = tiny_models.marian(folder / "marian", max_length=ENDLESS)
    return (
        *ECHO,
        Binding("generate", "causal", str(causal), dtype="float32"),
        Binding("summarize", "causal", str(causal), dtype="float32"),
        Binding("translate", "seq2seq", str(marian), dtype="float32", source="en", target="fr"),
    )


class Halting:
    """Counts the steps of every model that writes, and holds the third one until it is let go."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.steps = 0
        self.writing, self.go_on = threading.Event(), threading.Event()
        plain = Rules.next

        def held(rules: Rules, *args: Any) -> Any:
            self.steps += 1
            if self.steps == 3:
                self.writing.set()
                self.go_on.wait(30)
            return plain(rules, *args)

        monkeypatch.setattr(Rules, "next", held)


def asked(intent: Intent) -> Request:
    return Request(intent, PLACE, Person("eve", "Eve"), access=OWNER)


async def steps_of_another(intent: Intent, services: Services, model: Halting) -> int:
    """How many steps it takes to serve one more text by the same model."""
    before = model.steps
    if intent.name == "translate":
        await services.core.translate(["no"], "en", "fr")
    else:
        await services.core.generate([Turn("user", "hello")], max_tokens=2)
    return model.steps - before


@pytest.mark.parametrize(
    "intent",
    [
        Intent("ask", "where do the harbour keys hang behind the mill door?"),
        Intent("summarize"),
        Intent("translate", "the deploy is on friday", options={"to": "fr"}),
    ],
    ids=lambda intent: intent.name,
)
async def test_cancelling_stops_the_model_and_the_next_request_is_served(
    intent: Intent, bindings: tuple[Binding, ...], monkeypatch: pytest.MonkeyPatch
):
    model = Halting(monkeypatch)
    async with serving(CHAT, bindings) as services:
        assistant = Assistant(services)
        work = asyncio.create_task(assistant.handle(asked(intent)))
        assert await asyncio.to_thread(model.writing.wait, 30), "the model never wrote"
        work.cancel()
        with pytest.raises(asyncio.CancelledError):
            await work
        model.go_on.set()
        reply = await assistant.handle(asked(Intent("help")))
        before, once, twice = model.steps, *[await steps_of_another(intent, services, model) for _ in range(2)]
        assert before + once <= 3 + twice + 1, "the work that was cancelled went on"
        assert all(not batcher._open[lane] for batcher in services.core.batchers() for lane in batcher._open)
    assert reply.text


async def test_the_interrupt_key_stops_the_work_and_not_the_conversation():
    async def endless() -> Reply:
        await asyncio.Event().wait()
        return Reply("never")

    before = signal.getsignal(signal.SIGINT)
    work = asyncio.ensure_future(endless())
    asyncio.get_running_loop().call_later(0.05, os.kill, os.getpid(), signal.SIGINT)
    assert await stoppable(work) == STOPPED
    assert work.cancelled()
    assert signal.getsignal(signal.SIGINT) == before
