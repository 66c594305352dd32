"""The status page in a real browser: it fits a phone, everybody can read it, and it needs no JavaScript."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By

from crosscloud import paths
from crosscloud.report.site import make
from crosscloud.runs.record import load, save
from tests.browser import browser, overflow, resize, screenshot
from tests.crosscloud.report.sample import NOW, Night, sample, write

PHONE, DESKTOP = 360, 1280
PAGES = ("index.html", "cell/gce-head.html", "cell/gce-alpha.html", "project/coredns.html")
AXE = paths.ROOT / ".crosscloud" / "node" / "node_modules" / "axe-core" / "axe.min.js"
_AUDIT = """
const done = arguments[arguments.length - 1];
axe.run(document, {resultTypes: ['violations', 'incomplete']}).then(found => {
  const told = each => each.nodes.map(node => `${each.id}: ${node.html} ${node.failureSummary || ''}`);
  const unsure = found.incomplete.filter(each => each.id === 'color-contrast');
  const passed = found.passes.map(each => each.id);
  done({wrong: found.violations.flatMap(told), unsure: unsure.flatMap(told), passed});
});
"""

#: How wide each text of a badge is made, and how wide it would be.
_WIDTHS = """
return [...document.querySelectorAll('text')].map(text => {
  const made = Number(text.getAttribute('textLength'));
  text.removeAttribute('textLength');
  return [made, text.getComputedTextLength(), text.textContent];
});
"""
#: What runs out of its place in a table, a list or the head of a page; heads of tables that only readers hear do not.
_SPILT = """
return [...document.querySelectorAll('td, th, li, .hero')]
  .filter(place => !place.closest('thead') || getComputedStyle(place.closest('thead')).position !== 'absolute')
  .filter(place => place.scrollWidth > place.clientWidth + 1).map(place => place.textContent.slice(0, 80));
"""
#: The narrowest window that shows tables as such.
TABLE = 1001
WHITE = "rgb(255, 255, 255)"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    sample(folder / "runs", days=12, clouds=("gce", "packet", "local"))
    make(folder / "runs", folder / "site", None, NOW)
    return folder / "site"


@pytest.fixture(scope="module")
def wordy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site on which whatever comes from elsewhere is long, and a word that nothing breaks."""
    folder, word = tmp_path_factory.mktemp("wordy"), "long" * 60
    run = write(folder / "runs", "aws", "head", NOW, Night("cross-project", word, ("coredns",)), number=7)
    record = load(run)
    coredns = record.release["coredns"]
    assert coredns.source
    source = coredns.source.model_copy(update={"project": word, "branch": word, "commit": word})
    image = coredns.model_copy(update={"image": word, "tag": word[:120], "source": source})
    update = {"cloud": word, "id": word, "commit": word, "kubernetes": word}
    save(run, record.model_copy(update={**update, "release": {**record.release, "coredns": image}}))
    make(folder / "runs", folder / "site", None, NOW)
    return folder / "site"


@pytest.fixture(scope="module")
def chrome() -> Iterator[Chrome]:
    with browser(width=DESKTOP) as driver:
        yield driver


def show(
    driver: Chrome, site: Path, page: str, *, width: int = DESKTOP, dark: bool = False, paper: bool = False
) -> None:
    scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
    media = {"media": "print" if paper else "screen", "features": [scheme]}
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
    resize(driver, width)
    driver.get((site / page).as_uri())
    if folder := os.environ.get("CROSSCLOUD_SCREENSHOTS"):
        name = f"{page.replace('/', '-')}-{width}{'-dark' if dark else ''}{'-paper' if paper else ''}.png"
        screenshot(driver, Path(folder) / name)


def audit(driver: Chrome) -> dict[str, list[str]]:
    """Have axe look at the page as it is now; its script is the driver's, the page has none."""
    driver.execute_script(AXE.read_text(encoding="utf-8"))
    found: dict[str, list[str]] = driver.execute_async_script(_AUDIT)
    return found


VIEWS = [
    *(("index.html", width, dark) for width in (PHONE, DESKTOP) for dark in (False, True)),
    *((page, width, dark) for page in PAGES[1:] for width, dark in ((PHONE, True), (DESKTOP, False))),
]


@pytest.mark.parametrize(("page", "width", "dark"), VIEWS)
def test_it_fits_and_everybody_can_read_it(chrome: Chrome, site: Path, page: str, width: int, dark: bool) -> None:
    show(chrome, site, page, width=width, dark=dark)
    assert overflow(chrome) == []
    assert chrome.execute_script("return document.documentElement.scrollWidth") <= width
    found = audit(chrome)
    assert found["wrong"] == []
    assert found["unsure"] == []
    assert {"color-contrast", "html-has-lang", "landmark-one-main", "link-name"} <= set(found["passed"])


@pytest.mark.parametrize("width", [PHONE, TABLE, DESKTOP])
def test_words_of_any_length_stay_in_their_place(chrome: Chrome, wordy: Path, width: int) -> None:
    for page in ("index.html", "cell/aws-head.html", "project/coredns.html"):
        show(chrome, wordy, page, width=width)
        assert overflow(chrome) == []
        assert chrome.execute_script(_SPILT) == [], page


def test_the_audit_sees_what_is_wrong(chrome: Chrome, site: Path) -> None:
    show(chrome, site, "project/coredns.html")
    chrome.execute_script("document.querySelector('h1').style.color = '#eee'")
    chrome.execute_script("document.querySelector('.badges img').removeAttribute('alt')")
    assert {each.partition(":")[0] for each in audit(chrome)["wrong"]} == {"color-contrast", "image-alt"}


@pytest.mark.parametrize("width", [PHONE, DESKTOP])
def test_its_tables_are_tables_to_a_reader_at_every_width(chrome: Chrome, site: Path, width: int) -> None:
    show(chrome, site, "index.html", width=width)
    document = chrome.execute_cdp_cmd("Accessibility.getFullAXTree", {})
    roles = [node["role"]["value"] for node in document["nodes"] if not node.get("ignored")]
    assert {"banner", "main", "navigation", "contentinfo"} <= set(roles)
    # Three channels of three clouds, five projects and the clouds' names.
    assert (roles.count("table"), roles.count("columnheader")) == (3, 18)
    assert (roles.count("rowheader"), roles.count("cell")) == (9, 45)
    names = [n["name"]["value"] for n in document["nodes"] if n["role"]["value"] == "image"]
    assert [name for name in names if name.startswith("90 days: ")]


def test_colours_follow_what_the_reader_prefers(chrome: Chrome, site: Path) -> None:
    seen = []
    for dark in (False, True):
        show(chrome, site, "index.html", dark=dark)
        seen.append(chrome.execute_script("return getComputedStyle(document.body).backgroundColor"))
    assert seen == ["rgb(246, 247, 249)", "rgb(15, 19, 24)"]


def test_the_first_key_leads_past_the_navigation_and_is_seen(chrome: Chrome, site: Path) -> None:
    show(chrome, site, "index.html")
    chrome.execute_script("document.querySelector('.skip').focus()")
    skip = chrome.switch_to.active_element
    assert skip.text == "Skip to the content"
    assert skip.rect["x"] >= 0
    assert chrome.execute_script("return document.querySelector('a').className") == "skip"


def test_badges_are_as_wide_as_their_words(chrome: Chrome, site: Path) -> None:
    measured = []
    for badge in sorted((site / "badge").glob("*-gce.svg")):
        show(chrome, site, f"badge/{badge.name}")
        measured += chrome.execute_script(_WIDTHS)
    assert len(measured) == 30
    assert [each for each in measured if not 0.97 < each[0] / each[1] < 1.03] == []


def test_on_paper_it_is_light_and_nothing_is_cut(chrome: Chrome, site: Path) -> None:
    try:
        for page in PAGES:
            show(chrome, site, page, width=718, dark=True, paper=True)
            assert overflow(chrome) == []
            assert chrome.execute_script("return document.documentElement.scrollWidth") <= 718
            assert chrome.execute_script("return getComputedStyle(document.body).backgroundColor") == WHITE
            assert (
                chrome.execute_script("return getComputedStyle(document.querySelector('thead')).position") == "static"
            )
    finally:
        show(chrome, site, "index.html")


def test_it_needs_no_javascript_and_asks_for_nothing_from_elsewhere(chrome: Chrome, site: Path) -> None:
    chrome.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        show(chrome, site, "index.html")
        assert "fail in" in chrome.find_element(By.TAG_NAME, "h1").text
        # The policy of the page lets its own style sheet and pictures in, from a file too.
        assert chrome.find_element(By.TAG_NAME, "body").value_of_css_property("margin-top") == "0px"
        chrome.find_element(By.LINK_TEXT, "CoreDNS head").click()
        assert chrome.find_element(By.TAG_NAME, "h1").text == "CoreDNS"
        pictures = chrome.find_elements(By.CSS_SELECTOR, ".badges img")
        assert len(pictures) == 13
        assert all(int(str(picture.get_property("naturalWidth"))) > 50 for picture in pictures)
    finally:
        chrome.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
