"""Every page in a real browser, as wide as a phone and a desk, light and dark, by keyboard, after axe's rules."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest
from web_browser import CHROMIUM, DESK, DRIVER, PHONE, WHY_NOT, browser, look, visit
from web_site import channel, site, starter

pytestmark = [
    pytest.mark.skipif(not (CHROMIUM and DRIVER), reason=WHY_NOT),
    pytest.mark.starter,
    pytest.mark.timeout(300),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),  # of the driver's own process
]
AXE = Path(__file__).with_name("vendor") / "axe-core-4.14.1" / "axe.min.js"
RUN = """const done = arguments[arguments.length - 1];
axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice']}).then((found) => done(
  found.violations.filter((each) => ['serious', 'critical'].includes(each.impact))
    .map((each) => `${each.id}: ${each.nodes.map((node) => node.html.slice(0, 120)).join(' | ')}`)));"""
SHIFT = """window.shifts = 0; new PerformanceObserver((list) => { for (const each of list.getEntries())
  if (!each.hadRecentInput) window.shifts += each.value; }).observe({type: 'layout-shift', buffered: true});"""
BYTES = """return [performance.getEntriesByType('navigation')[0], ...performance.getEntriesByType('resource')]
  .reduce((sum, each) => sum + each.encodedBodySize, 0);"""
PAGES = ("/", channel(), f"{channel()}/mood", f"{channel()}/topics", f"{channel()}/upkeep", "/schedules")
PAGES += ("/privacy?q=maud", "/status", "/playground", "/nowhere")


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the pages, served on a loop of its own in another thread."""
    address: Future[str] = Future()
    stop: list[Callable[[], object]] = []

    async def serve() -> None:
        ended = asyncio.Event()
        stop.append(lambda: loop.call_soon_threadsafe(ended.set))
        async with site(tmp_path_factory.mktemp("web") / "history.db", models=starter()) as found:
            address.set_result(found.base)
            await ended.wait()

    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
    thread.start()
    yield address.result(60)
    stop[0]()
    thread.join()
    loop.close()


@pytest.fixture(scope="module")
def chrome(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with browser(tmp_path_factory.mktemp("profile")) as driver:
        yield driver


def until(driver: Any, words: str, seconds: float = 40) -> Any:
    """Wait until the page's script finds something, and return it."""
    wait = """const [words, seconds, done] = arguments, from = Date.now(), look = new Function(`return ${words}`);
    const again = () => { const found = look(), over = Date.now() - from > seconds * 1000;
      found || over ? done(found) : setTimeout(again, 50); };
    again();"""
    found = driver.execute_async_script(wait, words, seconds)
    assert found, words
    return found


@pytest.mark.parametrize("page", PAGES)
def test_a_page_has_no_serious_finding_and_is_not_cut_off(page: str, base: str, chrome: Any):
    chrome.get_log("browser")
    for width in (PHONE, DESK):
        for dark in (False, True):
            look(chrome, width, dark=dark)
            visit(chrome, base + page)
            until(chrome, "!document.querySelector('.profile:empty')")
            assert chrome.execute_script("return document.documentElement.scrollWidth") <= width
            chrome.execute_script(AXE.read_text(encoding="utf-8"))
            assert chrome.execute_async_script(RUN) == [], (page, width, dark)
    entries = chrome.get_log("browser")
    assert [each for each in entries if page != "/nowhere" or "404" not in each["message"]] == []


def test_nothing_moves_while_the_first_page_and_a_channel_load_and_each_weighs_little(
    base: str, chrome: Any, figure: Callable[[str], None]
):
    for page in ("/", channel()):
        look(chrome, DESK, dark=False)
        script = chrome.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": SHIFT})
        visit(chrome, base + page)
        until(chrome, "!document.querySelector('.profile:empty')")
        shifts, size = chrome.execute_script("return window.shifts"), chrome.execute_script(BYTES)
        chrome.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", script)
        figure(f"web {'first page' if page == '/' else 'channel'}: {size / 1000:.0f} kB, layout shift {shifts:.3f}")
        assert shifts < 0.01
        assert size < 150_000


def test_a_sentence_lights_up_its_messages_and_its_time_leads_to_one(base: str, chrome: Any):
    look(chrome, DESK, dark=False)
    visit(chrome, base + channel())
    chrome.execute_script("document.querySelector('.quick .chip').click()")
    until(chrome, "document.querySelector('.answer li[data-sources] a')")
    part = "[...document.querySelectorAll('.answer [data-sources]')].at(-1)"
    ids = chrome.execute_script(f"return JSON.parse({part}.dataset.sources)")
    chrome.execute_script(f"{part}.querySelector('a').click()")
    until(chrome, f"document.getElementById('m-{ids[0]}')?.classList.contains('found')")
    assert chrome.execute_script("return document.activeElement.id") == f"m-{ids[0]}"
    chrome.execute_script(f"{part}.querySelector('a').focus()")
    until(chrome, f"document.getElementById('m-{ids[0]}').classList.contains('lit')")
    chrome.execute_script("document.activeElement.blur()")
    until(chrome, f"!document.getElementById('m-{ids[0]}').classList.contains('lit')")


def test_a_message_is_translated_in_place_and_brought_back(base: str, chrome: Any):
    look(chrome, DESK, dark=False)
    visit(chrome, f"{base}{channel()}?around=1772442560.000100")
    text = "document.querySelector('[data-id=\"1772442560.000100\"]')"
    chrome.execute_script("document.querySelector('[data-turn=\"1772442560.000100\"]').click()")
    until(chrome, f"{text}.textContent.startsWith('Welcome, Yusuf')")
    assert chrome.execute_script(f"return {text}.title").startswith("Bem-vindo")
    chrome.execute_script("document.querySelector('[data-turn=\"1772442560.000100\"]').click()")
    until(chrome, f"{text}.textContent.startsWith('Bem-vindo')")


def test_a_translation_that_fails_says_why_and_the_button_works_again(base: str, chrome: Any):
    look(chrome, DESK, dark=False)
    visit(chrome, f"{base}{channel()}?around=1772442560.000100")
    button = "document.querySelector('[data-turn=\"1772442560.000100\"]')"
    chrome.execute_script("document.getElementById('to').selectedOptions[0].value = 'nonsense'")
    for _ in range(2):
        chrome.execute_script(f"{button}.click()")
        until(
            chrome,
            f"document.querySelector('#hits > .failure')?.textContent.includes('nonsense') && !{button}.disabled",
        )
    assert len(chrome.find_elements("css selector", "#hits > .failure")) == 1
    chrome.execute_script("window.fetch = () => Promise.reject(new TypeError('Failed to fetch'))")
    chrome.execute_script(f"{button}.click()")
    until(chrome, f"document.querySelector('#hits > .failure').textContent.includes('running') && !{button}.disabled")


def test_the_keyboard_alone_gets_from_the_start_to_an_answer(base: str, chrome: Any):
    from selenium.webdriver.common.keys import Keys  # noqa: PLC0415 - where there is a browser

    look(chrome, DESK, dark=False)
    visit(chrome, base + "/")

    def tab_to(words: str) -> None:
        for _ in range(60):
            chrome.switch_to.active_element.send_keys(Keys.TAB)
            if chrome.execute_script(f"return {words}"):
                return
        pytest.fail(words)

    tab_to("document.activeElement.className === 'skip'")
    tab_to("document.activeElement.textContent.includes('general')")
    assert chrome.execute_script("return getComputedStyle(document.activeElement).outlineStyle") == "solid"
    chrome.switch_to.active_element.send_keys(Keys.ENTER)
    until(chrome, "document.querySelector('#messages')")
    tab_to("document.activeElement.name === 'words'")
    chrome.switch_to.active_element.send_keys("When do we launch regatta mode?", Keys.ENTER)
    until(chrome, "document.querySelector('.answer .prose')?.textContent.includes('14 April')")
    chrome.switch_to.active_element.send_keys(Keys.TAB)
    chrome.find_element("css selector", "body").send_keys("/")
    until(chrome, "document.activeElement.id === 'search'")
    chrome.switch_to.active_element.send_keys("kelp")
    until(chrome, "document.querySelectorAll('.hits li').length > 2")
