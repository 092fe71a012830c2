"""Takes the pictures of the pages anew: python docs/web_pictures.py [FOLDER], with Chromium and its driver installed.

The two that the README shows go to docs/; with a folder, every page goes there too, at both widths, light and dark.
"""

import base64
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from selenium.webdriver.common.by import By  # noqa: E402 - after the path
from web_browser import DESK, PHONE, browser, look  # noqa: E402 - as above

PORT, SECONDS, QUALITY = 8799, 60, 78
PAGES = {"schedules": "/schedules", "privacy": "/privacy?q=maud", "status": "/status", "playground": "/playground"}
INSIDE = {"mood": "Make the report", "topics": "Draw the map", "upkeep": ""}


def wait_for(driver: Any, selector: str) -> None:
    """Wait until the page has that."""
    for _ in range(SECONDS * 10):
        if driver.find_elements(By.CSS_SELECTOR, selector):
            return
        time.sleep(0.1)
    raise TimeoutError(selector)


def save(driver: Any, file: Path) -> None:
    """Write the picture of what is seen now."""
    taken = driver.execute_cdp_cmd("Page.captureScreenshot", {"format": "webp", "quality": QUALITY})
    file.write_bytes(base64.b64decode(taken["data"]))
    print(f"{file}: {file.stat().st_size / 1000:.0f} kB")  # noqa: T201 - a script


def press(driver: Any, label: str) -> None:
    """Press the button of that label."""
    next(each for each in driver.find_elements(By.TAG_NAME, "button") if each.text == label).click()


def pictures(driver: Any, base: str, folder: Path | None) -> None:
    """Take the pictures."""
    look(driver, DESK, dark=False, height=800)
    driver.get(base + "/")
    wait_for(driver, ".card .line rect")
    general = driver.find_element(By.LINK_TEXT, "#general").get_attribute("href")
    driver.get(general)
    press(driver, "Summarise the last 100")
    wait_for(driver, ".answer li[data-sources] a")
    driver.find_element(By.CSS_SELECTOR, ".answer li[data-sources] a").click()
    time.sleep(1.5)
    save(driver, ROOT / "docs" / "web-summary.webp")
    look(driver, DESK, dark=True, height=800)
    driver.get(general + "/mood")
    press(driver, "Make the report")
    wait_for(driver, ".chart")
    save(driver, ROOT / "docs" / "web-mood.webp")
    if folder is None:
        return
    folder.mkdir(parents=True, exist_ok=True)
    every = {"start": "/", "channel": general, **PAGES} | {name: f"{general}/{name}" for name in INSIDE}
    for name, address in every.items():
        for width in (DESK, PHONE):
            look(driver, width, dark=False)
            driver.get(address if "://" in address else base + address)
            if INSIDE.get(name):
                press(driver, INSIDE[name])
                wait_for(driver, ".chart, .map, .failure")
            time.sleep(1)
            for dark in (False, True):
                look(driver, width, dark=dark)
                save(driver, folder / f"{name}-{width}-{'dark' if dark else 'light'}.webp")


def main() -> None:
    """Serve the sample workspace, and take the pictures."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    command = [sys.executable, "-m", "bot.cli", "web", "--demo", "--no-browser", "--port", str(PORT)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as server:  # noqa: S603 - our own
        try:
            assert server.stdout
            base = server.stdout.readline().split()[-1].rstrip("/")
            with tempfile.TemporaryDirectory() as profile, browser(Path(profile)) as driver:
                pictures(driver, base, folder)
        finally:
            server.terminate()


if __name__ == "__main__":
    main()
