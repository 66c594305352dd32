import io
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from crosscloud import release
from crosscloud.artifacts import catalogue, commands, output, registry, run, stock
from crosscloud.artifacts.builder import Artifact
from crosscloud.artifacts.catalogue.model import Project
from crosscloud.artifacts.errors import ArtifactError
from crosscloud.artifacts.progress import Progress, elapsed

from .conftest import HELLO, MakeProject


def published(project: Project, host: str = run.RELEASE_REGISTRY) -> run.Published:
    version = project.public_version(project.stable)
    artifact = Artifact(project.name, version, project.stable, "ab" * 32, "sha256:" + "cd" * 32, "go1", 1.0)
    return run.Published(artifact, f"{host}/{project.image.repository}", artifact.tag("7"))


def plain(projects: list[Project]) -> tuple[Progress, io.StringIO]:
    text = io.StringIO()
    return Progress(Console(file=text, width=100), projects), text


def test_a_failing_build_does_not_stop_the_others(make_project: MakeProject, port: int, home: Path) -> None:
    projects = [make_project("broken", main="package main\n\nfunc main() { nothing() }\n"), make_project("hello")]
    progress, text = plain(projects)
    with pytest.raises(run.BuildsFailedError, match="1 of 2 failed: Broken"):
        run.build_all(projects, run.Options(port=port, job="7"), progress)
    progress.words()
    assert "undefined: nothing" in text.getvalue()
    assert "Hello: built 1.2.3" in text.getvalue()
    assert list((home / "artifacts" / "hello").glob("*/done.json"))
    assert not output.support_file().exists()


@pytest.mark.usefixtures("home")
def test_what_is_built_can_be_pulled_by_the_path_of_its_name(
    make_project: MakeProject, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = make_project()
    monkeypatch.setattr(output, "PROJECTS", (project,))
    progress, text = plain([project])
    (one,) = run.build_all([project], run.Options(port=port, job="7"), progress)
    assert one.image == "registry.cncf.ci/tests/hello"
    assert one.tag == f"ci-v1.2.3.{one.artifact.key[:8]}.7"
    assert registry.digest(port, "tests/hello", one.tag) == one.artifact.digest
    expected = f"HELLO_IMAGE=registry.cncf.ci/tests/hello:{one.tag}@{one.artifact.digest}\n"
    assert output.support_file().read_text() == expected
    run.build_all([project], run.Options(port=port, job="7"), progress)
    assert f"Hello: unchanged 1.2.3  {one.artifact.key[:8]}" in text.getvalue()


@pytest.mark.usefixtures("home")
def test_the_images_can_be_pushed_to_another_registry_too(
    make_project: MakeProject, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = make_project()
    monkeypatch.setattr(output, "PROJECTS", (project,))
    other = f"127.0.0.1:{port}/mirror"
    (one,) = run.build_all([project], run.Options(port=port, push=other, job="0"), plain([project])[0])
    assert one.image == f"{other}/tests/hello"
    assert registry.digest(port, "mirror/tests/hello", one.tag) == one.artifact.digest


@pytest.mark.usefixtures("home")
def test_the_written_release_is_one_that_the_program_reads() -> None:
    projects = list(catalogue.PROJECTS)
    output.write(projects, [published(project) for project in projects])
    loaded = release.load(output.release_file())
    assert loaded.coredns.reference == "registry.cncf.ci/coredns/coredns@sha256:" + "cd" * 32
    assert loaded.prometheus.version == "3.15.0"
    assert release.render(loaded) == output.release_file().read_text()
    support = output.support_file().read_text().splitlines()
    assert [line.partition("=")[0] for line in support] == sorted(
        f"{project.variable}_IMAGE" for project in catalogue.SUPPORT
    )


@pytest.mark.usefixtures("home")
def test_building_one_project_keeps_the_lines_of_the_others() -> None:
    projects = list(catalogue.RELEASE)
    output.write(projects, [published(project) for project in projects])
    (coredns,) = catalogue.select(["coredns"])
    output.write([coredns], [published(coredns, host="example.com")])
    loaded = release.load(output.release_file())
    assert loaded.coredns.image == "example.com/coredns/coredns"
    assert loaded.kubernetes.image.startswith("registry.cncf.ci/")


@pytest.mark.parametrize(
    ("environment", "number"),
    [({"CI_JOB_ID": "5713", "CI_PIPELINE_IID": "9"}, "5713"), ({"CI_PIPELINE_IID": "9"}, "9"), ({}, "0")],
)
def test_tags_end_in_the_number_of_the_job(environment: dict[str, str], number: str) -> None:
    assert run.job_number(environment) == number


@pytest.mark.parametrize(("seconds", "shown"), [(0.04, "0.0 s"), (9.94, "9.9 s"), (12.2, "12 s"), (292, "4 min 52 s")])
def test_times_are_shown_as_people_read_them(seconds: float, shown: str) -> None:
    assert elapsed(seconds) == shown


@pytest.mark.usefixtures("home")
def test_the_command_refuses_unknown_projects_and_channels() -> None:
    runner = CliRunner()
    assert isinstance(runner.invoke(commands.app, ["build", "nginx"]).exception, ArtifactError)
    wrong = runner.invoke(commands.app, ["build", "--channel", "nightly"])
    assert wrong.exit_code == 2


@pytest.mark.usefixtures("home")
def test_the_catalogue_is_listed_without_asking_anyone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    listed = CliRunner().invoke(commands.app, ["list"], env={"COLUMNS": "160"})
    assert listed.exit_code == 0
    for project in catalogue.PROJECTS:
        assert project.image.repository in listed.output


@pytest.mark.usefixtures("home")
def test_the_state_of_the_registry_is_an_exit_status(port: int) -> None:
    runner = CliRunner()
    assert runner.invoke(commands.app, ["registry", "status"]).exit_code == 3
    assert runner.invoke(commands.app, ["registry", "start", "--port", str(port)]).exit_code == 0
    assert runner.invoke(commands.app, ["registry", "status"]).exit_code == 0
    assert "stopped" in runner.invoke(commands.app, ["registry", "stop"]).output


@pytest.mark.usefixtures("home")
def test_pruning_keeps_what_the_files_name_and_nothing_else(
    make_project: MakeProject, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = make_project()
    monkeypatch.setattr(output, "PROJECTS", (old,))
    options = run.Options(port=port, job="7")
    (before,) = run.build_all([old], options, plain([old])[0])
    new = make_project(main=HELLO.replace("hello", "good day"))
    (after,) = run.build_all([new], options, plain([new])[0])
    removed, freed = stock.prune()
    assert removed == 1
    assert freed > 1_000_000
    assert not before.artifact.folder.exists()
    assert after.artifact.folder.exists()
    registry.stop()
    registry.start(port)
    assert registry.digest(port, "tests/hello", before.tag) is None
    assert registry.digest(port, "tests/hello", after.tag) == after.artifact.digest
    assert stock.prune() == (0, 0)
