"""The picture of the status page in the documentation: of the made-up sample, at its head channel.

python -m tests.crosscloud.report.picture
"""

import base64
from pathlib import Path
from tempfile import TemporaryDirectory

from crosscloud import paths
from crosscloud.report.site import make
from tests.browser import browser, resize
from tests.crosscloud.report.sample import NOW, sample

PICTURE = paths.ROOT / "docs" / "images" / "status-page.png"
WIDTH, ROWS = 1160, 2


def main() -> None:
    """Make the sample and its page, and take a picture of the page's top."""
    with TemporaryDirectory() as made, browser(width=WIDTH) as driver:
        folder = Path(made)
        sample(folder / "runs", channels=("head",))
        make(folder / "runs", folder / "site", None, NOW)
        resize(driver, WIDTH)
        driver.get((folder / "site" / "index.html").as_uri())
        bottom = f"return document.querySelectorAll('tbody tr')[{ROWS - 1}].getBoundingClientRect().bottom"
        clip = {"x": 0, "y": 0, "width": WIDTH, "height": driver.execute_script(bottom), "scale": 1}
        taken = driver.execute_cdp_cmd("Page.captureScreenshot", {"format": "png", "clip": clip})
        PICTURE.write_bytes(base64.b64decode(taken["data"]))
    print(f"{PICTURE.relative_to(paths.ROOT)}: {PICTURE.stat().st_size} bytes")


if __name__ == "__main__":
    main()
