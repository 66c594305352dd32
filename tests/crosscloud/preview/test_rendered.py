"""Notes as their readers see them: in a browser, as near to GitLab as can be had without one.

The pictures are kept in ``.crosscloud/reports/notes``, for people to look at.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By

from crosscloud import paths
from crosscloud.preview import note
from tests.browser import browser, overflow, resize, screenshot
from tests.browser.gitlab import page, quick_actions

from . import recorded
from .test_note import KINDS, failed, hostile, huge

WIDTHS = (990, 390)


@pytest.fixture(scope="module")
def driver() -> Iterator[Chrome]:
    with browser() as started:
        yield started


def look(driver: Chrome, folder: Path, name: str, text: str) -> None:
    """Show a note at the width that GitLab gives it, and on a phone; keep a picture of each."""
    file = folder / f"{name}.html"
    file.write_text(page(text))
    driver.get(file.as_uri())
    for width in WIDTHS:
        resize(driver, width)
        screenshot(driver, paths.home() / "reports" / "notes" / f"{name}-{width}.png")
        assert overflow(driver) == []


def texts(driver: Chrome, selector: str) -> list[str]:
    return [element.text for element in driver.find_elements(By.CSS_SELECTOR, selector)]


@pytest.mark.parametrize(
    "name", ["whole-cluster-replaced", "policy-mandatory", "release-both", "workers-up", "refused"]
)
def test_a_note_is_seen_whole_with_its_folds_closed(driver: Chrome, tmp_path: Path, name: str) -> None:
    preview = recorded.preview(KINDS[name])
    look(driver, tmp_path, name, note.render(preview))
    (headline,) = texts(driver, "h3")
    assert headline.startswith(preview.stack)
    assert (str(preview.counts) in headline) or preview.errors
    assert driver.find_elements(By.CSS_SELECTOR, "details[open]") == []
    seen = driver.find_element(By.TAG_NAME, "body").text
    assert "crosscloud:preview:" not in seen, "the marker is hidden"
    assert not {"**", "###", "```", "|---", "\\"} & set(seen.split())
    assert driver.find_elements(By.CSS_SELECTOR, ".reference") == []


def test_what_is_replaced_is_seen_above_the_fold_and_the_difference_within(driver: Chrome, tmp_path: Path) -> None:
    look(driver, tmp_path, "replaced", note.render(recorded.preview("packet-control-plane-larger")))
    rows = texts(driver, "tbody tr")
    assert any("note-packet-control-plane-0" in row and "plan m3.small.x86 → m3.large.x86" in row for row in rows), rows
    fold = driver.find_elements(By.TAG_NAME, "details")[-1]
    assert "m3.large.x86" not in fold.text
    fold.find_element(By.TAG_NAME, "summary").click()
    assert "+   plan: m3.large.x86  (replaces it)" in fold.text
    added = fold.find_element(By.CSS_SELECTOR, ".add")
    assert added.value_of_css_property("background-color") != "rgba(0, 0, 0, 0)"


def test_hostile_values_are_text(driver: Chrome, tmp_path: Path) -> None:
    text = note.render(hostile())
    look(driver, tmp_path, "hostile", text)
    assert quick_actions(text) == []
    assert driver.find_elements(By.CSS_SELECTOR, "a, img, script, h1, .reference") == []
    assert len(driver.find_elements(By.CSS_SELECTOR, "h3")) == 1
    assert len(driver.find_elements(By.TAG_NAME, "details")) == 2
    (row,) = texts(driver, "tbody tr:first-child td:first-child")[:1]
    assert row == "deleted"
    assert {len(row.find_elements(By.TAG_NAME, "td")) for row in driver.find_elements(By.TAG_NAME, "tr")[1:3]} == {4}


def test_errors_and_advice_are_seen(driver: Chrome, tmp_path: Path) -> None:
    look(driver, tmp_path, "failed", note.render(failed()))
    assert "UnauthorizedOperation" in texts(driver, "pre")[0]
    assert "give them the rights that docs/clouds/aws.md lists" in texts(driver, "li li")


def test_a_note_that_was_cut_is_still_whole(driver: Chrome, tmp_path: Path) -> None:
    file = tmp_path / "huge.html"
    file.write_text(page(note.render(huge())))
    driver.get(file.as_uri())
    (fold,) = driver.find_elements(By.TAG_NAME, "details")[-1:]
    assert str(fold.get_attribute("textContent")).rstrip().endswith("diff.txt among the job's artifacts.")
