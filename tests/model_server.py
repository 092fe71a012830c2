"""A server of models on the loopback that speaks OpenAI's API and text-embeddings-inference's, over tiny real models.

The models are families of the core, run as they are. A test may have it do wrong: `faults` are answers that go before
its own, one for each request. `asked` are the requests so far, `gone` those whose connection was closed before the end.
"""

import asyncio
import base64
import json
import ssl
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from aiohttp import web

from nlp.jobs import Classify, Embed, Entail, Generate, Job, Turn
from nlp.scheduler.family import Family

Fault = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class ModelServer:
    """`models` are families by the task that they serve; `most` is the longest list that is taken."""

    models: dict[str, Family]
    name: str = "tiny"
    key: str = ""
    most: int = 32
    faults: list[Fault] = field(default_factory=list)
    asked: list[tuple[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    slow: float = 0.0  # seconds before each piece of a stream
    url: str = ""
    labels: tuple[str, ...] = ()
    told: bytes = b""  # in place of what it is
    extra: dict[str, Any] = field(default_factory=dict)  # of what it tells of itself
    lock: Any = field(default_factory=threading.Lock)

    def paths(self) -> list[str]:
        return [path for path, _ in self.asked]

    def run(self, task: str, jobs: list[Job]) -> list[Any]:
        with self.lock:
            return self.models[task].run(self.models[task].prepare(jobs), lambda _: False)  # type: ignore[arg-type]

    @web.middleware
    async def watched(self, request: web.Request, handler: Any) -> web.StreamResponse:
        body = await request.json() if request.method == "POST" else None
        self.asked.append((request.path, body))
        self.headers.append(dict(request.headers))
        if self.key and request.headers.get("Authorization") != f"Bearer {self.key}":
            return web.json_response({"error": "no"}, status=401)
        if self.faults and request.method == "POST":
            return await self.faults.pop(0)(request)
        try:
            return await handler(request)
        except (asyncio.CancelledError, ConnectionError):
            self.gone.append(request.path)
            raise

    # OpenAI's API.

    async def listing(self, _: web.Request) -> web.Response:
        return web.json_response({"object": "list", "data": [{"id": self.name, "object": "model", **self.extra}]})

    async def embeddings(self, request: web.Request) -> web.Response:
        body = await request.json()
        if len(body["input"]) > self.most:
            return web.json_response({"error": {"message": f"batch size {len(body['input'])}"}}, status=413)
        vectors = await asyncio.to_thread(self.run, "embed", [Embed(text) for text in body["input"]])
        coded = body.get("encoding_format") == "base64"
        rows = [
            base64.b64encode(np.asarray(v, dtype="<f4").tobytes()).decode() if coded else v.tolist() for v in vectors
        ]
        data = [{"object": "embedding", "index": i, "embedding": row} for i, row in enumerate(rows)]
        return web.json_response({"object": "list", "data": data[::-1], "model": self.name})

    async def completions(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        turns = tuple(Turn(turn["role"], turn["content"]) for turn in body["messages"])
        pieces: list[str] = []
        job = Generate(turns, body["max_tokens"], tuple(body.get("stop", ())), pieces.append)
        prepared = self.models["generate"].prepare([job])[0]
        if isinstance(prepared, Exception):
            what = "This model's maximum context length is 512 tokens. " + turns[-1].content
            return web.json_response({"error": {"message": what, "code": 400}}, status=400)
        (made,) = await asyncio.to_thread(self.run, "generate", [job])
        reason, usage = "length" if made.cut else "stop", {"completion_tokens": made.tokens}
        if not body.get("stream"):
            choice = {"message": {"role": "assistant", "content": made.text}, "finish_reason": reason}
            return web.json_response({"choices": [choice], "usage": usage})
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        for piece in pieces:
            await asyncio.sleep(self.slow)
            await response.write(event({"choices": [{"delta": {"content": piece}, "finish_reason": None}]}))
        await response.write(event({"choices": [{"delta": {}, "finish_reason": reason}]}))
        await response.write(event({"choices": [], "usage": usage}))
        await response.write(b"data: [DONE]\n\n")
        return response

    # text-embeddings-inference's.

    async def info(self, _: web.Request) -> web.Response:
        if self.told:
            return web.Response(body=self.told, content_type="application/json")
        kind = "embedding" if "embed" in self.models else "classifier"
        about = {"id2label": {str(i): label for i, label in enumerate(self.labels)}} if kind == "classifier" else {}
        told = {"model_id": self.name, "model_sha": "c0ffee", "model_type": {kind: about}}
        return web.json_response({**told, "max_client_batch_size": self.most, "max_input_length": 64, **self.extra})

    async def health(self, _: web.Request) -> web.Response:
        return web.Response()

    async def embed(self, request: web.Request) -> web.Response:
        body = await request.json()
        if len(body["inputs"]) > self.most:
            return web.json_response({"error": "batch size", "error_type": "Validation"}, status=413)
        vectors = await asyncio.to_thread(self.run, "embed", [Embed(text) for text in body["inputs"]])
        return web.json_response([vector.tolist() for vector in vectors])

    async def predict(self, request: web.Request) -> web.Response:
        inputs = (await request.json())["inputs"]
        if len(inputs) > self.most:
            return web.json_response({"error": "batch size", "error_type": "Validation"}, status=413)
        pairs = len(inputs[0]) == 2
        jobs = [Entail(*each) if pairs else Classify(*each) for each in inputs]
        made = await asyncio.to_thread(self.run, "entail" if pairs else "sentiment", jobs)
        scores = [asdict(each) if pairs else each.scores for each in made]
        rows = [[{"label": label, "score": row[label]} for label in sorted(row, key=row.get)] for row in scores]
        return web.json_response(rows)

    def app(self) -> web.Application:
        app = web.Application(middlewares=[self.watched], client_max_size=1 << 24)
        app.router.add_get("/v1/models", self.listing)
        app.router.add_post("/v1/embeddings", self.embeddings)
        app.router.add_post("/v1/chat/completions", self.completions)
        app.router.add_get("/info", self.info)
        app.router.add_get("/health", self.health)
        app.router.add_post("/embed", self.embed)
        app.router.add_post("/predict", self.predict)
        return app


def event(document: Any) -> bytes:
    return b"data: " + json.dumps(document).encode() + b"\n\n"


@contextmanager
def serving(server: ModelServer, tls: ssl.SSLContext | None = None) -> Iterator[ModelServer]:
    """Run the server on a thread of its own."""
    loop, started, ended = asyncio.new_event_loop(), threading.Event(), asyncio.Event()

    async def main() -> None:
        runner = web.AppRunner(server.app(), handler_cancellation=True, shutdown_timeout=0.1, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls).start()
        host, port = runner.addresses[0][:2]
        server.url = f"{'https' if tls else 'http'}://{host}:{port}"
        started.set()
        await ended.wait()
        await runner.cleanup()

    thread = threading.Thread(target=loop.run_until_complete, args=(main(),), daemon=True)
    thread.start()
    assert started.wait(10)
    try:
        yield server
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join(10)
        loop.close()


# What a server may do wrong.


def answering(body: bytes | Any, status: int = 200, kind: str = "application/json", **headers: str) -> Fault:
    async def fault(_: web.Request) -> web.Response:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return web.Response(body=content, status=status, content_type=kind, headers=headers)

    return fault


def streaming(*pieces: bytes, abort: bool = True, kind: str = "text/event-stream") -> Fault:
    """Send the pieces; then break the connection, or end as if all were well."""

    async def fault(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": kind})
        await response.prepare(request)
        for piece in pieces:
            await response.write(piece)
        if abort:
            assert request.transport is not None
            request.transport.abort()
        return response

    return fault


def dripping(piece: bytes, pause: float = 0.02, kind: str = "application/json") -> Fault:
    """Send the piece again and again, for ever."""

    async def fault(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": kind})
        await response.prepare(request)
        while True:
            await response.write(piece)
            await asyncio.sleep(pause)

    return fault


async def hang_up(request: web.Request) -> web.StreamResponse:
    """Close the connection without a word."""
    assert request.transport is not None
    request.transport.abort()
    return web.Response()
