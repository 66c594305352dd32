"""A tag's digest is what its registry says, who is asked again where that can help."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import pytest

from crosscloud import registry
from crosscloud.artifacts.collect.digests import Registries
from crosscloud.artifacts.collect.errors import UncollectedError
from crosscloud.release import Image

from .conftest import PROJECTS, Images

OTHER = "sha256:" + "f" * 64


def pinned(image: Image, host: str | None = None) -> str | None:
    return Registries(host, pause=0.001).pinned(image).digest


@pytest.fixture
def image(images: Images) -> Image:
    project, tag = PROJECTS["COREDNS"]
    return Image(f"{images.host}/{project}", tag)


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

    times: ClassVar[int] = 0
    retry_after: ClassVar[str] = ""
    asked: ClassVar[int] = 0

    def do_HEAD(self) -> None:
        type(self).asked += 1
        self.send_response(429 if self.asked <= self.times else 404)
        if self.retry_after:
            self.send_header("Retry-After", self.retry_after)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's
        pass


@pytest.fixture
def busy(monkeypatch: pytest.MonkeyPatch) -> Iterator[Image]:
    """An image in a busy registry."""
    monkeypatch.setattr(Busy, "asked", 0)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Busy)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield Image(f"127.0.0.1:{server.server_port}/x/y", "v1")
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(("times", "asked", "said"), [(2, 3, "there is no image"), (99, 4, "Too Many Requests")])
def test_a_busy_registry_is_asked_again_some_times(
    busy: Image, monkeypatch: pytest.MonkeyPatch, times: int, asked: int, said: str
) -> None:
    monkeypatch.setattr(Busy, "times", times)
    with pytest.raises(UncollectedError, match=said):
        pinned(busy)
    assert Busy.asked == asked


def test_a_registry_is_left_alone_as_long_as_it_asks_for(busy: Image, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Busy, "times", 1)
    monkeypatch.setattr(Busy, "retry_after", "20")
    slept: list[float] = []
    with pytest.raises(UncollectedError, match="there is no image"):
        Registries(pause=0.001, sleep=slept.append).pinned(busy)
    assert slept == [20.0]


def test_a_registry_that_asks_for_too_long_is_not_waited_for(busy: Image, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Busy, "times", 99)
    monkeypatch.setattr(Busy, "retry_after", "3600")
    slept: list[float] = []
    with pytest.raises(UncollectedError, match="Too Many Requests, for 3600 s"):
        Registries(sleep=slept.append).pinned(busy)
    assert slept == []
