"""A real browser without a screen: Debian's Chromium, driven by selenium, at any width, light or dark."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.support.wait import WebDriverWait

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
DRIVER = shutil.which("chromedriver")
WHY_NOT = "needs Chromium and its driver: apt-get install chromium chromium-driver"
PHONE, DESK = 390, 1280
HEIGHTS = {PHONE: 844, DESK: 860}
QUIET = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars")


@contextmanager
def browser(folder: Path) -> Iterator[Chrome]:
    """A browser with a profile in the folder."""
    options = ChromeOptions()
    options.binary_location = str(CHROMIUM)
    for flag in (*QUIET, f"--user-data-dir={folder}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = Chrome(options=options, service=Service(DRIVER))
    try:
        driver.set_script_timeout(60)
        yield driver
    finally:
        driver.quit()


def look(driver: Chrome, width: int, *, dark: bool, height: int | None = None) -> None:
    """See pages in that width, light or dark."""
    screen = {"width": width, "height": height or HEIGHTS[width], "deviceScaleFactor": 1, "mobile": width == PHONE}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
    driver.execute_cdp_cmd("Emulation.setFocusEmulationEnabled", {"enabled": True})
    scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})


def visit(driver: Chrome, address: str) -> None:
    """Open a page and wait until its scripts listen: a browser's first page counts as open before they do."""
    driver.get(address)
    WebDriverWait(driver, 40).until(lambda browser: browser.execute_script("return document.readyState") == "complete")
