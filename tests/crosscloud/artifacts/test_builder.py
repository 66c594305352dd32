import json
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
import zstandard

from crosscloud.artifacts import builder, registry, tools
from crosscloud.artifacts.builder import Artifact
from crosscloud.artifacts.catalogue.model import Project
from crosscloud.artifacts.errors import BuildError

from .conftest import HELLO, MakeProject


def build(project: Project, port: int) -> Artifact:
    return builder.build(project, project.stable, tools.go_version(), registry.start(port).address)


@pytest.mark.usefixtures("home")
def test_a_build_leaves_binary_image_log_and_record(make_project: MakeProject, port: int) -> None:
    artifact = build(make_project(), port)
    assert subprocess.check_output([artifact.folder / "bin" / "hello"], text=True) == "hello v1.2.3\n"
    assert "build" in (artifact.folder / "build.log").read_text()
    assert sorted(path.name for path in artifact.folder.iterdir()) == ["bin", "build.log", "done.json", "image"]
    assert artifact.digest.startswith("sha256:")


@pytest.mark.usefixtures("home")
def test_an_image_has_its_configuration_and_one_zstd_layer(make_project: MakeProject, port: int) -> None:
    artifact = build(make_project(), port)
    blobs = artifact.folder / "image" / "blobs" / "sha256"
    manifest = json.loads((blobs / artifact.digest.removeprefix("sha256:")).read_text())
    config = json.loads((blobs / manifest["config"]["digest"].removeprefix("sha256:")).read_text())
    assert config["architecture"] == "amd64"
    assert config["config"]["User"] == "65534"
    assert config["config"]["Entrypoint"] == ["/hello"]
    assert config["config"]["Labels"]["org.opencontainers.image.version"] == "1.2.3"
    assert config["config"]["Labels"]["dev.crosscloud.key"] == artifact.key
    (only,) = manifest["layers"]
    assert only["mediaType"] == "application/vnd.oci.image.layer.v1.tar+zstd"
    packed = (blobs / only["digest"].removeprefix("sha256:")).read_bytes()
    assert len(zstandard.ZstdDecompressor().stream_reader(packed).read()) > only["size"]


@pytest.mark.usefixtures("home")
def test_what_is_built_is_not_built_again(make_project: MakeProject, port: int) -> None:
    project = make_project()
    first = build(project, port)
    stamp = (first.folder / "done.json").stat().st_mtime_ns
    again = build(project, port)
    assert again == replace(first, reused=True)
    assert (first.folder / "done.json").stat().st_mtime_ns == stamp


def test_two_homes_make_the_same_image(
    make_project: MakeProject, port: int, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = make_project()
    first = build(project, port).digest
    registry.stop()
    monkeypatch.setenv("CROSSCLOUD_HOME", str(home.with_name("elsewhere")))
    try:
        assert build(project, port).digest == first
    finally:
        registry.stop()


@pytest.mark.usefixtures("home")
def test_a_change_of_the_recipe_is_built_beside_the_old_one(make_project: MakeProject, port: int) -> None:
    before = build(make_project(), port)
    after = build(make_project(main=HELLO.replace("hello", "good day")), port)
    assert after.folder != before.folder
    assert before.folder.exists()


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize("missing", ["done.json", "image/index.json"])
def test_an_interrupted_build_is_not_taken_for_done(make_project: MakeProject, port: int, missing: str) -> None:
    project = make_project()
    artifact = build(project, port)
    (artifact.folder / missing).unlink()
    again = build(project, port)
    assert not again.reused
    assert again.digest == artifact.digest
    assert (artifact.folder / missing).exists()


def test_what_an_interrupted_build_left_is_removed(make_project: MakeProject, port: int, home: Path) -> None:
    work = home / "artifacts" / ".work" / "hello" / "half"
    (work / "hello-0").mkdir(parents=True)
    (work / "hello-0" / "main.go").write_text("half a fi")
    (work / "done.json").write_text("{}")
    assert build(make_project(), port).digest
    assert not work.parent.exists()


def test_a_failing_build_shows_the_compiler_s_words(make_project: MakeProject, port: int, home: Path) -> None:
    project = make_project(main='package main\n\nfunc main() { var x int = "text" }\n')
    with pytest.raises(BuildError, match=r"main\.go:3:27: cannot use \"text\"") as caught:
        build(project, port)
    assert "Hello 1.2.3 can't be built" in str(caught.value)
    (log,) = (home / "artifacts" / ".work" / "hello").glob("*/build.log")
    assert str(log) in str(caught.value)
    assert "cannot use" in log.read_text()
    assert not (home / "artifacts" / "hello").exists()


@pytest.mark.usefixtures("home")
def test_a_binary_that_does_not_tell_its_version_is_refused(make_project: MakeProject, port: int) -> None:
    with pytest.raises(BuildError, match=r"`hello` does not tell version 1\.2\.3") as caught:
        build(make_project(says="unknown"), port)
    assert "hello unknown" in caught.value.words


@pytest.mark.usefixtures("home")
def test_two_builders_at_once_build_once(make_project: MakeProject, port: int) -> None:
    from concurrent.futures import ThreadPoolExecutor

    project = make_project()
    registry.start(port)
    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(lambda _: build(project, port), range(2)))
    assert sorted(artifact.reused for artifact in done) == [False, True]


@pytest.mark.usefixtures("home")
def test_a_reused_build_runs_no_command(make_project: MakeProject, port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    project = make_project()
    build(project, port)
    address, version = registry.start(port).address, tools.go_version()
    monkeypatch.setattr(subprocess, "Popen", None)
    assert builder.build(project, project.stable, version, address).reused
