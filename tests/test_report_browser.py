"""A report's page in a real browser, where there is one: nothing fails, nothing is fetched, nothing is cut off."""

import asyncio
import json
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from test_reports import BAD, GOOD, daily, made, services  # noqa: F401 - the fixture

from bot.mood.report_page import page
from bot.services import Services

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(BROWSER is None, reason="needs Chromium: apt-get install chromium")
ABOUT = ["the ferry sails from the harbour", "the lunch soup has carrots"]
QUIET = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--remote-debugging-port=0",
    "--no-first-run",
    "about:blank",
)


@dataclass
class Tab:
    """A page of the browser, and what it told of itself."""

    socket: aiohttp.ClientWebSocketResponse
    heard: list[dict[str, Any]] = field(default_factory=list)
    numbers: Any = field(default_factory=lambda: count(1))

    async def ask(self, method: str, **params: Any) -> Any:
        number = next(self.numbers)
        await self.socket.send_json({"id": number, "method": method, "params": params})
        while True:
            told = await self.socket.receive_json(timeout=30)
            if told.get("id") == number:
                return told["result"]
            self.heard.append(told)

    async def evaluate(self, words: str) -> Any:
        return (await self.ask("Runtime.evaluate", expression=words, returnByValue=True))["result"].get("value")

    async def open(self, file: Path, width: int) -> None:
        for domain in ("Page", "Network", "Log", "Runtime", "Accessibility"):
            await self.ask(f"{domain}.enable")
        screen = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
        await self.ask("Emulation.setDeviceMetricsOverride", **screen)
        await self.ask("Page.navigate", url=file.as_uri())
        while await self.evaluate("document.readyState") != "complete":  # noqa: ASYNC110 - the page says it, once asked
            await asyncio.sleep(0.05)

    def told(self, method: str) -> list[dict[str, Any]]:
        return [each["params"] for each in self.heard if each["method"] == method]


@asynccontextmanager
async def browser(folder: Path) -> AsyncIterator[Tab]:
    assert BROWSER
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        BROWSER, f"--user-data-dir={folder}", *QUIET, stderr=pipe, stdout=asyncio.subprocess.DEVNULL
    )
    assert process.stderr
    try:
        async with asyncio.timeout(60):
            while b"DevTools listening on" not in (line := await process.stderr.readline()):
                assert line, "the browser ended"
        address = line.decode().rpartition(" ")[2].strip().replace("ws://", "http://").partition("/devtools")[0]
        async with aiohttp.ClientSession() as session:
            async with session.get(f"{address}/json") as answer:
                (tab,) = [each for each in json.loads(await answer.text()) if each["type"] == "page"]
            async with session.ws_connect(tab["webSocketDebuggerUrl"], max_msg_size=0) as socket:
                yield Tab(socket)
    finally:
        process.kill()
        await process.wait()


async def test_the_page_stands_alone_in_a_browser(services: Services, tmp_path: Path):  # noqa: F811 - the fixture
    found = await made(services, [*daily(6, 40, ABOUT, people=7), *daily(6, 25, BAD, first=6), *daily(1, 3, GOOD, 12)])
    file = tmp_path / "report.html"
    file.write_text(page(found), encoding="utf-8")
    async with browser(tmp_path / "profile") as tab:
        for width in (390, 1280):
            await tab.open(file, width)
            assert await tab.evaluate("document.documentElement.scrollWidth") <= width
        tree = (await tab.ask("Accessibility.getFullAXTree"))["nodes"]
        printed = await tab.ask("Page.printToPDF")
    roles = [(node.get("role", {}).get("value"), node.get("name", {}).get("value", "")) for node in tree]
    assert [name for role, name in roles if role == "heading"] == [
        "The mood of #general",
        "About what",
        "What this rests on",
    ]
    assert ("table", "The figures of the chart") in roles
    assert len([name for role, name in roles if role == "columnheader"]) == 7
    (picture,) = [name for role, name in roles if role == "image"]
    assert picture.startswith("The mood of #general changed")
    assert {call["request"]["url"] for call in tab.told("Network.requestWillBeSent")} == {file.as_uri()}
    assert (
        tab.told("Runtime.exceptionThrown") == tab.told("Log.entryAdded") == tab.told("Runtime.consoleAPICalled") == []
    )
    assert len(printed["data"]) > 10_000
