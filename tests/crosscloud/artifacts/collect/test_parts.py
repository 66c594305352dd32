"""A part of a release is the project's own lines, all of them and no others, with the digest that the registry has."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from crosscloud import registry
from crosscloud.artifacts.collect import catalogue, parts
from crosscloud.artifacts.collect.catalogue import Wanted
from crosscloud.artifacts.collect.errors import UncollectedError
from crosscloud.problems import ProblemsError
from crosscloud.release import Image

from .conftest import PROJECTS, Images

OTHER = "sha256:" + "f" * 64
COREDNS = next(one for one in catalogue.wanted("head", {}) if one.prefix == "COREDNS")


def pinned(image: Image, host: str | None = None) -> str | None:
    return parts.pinned(image, registry=host, pause=0.001).digest


@pytest.fixture
def image(images: Images) -> Image:
    project, tag = PROJECTS["COREDNS"]
    return Image(f"{images.host}/{project}", tag)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("COREDNS_IMAGE=r.test/x\n", "release.env:1: COREDNS_TAG: is missing beside COREDNS_IMAGE"),
        ("COREDNS_TAG=v1\n", "release.env:1: COREDNS_IMAGE: is missing beside COREDNS_TAG"),
        ("", "COREDNS_IMAGE and COREDNS_TAG: are missing: the file is about this project"),
        ("COREDNS_IMAGE=r.test/x\nCOREDNS_TAG=\n", "release.env:2: COREDNS_TAG: is empty"),
        ("COREDNS_IMAGE=r.test/x\nCOREDNS_TAG=latest\n", "'latest' names a different image every day"),
        ("COREDNS_IMAGE=r.test/x:v1\nCOREDNS_TAG=v1\n", "carries a tag or digest"),
        ("COREDNS_IMAGE=r.test/x\nCOREDNS_TAG=v1\nCOREDNS_DIGEST=sha256:12\n", "is not a digest"),
        (
            "COREDNS_IMAGE=r.test/x\nCOREDNS_TAG=v1\nKUBERNETES_TAG=v2\n",
            "release.env:3: KUBERNETES_TAG: belongs to another project (only lines of COREDNS)",
        ),
        ("COREDNS_IMAGE=r.test/x\nCOREDNS_TAG=v1\nTOKEN=x\n", "release.env:3: TOKEN: names no project"),
        ("<html>\n", "is not an assignment"),
    ],
)
def test_what_is_wrong_with_a_projects_file_is_said_with_its_line(text: str, said: str) -> None:
    with pytest.raises(ProblemsError) as caught:
        parts.read(text, COREDNS)
    lines = [str(problem) for problem in caught.value.problems]
    assert any(said in line for line in lines), lines
    assert all(line.startswith("coredns/coredns@master release.env:") for line in lines)


def test_comments_quotes_and_exports_are_as_in_a_whole_release() -> None:
    text = "# built by job 5713\nexport COREDNS_IMAGE='r.test/x'\nCOREDNS_TAG=\"v1\"\n"
    assert parts.read(text, COREDNS) == Image("r.test/x", "v1")


def test_every_project_has_its_own_prefix() -> None:
    for one in catalogue.wanted("head", {}):
        assert parts.read(f"{one.prefix}_IMAGE=r.test/x\n{one.prefix}_TAG=v1\n", one) == Image("r.test/x", "v1")


def test_the_tag_is_resolved_in_its_registry(image: Image) -> None:
    assert pinned(image) == registry.digest(image.image, image.tag)


def test_another_registry_may_be_asked_for_all(images: Images, image: Image) -> None:
    elsewhere = Image(image.image.replace(images.host, "registry.cncf.ci"), image.tag)
    assert pinned(elsewhere, images.host) == pinned(image)


def test_a_digest_that_the_project_names_has_to_be_the_registrys(image: Image) -> None:
    digest = pinned(image)
    assert pinned(Image(image.image, image.tag, digest)) == digest
    with pytest.raises(UncollectedError, match=f"says that tag {image.tag} is {OTHER}, but in the registry it is"):
        pinned(Image(image.image, image.tag, OTHER))


def test_an_image_that_is_not_there_is_an_error(image: Image) -> None:
    with pytest.raises(UncollectedError, match=r"there is no image .*/coredns/coredns:ci-v9"):
        pinned(Image(image.image, "ci-v9"))
    with pytest.raises(UncollectedError, match=r"there is no image .*/coredns/nothing:ci-v9"):
        pinned(Image(image.image.replace("coredns/coredns", "coredns/nothing"), "ci-v9"))


class Busy(BaseHTTPRequestHandler):
    """A double of a registry that is busy ``times`` times and has no image."""

    times = 0
    asked = 0

    def do_GET(self) -> None:
        type(self).asked += 1
        self.send_response(429 if self.asked <= self.times else 404)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's
        pass


@pytest.mark.parametrize(("times", "asked", "said"), [(2, 3, "there is no image"), (99, 4, "Too Many Requests")])
def test_a_busy_registry_is_asked_again_some_times(
    monkeypatch: pytest.MonkeyPatch, times: int, asked: int, said: str
) -> None:
    monkeypatch.setattr(Busy, "times", times)
    monkeypatch.setattr(Busy, "asked", 0)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Busy)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        with pytest.raises(UncollectedError, match=said):
            pinned(Image(f"127.0.0.1:{server.server_port}/x/y", "v1"))
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert Busy.asked == asked


def test_a_wanted_part_is_named_by_project_and_branch() -> None:
    assert str(Wanted("COREDNS", "COREDNS", "coredns/coredns", "master")) == "coredns/coredns@master"
