"""A stub of GitLab with the five projects, and a real registry (crane's own) with their images."""

import socket
import subprocess
import tarfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from crosscloud import registry
from crosscloud.artifacts.collect import catalogue, parts, run
from crosscloud.artifacts.collect.catalogue import Wanted
from crosscloud.artifacts.collect.channels import Channel
from crosscloud.artifacts.collect.digests import Registries
from crosscloud.artifacts.collect.parts import Part
from crosscloud.artifacts.tools import crane
from crosscloud.errors import CrosscloudError
from crosscloud.gitlab.client import Settings, connect
from crosscloud.gitlab.retrying import Patience
from crosscloud.paths import ROOT
from tests.gitlab import Stub, gitlab_stub
from tests.gitlab.setup import BranchSetup, PipelineSetup
from tests.gitlab.stub import sha

if TYPE_CHECKING:
    from gitlab import Gitlab

#: Prefix of the lines, GitLab project, tag: those of the seed, with versions of today.
PROJECTS = {
    "ALERT_MANAGER": ("prometheus/alertmanager", "ci-v0.28.1.e9aefe84.5699"),
    "COREDNS": ("coredns/coredns", "ci-v1.15.0.97c730ab.5713"),
    "KUBERNETES": ("kubernetes/kubernetes", "ci-v1.37.2.03654312.5949"),
    "NODE_EXPORTER": ("prometheus/node_exporter", "ci-v1.12.1.ae1e00a5.5696"),
    "PROMETHEUS": ("prometheus/prometheus", "ci-v3.15.0.fd07e315.6097"),
}


@dataclass
class Images:
    """A registry, by ``host:port``, and a way to put images there."""

    host: str
    command: Path
    folder: Path

    def push(self, repository: str, tag: str, content: str = "") -> str:
        """Push an image that has one small file; return its digest, which is another one for another content."""
        (self.folder / "file").write_text(content or f"{repository}:{tag}")
        with tarfile.open(self.folder / "layer.tar", "w") as tar:
            tar.add(self.folder / "file", "file")
        name = f"{self.host}/{repository}"
        made = [self.command, "append", "-f", self.folder / "layer.tar", "-t", f"{name}:{tag}"]
        subprocess.run([str(part) for part in made], check=True, capture_output=True)
        return registry.digest(name, tag)


@pytest.fixture(scope="package")
def images(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Images]:
    """A real registry that has an image of each project."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", str(ROOT / ".crosscloud" / "bin"), prepend=":")
        command = crane()
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        host = f"127.0.0.1:{listener.getsockname()[1]}"
    process = subprocess.Popen([command, "registry", "serve", "--address", host], stderr=subprocess.DEVNULL)
    try:
        made = Images(host, command, tmp_path_factory.mktemp("images"))
        wait_for(host)
        for project, tag in PROJECTS.values():
            made.push(project, tag)
        yield made
    finally:
        process.terminate()
        process.wait()


def wait_for(host: str) -> None:
    name, port = host.split(":")
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with socket.socket() as client:
            if client.connect_ex((name, int(port))) == 0:
                return
        time.sleep(0.01)
    raise AssertionError(f"the registry does not answer on {host}")


@pytest.fixture(autouse=True)
def nobody_is_logged_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    monkeypatch.delenv("DOCKER_AUTH_CONFIG", raising=False)


@dataclass
class Told:
    """A reporter that remembers."""

    lines: list[str] = field(default_factory=list)

    def started(self, wanted: Wanted) -> None:
        self.lines.append(f"started {wanted.prefix}")

    def finished(self, part: Part) -> None:
        self.lines.append(f"finished {part.wanted.prefix}")

    def failed(self, wanted: Wanted, error: CrosscloudError) -> None:
        self.lines.append(f"failed {wanted.prefix}: {error}")


@dataclass
class Place:
    """Where collecting happens: GitLab's stub, the registry, the file to write."""

    stub: Stub
    images: Images
    output: Path
    told: Told = field(default_factory=Told)
    token: str = ""

    def text(self, prefix: str, *, tag: str | None = None, more: str = "") -> str:
        """Return the release.env of a project's CI."""
        project, own = PROJECTS[prefix]
        return f"{prefix}_IMAGE={self.images.host}/{project}\n{prefix}_TAG={tag or own}\n{more}"

    def branch(self, prefix: str = "COREDNS", name: str = "master", commit: str = "") -> BranchSetup:
        """Return a branch of a project, moved to the commit."""
        project = PROJECTS[prefix][0]
        return self.stub.project(project, default_branch="master").branch(name, commit or sha(f"{project}@{name}"))

    def release(self, prefix: str = "COREDNS", name: str = "master", **job: object) -> PipelineSetup:
        """Add a successful pipeline to a branch whose job ``release`` carries the project's release.env."""
        made = self.branch(prefix, name).pipeline()
        return made.job("release", artifacts={"release.env": self.text(prefix)}, **job)  # type: ignore[arg-type]

    def client(self) -> "Gitlab":
        """Return a client that tries again at once, and soon gives up."""
        settings = Settings(self.stub.url, self.token)
        return connect(settings, patience=Patience(attempts=3, first=0.001, longest=0.01, timeout=5))

    def part(self, wanted: Wanted) -> Part:
        """Collect one project's part."""
        return parts.collect(self.client(), wanted, Registries(pause=0.001))

    def collect(self, channel: Channel = "head", **variables: str) -> list[Part]:
        """Collect all with these variables in the environment."""
        options = run.Options(channel, self.output, self.stub.url, pause=0.001)
        return run.collect(catalogue.wanted(channel, variables), options, self.client, self.told)


@pytest.fixture
def empty(images: Images, tmp_path: Path) -> Iterator[Place]:
    """A GitLab without projects."""
    with gitlab_stub() as stub:
        yield Place(stub, images, tmp_path / "release.env")


@pytest.fixture
def place(empty: Place) -> Place:
    """A GitLab whose five projects have each a successful pipeline with a release.env on the branch master."""
    for prefix in PROJECTS:
        empty.release(prefix)
    return empty
