"""A server of models: how it is asked, when it is asked again, and how much of its answer is read.

Requests run on an event loop and a thread of their own, so that several wait at the same time, and one that nobody
waits for any more closes its connection. A request is tried again only where that may help: no connection, status 408,
429 and 5xx, after a pause that grows or that the server asks for. Redirects aren't followed, proxies of the environment
aren't used, and answers are read up to a limit. Knows no model and no form of request.
"""

import asyncio
import json
import logging
import random
import ssl
import threading
import weakref
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any, TypeVar

import aiohttp
from aiohttp.helpers import is_ip_address
from yarl import URL

from nlp.errors import CoreError, ModelRefused
from nlp.remote.addresses import Permitting, host_of, permit
from nlp.remote.refusals import Passing, Refusals, Unacceptable, Wrong
from nlp.scheduler.family import Binding, Endpoint

CONNECT = 10.0  # seconds until a connection stands
PATIENCE = 3.0  # seconds in which a server says that it is well
PAUSES = (0.5, 1.0, 2.0)  # seconds before each further try, and up to half as much more
LONGEST_PAUSE = 30.0  # seconds; a server that asks for more isn't waited for
LOOK = 0.05  # seconds between two looks whether somebody still waits
SMALL = 1 << 20  # bytes of an answer that holds no vectors
MOST_SAID = 1 << 14  # bytes of an error that are looked at
OK = 200
Made = TypeVar("Made")

log = logging.getLogger(__name__)


class Server:
    """The server that an endpoint names, asked for one binding's model."""

    def __init__(self, binding: Binding) -> None:
        endpoint = endpoint_of(binding)
        self.refusals = Refusals(binding, endpoint)
        self.name = host_of(endpoint)
        self._url = endpoint.url
        self._timeout = endpoint.timeout
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=run_forever, args=(self._loop,), name=f"requests to {self.name}", daemon=True).start()
        opening = asyncio.run_coroutine_threadsafe(opened(binding, endpoint), self._loop)
        try:
            self._session = opening.result()
        except BaseException:
            self._loop.call_soon_threadsafe(self._loop.stop)
            raise
        weakref.finalize(self, stop, self._loop, self._session)

    # Called on a model's threads.

    def gather(
        self, calls: Sequence[Callable[[], Coroutine[Any, Any, Made]]], left: Callable[[int], bool]
    ) -> list[Made | CoreError]:
        """Return what the calls return or raise, in their order; all of them wait at the same time.

        `left(i)` tells that nobody waits for call i any more: its connection is closed.
        """
        return asyncio.run_coroutine_threadsafe(self._gathered(calls, left), self._loop).result()

    def one(self, call: Callable[[], Coroutine[Any, Any, Made]]) -> Made:
        """Return what one call returns. Raises CoreError."""
        (made,) = self.gather([call], lambda _: False)
        if isinstance(made, CoreError):
            raise made
        return made

    # Runs on the server's own loop.

    async def _gathered(
        self, calls: Sequence[Callable[[], Coroutine[Any, Any, Made]]], left: Callable[[int], bool]
    ) -> list[Made | CoreError]:
        tasks = [asyncio.create_task(self._patiently(call)) for call in calls]
        while waiting := [task for task in tasks if not task.done()]:
            await asyncio.wait(waiting, timeout=LOOK)
            for i, task in enumerate(tasks):
                if not task.done() and left(i):
                    task.cancel()
        return [self.refusals.left() if task.cancelled() else task.result() for task in tasks]

    async def _patiently(self, call: Callable[[], Awaitable[Made]]) -> Made | CoreError:
        """Return what a call returns within the time of a request, or the error for whoever waits."""
        try:
            async with asyncio.timeout(self._timeout):
                return await self._tried(call)
        except (Passing, Unacceptable) as failed:
            return failed.error
        except Wrong as wrong:
            return self.refusals.wrong(str(wrong))
        except CoreError as error:
            return error
        except TimeoutError:
            return self.refusals.late()

    async def _tried(self, call: Callable[[], Awaitable[Made]]) -> Made:
        """Return what a call returns, tried again while that may help. Raises what the last try raised."""
        for pause in PAUSES:
            try:
                return await call()
            except Passing as passing:
                spread = pause * random.uniform(1.0, 1.5)  # noqa: S311 - so that many don't come back together
                wait = spread if passing.after is None else passing.after
                if wait > LONGEST_PAUSE:
                    raise
                log.info("the server %s is asked again in %.1f s", self.name, wait)
                await asyncio.sleep(wait)
        return await call()

    async def ask(self, path: str, body: Any = None, most: int = SMALL) -> Any:
        """Return the document that a POST of `body`, or a GET without one, brings.

        Raises Passing, Unacceptable, Wrong and CoreError.
        """
        async with self.asked(path, body) as response:
            return document(await read(response, most))

    @asynccontextmanager
    async def asked(self, path: str, body: Any = None) -> AsyncIterator[aiohttp.ClientResponse]:
        """Yield an answer of status 200, whose body isn't read yet. Raises as `ask` does."""
        method, url = "GET" if body is None else "POST", f"{self._url}/{path}"
        with reworded(self.refusals, self.name):
            async with self._session.request(method, url, json=body, allow_redirects=False) as response:
                if response.status != OK:
                    said = await read(response, MOST_SAID, cut=True)
                    raise self.refusals.of(response.status, said, response.headers.get("Retry-After", ""))
                yield response


@contextmanager
def reworded(refusals: Refusals, name: str) -> Iterator[None]:
    """Say why the server of that name could not be reached. Raises Passing, and ModelRefused for its certificate."""
    try:
        yield
    except (aiohttp.ClientSSLError, ssl.SSLError):
        raise refusals.untrusted() from None
    except (aiohttp.ClientError, OSError) as error:
        log.info("no answer of the server %s: %s", name, type(error).__name__)
        raise Passing(refusals.unreachable()) from None


async def opened(binding: Binding, endpoint: Endpoint) -> aiohttp.ClientSession:
    """Return a session that connects only where texts may go. Raises ModelRefused."""
    host = str(URL(endpoint.url).host)
    if is_ip_address(host):  # those are never looked up
        permit(binding, endpoint, host)
    headers = {"Accept-Encoding": "identity", "User-Agent": "parley"}
    if endpoint.api_key:
        headers["Authorization"] = f"Bearer {endpoint.api_key}"
    connector = aiohttp.TCPConnector(resolver=Permitting(binding, endpoint), ssl=trust(binding, endpoint), limit=0)
    return aiohttp.ClientSession(
        connector=connector,
        headers=headers,
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT),
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
    )


def trust(binding: Binding, endpoint: Endpoint) -> ssl.SSLContext:
    """Return whose certificates are believed: the system's authorities, or the owner's own. Raises ModelRefused."""
    try:
        return ssl.create_default_context(cafile=endpoint.ca_file or None)
    except (OSError, ValueError):
        raise ModelRefused(
            binding.task,
            f"The certificates in {endpoint.ca_file} can't be read, so {binding.task} is off.",
            "Name a file with certificates in PEM.",
        ) from None


async def read(response: aiohttp.ClientResponse, most: int, *, cut: bool = False) -> bytes:
    """Return the body of an answer. Raises Wrong for one of more bytes than `most`, unless it may be cut there."""
    body = bytearray()
    async for piece in response.content.iter_any():
        body += piece
        if len(body) > most:
            if cut:
                break
            raise Wrong(f"more than {most >> 10} kB")
    return bytes(body[:most])


def document(body: bytes) -> Any:
    """Return what a body of JSON holds. Raises Wrong."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise Wrong("what isn't JSON") from None


def endpoint_of(binding: Binding) -> Endpoint:
    """Return where a binding's model is served. Raises ModelRefused for a binding without a url."""
    if binding.endpoint is None:
        raise ModelRefused(
            binding.task,
            f"The family {binding.family} needs the url of a server, so {binding.task} is off.",
            f'Name it: url = "http://127.0.0.1:8000/v1" in [models.{binding.task}].',
        )
    return binding.endpoint


async def illness(binding: Binding, path: str) -> str:
    """Return what keeps a server from answering a short look at `path`, "" where it answers."""
    endpoint = endpoint_of(binding)
    refusals = Refusals(binding, endpoint)
    try:
        with reworded(refusals, host_of(endpoint)):
            async with (
                asyncio.timeout(PATIENCE),
                await opened(binding, endpoint) as session,
                session.get(f"{endpoint.url}/{path}", allow_redirects=False) as response,
            ):
                if response.status == OK:
                    return ""
                raise refusals.of(response.status, b"", response.headers.get("Retry-After", ""))
    except (Passing, Unacceptable) as failed:
        error = failed.error
    except CoreError as refusal:
        error = refusal
    return f"{error} {error.remedy}".strip()


def run_forever(loop: asyncio.AbstractEventLoop) -> None:
    """Run a loop until it is stopped."""
    loop.run_forever()
    loop.close()


def stop(loop: asyncio.AbstractEventLoop, session: aiohttp.ClientSession) -> None:
    """Close a session and end its loop. May be called on any thread."""

    async def close() -> None:
        await session.close()
        loop.stop()

    if not loop.is_closed():
        loop.call_soon_threadsafe(loop.create_task, close())
