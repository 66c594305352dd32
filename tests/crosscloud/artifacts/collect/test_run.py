"""All five are collected together, or nothing is written."""

import json
import stat
import threading
from pathlib import Path

import pytest

from crosscloud import provenance, registry, release
from crosscloud.artifacts.collect import catalogue, run
from crosscloud.artifacts.errors import ArtifactError
from crosscloud.files import write_text
from crosscloud.problems import ProblemsError
from tests.gitlab import Fault
from tests.gitlab.stub import sha
from tests.provenance import collected

from .conftest import PROJECTS, Place


def test_the_parts_become_one_release_with_its_digests(place: Place) -> None:
    place.collect()
    images = release.load(place.output)
    for prefix, (project, tag) in PROJECTS.items():
        image = getattr(images, release.PROJECTS[prefix])
        assert (image.image, image.tag) == (f"{place.images.host}/{project}", tag)
        assert image.digest == registry.digest(image.image, tag)
    assert place.output.read_text() == release.render(images)


def test_the_provenance_beside_it_says_where_each_is_from(place: Place) -> None:
    place.collect("alpha", **dict.fromkeys(("K8S_BRANCH", "COREDNS_BRANCH"), "master"), **ALL_MASTER)
    told = json.loads(provenance.file_of(place.output).read_text())
    assert (told["channel"], told["gitlab"]) == ("alpha", place.stub.url)
    assert set(told["projects"]) == set(PROJECTS)
    sources = provenance.load(place.output)
    assert provenance.told(sources["coredns"]).startswith(
        f"coredns/coredns@master {sha('coredns/coredns@master')[:8]}, pipeline "
    )


ALL_MASTER = dict.fromkeys(("PROMETHEUS_BRANCH", "NODE_EXPORTER_BRANCH", "ALERT_MANAGER_BRANCH"), "master")


def test_every_project_is_tried_and_all_problems_are_told_together(place: Place) -> None:
    place.branch("KUBERNETES").pipeline().job("release", artifacts={"release.env": "KUBERNETES_IMAGE=r.test/k8s\n"})
    place.branch("PROMETHEUS").pipeline().job("release", artifacts={"release.env": place.text("PROMETHEUS", tag="v0")})
    with pytest.raises(ProblemsError) as caught:
        place.collect(COREDNS_BRANCH="nightly")
    said = str(caught.value)
    assert said.startswith(f"3 of 5 projects can't be collected from {place.stub.url} (channel head), so ")
    assert [str(problem).partition(":")[0] for problem in caught.value.problems] == [
        "coredns/coredns@nightly",
        "kubernetes/kubernetes@master release.env",
        "prometheus/prometheus@master",
    ]
    assert caught.value.exit_code == 1
    assert sorted(line.partition(":")[0] for line in place.told.lines if not line.startswith("started")) == [
        "failed COREDNS",
        "failed KUBERNETES",
        "failed PROMETHEUS",
        "finished ALERT_MANAGER",
        "finished NODE_EXPORTER",
    ]


def test_a_failure_leaves_both_files_as_they_were(place: Place) -> None:
    place.collect()
    before = {file.name: file.read_bytes() for file in place.output.parent.iterdir()}
    place.release("COREDNS", expired=True)
    with pytest.raises(ProblemsError):
        place.collect()
    assert {file.name: file.read_bytes() for file in place.output.parent.iterdir()} == before


def test_a_failure_writes_no_file_where_there_was_none(place: Place) -> None:
    with pytest.raises(ProblemsError):
        place.collect("stable")
    assert list(place.output.parent.iterdir()) == []


def test_collecting_the_same_again_makes_the_same_release(place: Place) -> None:
    place.collect()
    before = place.output.read_bytes()
    place.collect()
    assert place.output.read_bytes() == before


def test_a_crash_between_the_two_files_leaves_no_pair_that_disagrees(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.collect()
    place.images.push("coredns/coredns", "ci-v1.15.1", "another")
    text = place.text("COREDNS", tag="ci-v1.15.1")
    place.branch().pipeline().job("release", artifacts={"release.env": text})

    def crash(path: Path, text: str) -> None:
        if path == place.output:
            raise KeyboardInterrupt
        write_text(path, text)

    monkeypatch.setattr("crosscloud.artifacts.collect.run.write_text", crash)
    with pytest.raises(KeyboardInterrupt):
        place.collect()
    warnings: list[str] = []
    assert "ci-v1.15.1" not in place.output.read_text()
    assert provenance.load(place.output, warnings.append) == {}
    assert len(warnings) == 1
    monkeypatch.undo()
    place.collect()
    assert set(provenance.load(place.output)) == set(release.PROJECTS.values())


def test_whoever_else_writes_between_the_two_files_is_noticed(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    def disturbed(path: Path, text: str) -> None:
        if path == place.output:
            collected(path)  # the other one's word about its own release
        write_text(path, text)

    place.output.write_text("another release\n")
    monkeypatch.setattr("crosscloud.artifacts.collect.run.write_text", disturbed)
    with pytest.raises(ArtifactError, match=r"release\.env was written by another process at the same moment"):
        place.collect()


def test_a_folder_is_refused_before_anything_is_asked(place: Place) -> None:
    place.output.mkdir()
    with pytest.raises(ArtifactError, match="is a folder"):
        place.collect()
    assert place.stub.requests == []


def test_a_registry_that_is_an_address_of_the_web_is_refused_before_anything_is_asked(place: Place) -> None:
    options = run.Options("head", place.output, place.stub.url, "https://registry.cncf.ci")
    with pytest.raises(registry.RegistryError, match=r"^'https://.*' is no registry \(host or host:port"):
        run.collect(catalogue.wanted("head", {}), options, place.client, place.told)
    assert place.stub.requests == []


def test_a_folder_that_can_not_be_written_is_an_expected_error(place: Place) -> None:
    place.output.parent.joinpath("file").touch()
    place.output = place.output.parent / "file" / "release.env"
    with pytest.raises(ArtifactError, match=r"file/release\.env can't be written"):
        place.collect()


def test_the_files_can_be_read_by_later_jobs_of_another_user(place: Place) -> None:
    place.collect()
    for file in (place.output, provenance.file_of(place.output)):
        assert stat.S_IMODE(file.stat().st_mode) == 0o644


def test_the_projects_are_asked_at_the_same_time(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    together = threading.Barrier(5)
    monkeypatch.setattr(place.told, "started", lambda _: together.wait(10))
    place.collect()


def test_a_server_that_can_not_be_reached_is_said_of_each(place: Place) -> None:
    place.stub.fault(Fault("", kind="drop", times=999))
    with pytest.raises(ProblemsError) as caught:
        place.collect()
    assert len(caught.value.problems) == 5
    assert all("can't be reached" in str(problem) for problem in caught.value.problems)


def test_a_branch_that_has_moved_on_is_told(place: Place) -> None:
    assert run.moved_on(place.collect()) == {}
    place.branch(commit="1" * 40)
    ((wanted, head),) = run.moved_on(place.collect()).items()
    assert (str(wanted), head) == ("coredns/coredns@master", "1" * 40)
