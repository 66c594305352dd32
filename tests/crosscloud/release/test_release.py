"""Each ``{happy,error}.<what>.env`` beside this file says in its name what must become of it.

The problems of an ``error`` file stand beside it in a ``.txt``, exactly as a person reads them. Run the test with
``CROSSCLOUD_UPDATE_GOLDEN=1`` to write them anew, and read the difference.
"""

import dataclasses
import os
from pathlib import Path

import pytest

from crosscloud import release
from crosscloud.artifacts import catalogue
from crosscloud.errors import CrosscloudError
from crosscloud.paths import ROOT

FOLDER = Path(__file__).parent
UPDATE = os.environ.get("CROSSCLOUD_UPDATE_GOLDEN") == "1"
HAPPY = sorted(FOLDER.glob("happy.*.env"))
ERROR = sorted(FOLDER.glob("error.*.env"))
DIGEST = "sha256:" + "0123456789abcdef" * 4


@pytest.mark.parametrize("file", HAPPY, ids=lambda file: file.stem)
def test_a_happy_release_names_the_five_images(file: Path) -> None:
    found = release.load(file)

    assert {name: (image.image, image.tag) for name, image in found} == {
        "alertmanager": ("registry.cncf.ci/prometheus/alertmanager", "ci-v0.6.2.e9aefe84.5699"),
        "coredns": ("registry.cncf.ci/coredns/coredns", "ci-v007.97c730ab.5713"),
        "kubernetes": ("registry.cncf.ci/kubernetes/kubernetes/hyperkube-amd64", "ci-v1-6-3.job.5949"),
        "node_exporter": ("registry.cncf.ci/prometheus/node_exporter", "ci-v0.14.0.ae1e00a5.5696"),
        "prometheus": ("registry.cncf.ci/prometheus/prometheus", "ci-v1.6.3.fd07e315.6097"),
    }


@pytest.mark.parametrize("file", ERROR, ids=lambda file: file.stem)
def test_a_wrong_release_is_refused_with_file_and_line(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(FOLDER)
    with pytest.raises(release.ReleaseError) as caught:
        release.load(file)
    found = "".join(f"{problem}\n" for problem in caught.value.problems)

    golden = file.with_suffix(".txt")
    if UPDATE:
        golden.write_text(found)
    assert found == golden.read_text()


@pytest.mark.parametrize("file", HAPPY, ids=lambda file: file.stem)
def test_a_written_release_reads_back_the_same(file: Path, tmp_path: Path) -> None:
    found = release.load(file)
    copy = tmp_path / "a folder with spaces" / "release.env"
    copy.parent.mkdir()
    copy.write_text(release.render(found))

    assert release.load(copy) == found
    assert copy.read_text().splitlines() == sorted(copy.read_text().splitlines())


def test_the_seeds_own_file_is_written_back_to_the_letter() -> None:
    seed = FOLDER / "happy.seed.env"

    assert release.render(release.load(seed)) == seed.read_text()


def test_a_digest_pins_what_is_pulled() -> None:
    found = release.load(FOLDER / "happy.digests.env")

    assert found.coredns.reference == f"registry.cncf.ci/coredns/coredns@{DIGEST}"
    assert found.kubernetes.reference == "registry.cncf.ci/kubernetes/kubernetes/hyperkube-amd64:ci-v1-6-3.job.5949"
    assert found.coredns.tag == "ci-v007.97c730ab.5713"


@pytest.mark.parametrize(
    ("tag", "version"),
    [
        ("ci-v1.6.3.fd07e315.6097", "1.6.3"),
        ("ci-v1-6-3.job.5949", "1.6.3"),
        ("ci-v0.14.0.ae1e00a5.5696", "0.14.0"),
        ("ci-v007.97c730ab.5713", None),
        ("v1.37.2", "1.37.2"),
        ("1.15.0", "1.15.0"),
        ("v1.37.2-amd64", "1.37.2"),
        ("v1.37.2_linux", "1.37.2"),
        ("v1.38.0-rc.1", "1.38.0-rc.1"),
        ("ci-v1.38.0-alpha.2.fd07e315.6097", "1.38.0-alpha.2"),
        ("ci-v1-38-0-beta.1.job.7", "1.38.0-beta.1"),
        ("v1.37", None),
        ("v1.6.30abc", None),
        ("2026-11-22", None),
        ("head", None),
        ("ci-master.fd07e315.6097", None),
    ],
)
def test_a_version_is_read_out_of_a_tag_or_there_is_none(tag: str, version: str | None) -> None:
    assert release.Image("registry.cncf.ci/x", tag).version == version


@pytest.mark.parametrize(
    ("image", "registry", "repository"),
    [
        ("registry.cncf.ci/coredns/coredns", "registry.cncf.ci", "coredns/coredns"),
        ("localhost:5001/coredns", "localhost:5001", "coredns"),
        ("localhost/coredns", "localhost", "coredns"),
        ("coredns/coredns", "", "coredns/coredns"),
        ("coredns", "", "coredns"),
    ],
)
def test_an_image_is_split_for_charts_that_want_the_registry_apart(image: str, registry: str, repository: str) -> None:
    found = release.Image(image, "v1")

    assert (found.registry, found.repository) == (registry, repository)


def test_a_release_cannot_be_changed() -> None:
    found = release.load(FOLDER / "happy.seed.env")

    with pytest.raises(dataclasses.FrozenInstanceError):
        found.coredns.tag = "v1"  # type: ignore[misc]


def test_a_missing_file_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(CrosscloudError, match="crosscloud artifacts build"):
        release.load(tmp_path / "release.env")


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "release.env").write_bytes(b"\xff\xfe\x00COREDNS")

    with pytest.raises(release.ReleaseError, match="is not text"):
        release.load(tmp_path / "release.env")


def test_the_release_of_this_checkout_names_the_stable_versions_of_the_catalogue() -> None:
    stable = {one.variable: one.public_version(one.stable) for one in catalogue.PROJECTS if one.released}
    named = {name: image.version for name, image in release.load(ROOT / "release.env")}
    assert named == {attribute: stable[variable] for variable, attribute in release.PROJECTS.items()}
