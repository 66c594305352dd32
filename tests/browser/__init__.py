"""A real browser for tests: Debian's chromium without a window, driven by selenium, with a profile of its own.

    with browser(width=390) as driver:      # a phone
        driver.get(page.as_uri())
        assert overflow(driver) == []
        screenshot(driver, folder / "phone.png")

Starting one takes a second or two: share it among the tests of a module, and set its size by `resize`.
"""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service

_FLAGS = (
    "--headless=new",
    "--no-sandbox",  # the tests are root's, whom chromium's sandbox refuses
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
)
#: Seconds in which a page of a file has long been shown.
_PATIENCE = 30
#: What reaches beyond the right edge of the window, but for what scrolls in a box of its own.
_OVERFLOW = """
const inBox = element => {
  for (let box = element.parentElement; box; box = box.parentElement) {
    if (box !== document.body && box !== document.documentElement
        && ['auto', 'scroll', 'hidden'].includes(getComputedStyle(box).overflowX)) return true;
  }
  return false;
};
return [...document.body.querySelectorAll('*')]
  .filter(element => element.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
  .filter(element => !inBox(element))
  .map(element => element.outerHTML.slice(0, 120));
"""


@contextmanager
def browser(*, width: int = 1100, height: int = 900) -> Iterator[Chrome]:
    """Start chromium with a window of this size, in CSS pixels."""
    with tempfile.TemporaryDirectory(prefix="crosscloud-browser-", ignore_cleanup_errors=True) as profile:
        options = ChromeOptions()
        options.binary_location = _found("chromium")
        for flag in (*_FLAGS, f"--user-data-dir={profile}"):
            options.add_argument(flag)
        driver = Chrome(options=options, service=Service(_found("chromedriver")))
        try:
            driver.set_page_load_timeout(_PATIENCE)
            resize(driver, width, height)
            yield driver
        finally:
            driver.quit()


def resize(driver: Chrome, width: int, height: int = 900) -> None:
    """Give the page itself this size, in CSS pixels, down to what a phone has: windows have a least width."""
    metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)


def screenshot(driver: Chrome, path: Path) -> None:
    """Write a picture (PNG) of the whole page, however long it is."""
    import base64

    path.parent.mkdir(parents=True, exist_ok=True)
    whole = {"format": "png", "captureBeyondViewport": True}
    path.write_bytes(base64.b64decode(driver.execute_cdp_cmd("Page.captureScreenshot", whole)["data"]))


def overflow(driver: Chrome) -> list[str]:
    """Return the beginning of each element that reaches out of the page to the right: none on a page that fits."""
    found: list[str] = driver.execute_script(_OVERFLOW)
    return found


def _found(command: str) -> str:
    path = shutil.which(command)
    assert path, f"the command {command} is missing; `toolchain/setup.sh --tests` installs it"
    return path
