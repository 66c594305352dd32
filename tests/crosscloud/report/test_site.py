"""The site as files: what is in it, that it holds together, and that words from elsewhere are only words."""

import hashlib
import os
import re
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest
from typer.testing import CliRunner

from crosscloud.cli.app import app
from crosscloud.report.badge import COLOURS
from crosscloud.report.site import ReportError, make
from crosscloud.runs.record import load, save
from tests.crosscloud.report.sample import NOW, Night, junit_with, sample, write

GOLDENS = Path(__file__).parent / "golden"
NIGHT = timedelta(days=1)
DNS = Night(checks={"dns": "SRV from worker-1 to 10.96.0.10 over TCP: no answer\n(waited 90 s)"})


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site of three nights on three clouds."""
    folder = tmp_path_factory.mktemp("site")
    sample(folder / "runs", days=3, clouds=("aws", "azure", "local"), channels=("stable", "head"))
    make(folder / "runs", folder / "site", None, NOW)
    return folder / "site"


class Page(HTMLParser):
    """What a page has: its elements by name, ids, addresses, and all attributes."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.elements: list[str] = []
        self.ids: list[str] = []
        self.addresses: list[str] = []
        self.attributes: set[str] = set()
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self.attributes |= {name for name, _ in attrs}
        self.ids += [value or "" for name, value in attrs if name == "id"]
        self.addresses += [value or "" for name, value in attrs if name in ("href", "src")]


def pages(site: Path) -> list[Path]:
    return sorted(site.rglob("*.html"))


def test_it_has_a_page_a_cell_and_a_project_and_the_badges(site: Path) -> None:
    names = {path.relative_to(site).as_posix() for path in site.rglob("*") if path.is_file()}
    assert {"index.html", "style.css", "history.json", "cell/aws-head.html", "project/node-exporter.html"} <= names
    assert {"badge/overall.svg", "badge/coredns.svg", "badge/coredns-head.svg", "badge/coredns-head-aws.svg"} <= names
    assert "log/aws-head/5007-cncf-e2e.txt" in names
    assert not [name for name in names if name.endswith(".new")]


def test_every_address_leads_somewhere(site: Path) -> None:
    inner, read = 0, {path.resolve(): Page(path) for path in pages(site)}
    for path, page in read.items():
        for address in page.addresses:
            if address.startswith("https://gitlab.example.org/"):
                continue
            file, _, fragment = address.partition("#")
            target = (path.parent / file).resolve() if file else path
            assert target.is_file(), f"{address} in {path.name}"
            assert not fragment or fragment in read[target].ids, f"{address} in {path.name}"
            inner += 1
    assert inner > 300


def test_no_page_has_a_script_a_style_of_its_own_or_anything_from_elsewhere(site: Path) -> None:
    for path in pages(site):
        page = Page(path)
        assert not {"script", "style", "iframe", "object", "form", "base"} & set(page.elements)
        assert not {name for name in page.attributes if name == "style" or name.startswith("on")}
        assert len(page.ids) == len(set(page.ids))
        text = path.read_text()
        assert "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'" in text
        assert '<html lang="en">' in text
    sheet = (site / "style.css").read_text()
    assert not re.search(r"url\(|@import", sheet)
    # Nothing moves, so that nobody has to ask for it not to.
    assert not re.search(r"animation|transition|scroll-behavior", sheet)


HOSTILE = "\"><script>alert(1)</script><img src=x onerror=alert(2)>'&lt;{{ 7*191 }}\x1b[31m\u202e"


def test_words_from_elsewhere_are_only_words(tmp_path: Path) -> None:
    folder = write(tmp_path / "runs", "aws", "head", NOW, Night("cross-cloud", HOSTILE), number=7)
    record = load(folder)
    coredns = record.release["coredns"]
    assert coredns.source
    source = coredns.source.model_copy(update={"project": HOSTILE, "branch": HOSTILE, "url": "javascript:alert(3)"})
    image = coredns.model_copy(update={"image": HOSTILE, "tag": HOSTILE, "digest": HOSTILE, "source": source})
    update = {"cloud": HOSTILE, "id": HOSTILE, "url": "javascript:alert(4)", "commit": HOSTILE, "kubernetes": HOSTILE}
    save(folder, record.model_copy(update={**update, "release": {**record.release, "coredns": image}}))
    (folder / "cross-cloud.log").write_text(f"</pre>{HOSTILE}\n")
    (folder / "e2e.xml").write_text(junit_with(f"dns{HOSTILE[:-9]}", "m", HOSTILE.replace("\x1b", "")))
    broken = write(tmp_path / "runs" / "<script>", "gce", "head", NOW, Night(), number=7) / "run.json"
    broken.write_text("{")
    make(tmp_path / "runs", tmp_path / "site", None, NOW)
    for path in [*pages(tmp_path / "site"), *(tmp_path / "site" / "badge").glob("*.svg")]:
        text = path.read_text()
        assert "<script" not in text
        assert "<img src=x" not in text
        assert "1337" not in text
        assert "\x1b" not in text
        assert "\u202e" not in text
    for path in pages(tmp_path / "site"):
        assert not [address for address in Page(path).addresses if address.lower().startswith("javascript")]
        assert not {name for name in Page(path).attributes if name.startswith("on")}
    told = (tmp_path / "site" / "cell" / "aws-head.html").read_text()
    assert "&lt;script&gt;" in told
    assert "{{ 7*191 }}" in told
    done = CliRunner().invoke(app, ["report", "--runs", str(tmp_path / "runs"), "--output", str(tmp_path / "site")])
    assert "\x1b[31m" not in done.output


def test_badges_are_pictures_with_words(site: Path) -> None:
    for path in (site / "badge").glob("*.svg"):
        root = ElementTree.parse(path).getroot()  # noqa: S314 - written just now
        title = root.findtext("{http://www.w3.org/2000/svg}title")
        assert title
        if path.name != "icon.svg":
            assert (root.get("role"), root.get("aria-label")) == ("img", title)
    assert "CoreDNS head on AWS, rehearsed: failed 1.16.0" in (site / "badge" / "coredns-head-aws.svg").read_text()


def test_a_badge_is_no_longer_than_can_be_read(tmp_path: Path) -> None:
    folder = write(tmp_path / "runs", "aws", "head", NOW, Night(), number=7)
    record = load(folder)
    image = record.release["coredns"].model_copy(update={"tag": "x" * 120})
    save(folder, record.model_copy(update={"cloud": "cloud " * 99, "release": {**record.release, "coredns": image}}))
    made = make(tmp_path / "runs", tmp_path / "site", None, NOW)
    root = ElementTree.fromstring(made.files["badge/coredns-head-aws.svg"])  # noqa: S314 - made just now
    assert int(root.get("width", "0")) < 1300


def test_the_page_counts_as_people_do(tmp_path: Path) -> None:
    write(tmp_path / "runs", "aws", "head", NOW, Night(), number=7)
    made = make(tmp_path / "runs", tmp_path / "site", None, NOW)
    assert "tested together in 1 cell:" in made.files["index.html"]
    assert "CoreDNS alpha: not run" in made.files["badge/coredns-alpha.svg"]
    assert "In 1 cell:" in made.files["project/coredns.html"]
    # The state is in words where the icon alone would tell it.
    hero = made.files["cell/aws-head.html"].partition("</section>")[0]
    assert "<b>5</b> passed" in hero
    # Nor are words glued to each other for those who hear them.
    assert re.search(r"AWS head\s+<span class=\"tag\"", hero)


def test_white_words_are_read_on_every_colour_of_a_badge() -> None:
    def light(colour: str) -> float:
        parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    for colour in [*COLOURS.values(), "#3a424d"]:
        assert 1.05 / (light(colour) + 0.05) >= 4.5, colour


@pytest.mark.parametrize("name", ["index.html", "cell/aws-head.html", "badge/coredns-head-aws.svg"])
def test_a_small_site_is_as_it_was(tmp_path: Path, name: str) -> None:
    write(tmp_path / "runs", "aws", "head", NOW - NIGHT - timedelta(hours=4), Night(), number=11)
    write(tmp_path / "runs", "aws", "head", NOW - timedelta(hours=4), DNS, number=12)
    write(tmp_path / "runs", "local", "head", NOW - timedelta(hours=3), Night("cross-cloud", "no capacity"), number=12)
    make(tmp_path / "runs", tmp_path / "site", None, NOW)
    found = (tmp_path / "site" / name).read_text()
    golden = GOLDENS / name.replace("/", "-")
    if os.environ.get("CROSSCLOUD_UPDATE_GOLDEN") == "1":
        golden.parent.mkdir(exist_ok=True)
        golden.write_text(found)
    assert found == golden.read_text()


def test_the_same_runs_make_the_same_site(tmp_path: Path) -> None:
    sample(tmp_path / "runs", days=2, clouds=("aws", "local"), channels=("head",))
    digests = []
    for _ in range(2):
        make(tmp_path / "runs", tmp_path / "site", None, NOW)
        files = sorted(path for path in (tmp_path / "site").rglob("*") if path.is_file())
        digests.append([(path, hashlib.sha256(path.read_bytes()).digest()) for path in files])
    assert digests[0] == digests[1]


def test_what_is_no_longer_shown_is_removed_and_nothing_else(tmp_path: Path) -> None:
    write(tmp_path / "old", "aws", "head", NOW - timedelta(days=89), DNS, number=1)
    write(tmp_path / "new", "gce", "head", NOW + timedelta(days=2), Night(), number=2)
    make(tmp_path / "old", tmp_path / "site", None, NOW)
    (tmp_path / "site" / "robots.txt").write_text("")
    assert (tmp_path / "site" / "cell" / "aws-head.html").exists()
    make(tmp_path / "new", tmp_path / "site", None, NOW + timedelta(days=2))
    assert not (tmp_path / "site" / "cell" / "aws-head.html").exists()
    assert list((tmp_path / "site" / "log").rglob("*.txt")) == []
    assert (tmp_path / "site" / "robots.txt").exists()


def test_where_it_can_not_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "runs").mkdir()
    (tmp_path / "site").write_text("a file")
    with pytest.raises(ReportError, match=r"the page can't be written to .*site"):
        make(tmp_path / "runs", tmp_path / "site", None, NOW)


def test_the_command_says_in_a_terminal_what_the_page_says(tmp_path: Path) -> None:
    write(tmp_path / "runs", "aws", "head", NOW, DNS, number=12)
    (write(tmp_path / "runs", "local", "head", NOW, Night(), number=12) / "run.json").write_text("{")
    arguments = ["--runs", str(tmp_path / "runs"), "--output", str(tmp_path / "site"), "--now", f"{NOW:%FT%T%z}"]
    done = CliRunner().invoke(app, ["report", *arguments])
    assert done.exit_code == 0
    assert "warning: local-head/12: run.json is no record of a run" in done.stderr
    assert re.search(r"aws-head.* passed +failed +passed +passed +passed", done.stdout)
    assert "CoreDNS fails on AWS head" in done.stdout
    assert "dns: SRV from worker-1" in done.stdout
    assert "local-head/12: run.json" in (tmp_path / "site" / "index.html").read_text()


def test_without_any_run_there_is_a_page_that_says_so(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["report", "--runs", str(tmp_path / "none"), "--output", str(tmp_path / "site")])
    assert done.exit_code == 0
    assert "No runs yet" in (tmp_path / "site" / "index.html").read_text()


def test_a_run_that_was_cut_short_is_told_and_shows_the_log_of_where_it_was(tmp_path: Path) -> None:
    write(tmp_path / "runs", "aws", "head", NOW - timedelta(hours=6), Night(running="cross-project"), number=12)
    make(tmp_path / "runs", tmp_path / "site", None, NOW)
    text = (tmp_path / "site" / "cell" / "aws-head.html").read_text()
    assert "the run was cut short: cross-project began 5 hours ago and never ended" in text
    assert "Never ended" in text
    assert "The end of the log of cross-project" in text
    assert "the run was cut short" in (tmp_path / "site" / "index.html").read_text()


def test_what_the_infrastructure_broke_keeps_what_was_known_in_view(tmp_path: Path) -> None:
    write(tmp_path / "runs", "aws", "head", NOW - NIGHT, Night(), number=11)
    write(tmp_path / "runs", "aws", "head", NOW - timedelta(hours=1), Night("cross-cloud", "no capacity"), number=12)
    made = make(tmp_path / "runs", tmp_path / "site", None, NOW)
    assert "No project fails" not in made.files["index.html"]
    assert "Nothing could be tested" in made.files["index.html"]
    assert made.files["index.html"].count("last passed <time") == 5
    assert "infrastructure failure" in made.files["badge/coredns-head-aws.svg"]


def test_hundreds_of_runs_make_a_small_page(tmp_path: Path) -> None:
    number = sample(tmp_path / "runs", days=15)
    made = make(tmp_path / "runs", tmp_path / "site", None, NOW)
    assert number > 250
    assert made.problems == []
    assert len(made.files["index.html"]) < 100_000
    assert len(made.files["history.json"]) < 600 * number
