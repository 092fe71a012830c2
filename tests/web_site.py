"""Parley's pages on a real socket, over the sample workspace and a real assistant, for tests and measurements."""

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from adapters.chat import Place
from adapters.clock import Clock
from adapters.web.addresses import token_of
from adapters.web.app import WebAdapter
from adapters.web.catalogue import Looked
from adapters.web.settings import WebSettings
from bot import sample
from bot.assistant import Assistant
from bot.catalogue.served import ServedCatalogue
from bot.catalogue.status import BatchPace
from bot.config import Config
from bot.conversation.permissions import OWNER
from bot.history import HistoryThread
from bot.intents import commands
from bot.runtime.composition import bindings
from bot.runtime.importing import bring_in
from bot.services import Services
from nlp.core import Core
from nlp.scheduler.family import Binding

GENERAL = Place("slack", "T0WHERRY1", "C0GENERAL")
TOKEN = re.compile(r'data-csrf="([^"]+)"')


@dataclass
class Browser:
    """A browser without a screen: it keeps cookies, and sends the token of the page that it loaded last."""

    base: str
    session: aiohttp.ClientSession
    assistant: Assistant
    token: str = ""

    async def get(self, path: str, **more: Any) -> tuple[int, str]:
        async with self.session.get(self.base + path, allow_redirects=False, **more) as answer:
            text = await answer.text()
        if found := TOKEN.search(text):
            self.token = found[1]
        return answer.status, text

    async def post(self, path: str, headers: dict[str, str] | None = None, **fields: str) -> tuple[int, str]:
        sent = {"X-CSRF-Token": self.token, **(headers or {})}
        async with self.session.post(self.base + path, data=fields, headers=sent, allow_redirects=False) as answer:
            return answer.status, await answer.text()

    async def put(self, name: str, body: bytes) -> tuple[int, str]:
        sent = {"X-CSRF-Token": self.token}
        async with self.session.put(f"{self.base}/import?name={name}", data=body, headers=sent) as answer:
            return answer.status, await answer.text()

    async def headers(self, path: str) -> Any:
        async with self.session.get(self.base + path, allow_redirects=False) as answer:
            return answer.headers

    async def events(self, part: str) -> str:
        """All that a stream says which a part of a page follows."""
        found = re.search(r'sse-connect="([^"]+)"', part)
        assert found, part
        async with self.session.get(self.base + found[1]) as answer:
            return await answer.text()

    async def asked(self, place: Place, words: str) -> str:
        _, part = await self.post(channel(place) + "/ask", words=words)
        return await self.events(part)


def channel(place: Place = GENERAL) -> str:
    return f"/c/{token_of(place)}"


@asynccontextmanager
async def site(
    database: Path, settings: WebSettings | None = None, models: Sequence[Binding] = (), *, empty: bool = False
) -> AsyncIterator[Browser]:
    """The pages over the sample's history in `database`, or over an empty one."""
    if not empty:
        bring_in(sample.path(), database, lambda _: None)
    config = Config()
    pace = BatchPace()
    async with HistoryThread(database) as history, Core(models, on_report=pace.ran) as core:
        assistant = Assistant(Services(core, history, Clock().now, config.zone))
        addresses: asyncio.Queue[str] = asyncio.Queue()
        catalogue = ServedCatalogue(assistant, database, pace, looked)
        adapter = WebAdapter(settings or WebSettings(port=0), catalogue, OWNER, config.zone, addresses.put_nowait)
        serving = asyncio.create_task(adapter.run(assistant, commands()))
        try:
            base = (await addresses.get()).rstrip("/")
            jar = aiohttp.CookieJar(unsafe=True)  # which keeps cookies of an address without a name
            async with aiohttp.ClientSession(cookie_jar=jar) as session:
                yield Browser(base, session, assistant)
        finally:
            serving.cancel()
            await asyncio.wait({serving})


async def looked() -> Sequence[Looked]:
    return [Looked("models: tiny", "warning", "It is slow. Use another one.")]


def starter() -> Sequence[Binding]:
    """The models of the starter profile."""
    return bindings(Config())
