"""Which images nodes run."""

from pathlib import Path
from typing import Any, cast

from crosscloud import config
from crosscloud.bootstrap import node_images
from crosscloud.config import LocalStack
from crosscloud.release import Image, Release

DIGEST = "sha256:" + "ab" * 32
RELEASE = Release(**{name: Image(f"registry.cncf.ci/{name}", "v1.2.3", DIGEST) for name in Release.__slots__})


def stack(folder: Path, **values: Any) -> LocalStack:
    chosen = {"cloud": "local", "releaseFile": str(folder / "release.env"), **values}
    return cast(LocalStack, config.load(chosen, stack="test", files=False))


def test_kubernetes_is_the_releases_by_digest(tmp_path: Path) -> None:
    assert node_images(stack(tmp_path), RELEASE).kubernetes == f"registry.cncf.ci/kubernetes@{DIGEST}"


def test_without_a_build_beside_the_release_upstreams_are_taken(tmp_path: Path) -> None:
    assert node_images(stack(tmp_path), RELEASE).etcd.startswith("registry.k8s.io/etcd:")


def test_what_was_built_beside_the_release_is_taken_by_digest(tmp_path: Path) -> None:
    (tmp_path / "support.env").write_text(f"ETCD_IMAGE=registry.cncf.ci/etcd-io/etcd:ci-v3.7.3@{DIGEST}\n")
    assert node_images(stack(tmp_path), RELEASE).etcd == f"registry.cncf.ci/etcd-io/etcd@{DIGEST}"


def test_what_the_stack_names_itself_comes_first(tmp_path: Path) -> None:
    (tmp_path / "support.env").write_text(f"ETCD_IMAGE=registry.cncf.ci/etcd-io/etcd:ci-v3.7.3@{DIGEST}\n")
    named = stack(tmp_path, images={"etcd": "example.com/etcd:v3"})
    assert node_images(named, RELEASE).etcd == "example.com/etcd:v3"
