"""The command: what a person sees of it, and its exit status."""

import os
import re
import signal
import threading
import time
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from crosscloud import provenance
from crosscloud.artifacts.collect import shown
from crosscloud.artifacts.commands import app
from crosscloud.gitlab import settings
from crosscloud.problems import ProblemsError
from tests.gitlab import Fault

from .conftest import PROJECTS, Place


@pytest.fixture(autouse=True)
def environment(place: Place, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No variable of this machine's own; the stub is the GitLab that is asked."""
    for name in (settings.SERVER, settings.JOB_TOKEN, settings.TOKEN, settings.TOKEN_FILE, settings.COMMON_TOKEN):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(settings.URL, place.stub.url)
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.chdir(tmp_path)


def test_it_writes_release_env_and_shows_a_table_of_it(place: Place) -> None:
    place.branch(commit="1a2b3c4d" * 5)
    done = CliRunner().invoke(app, ["collect", "--channel", "head"])
    assert done.exit_code == 0, done.output
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    source = provenance.load(Path("release.env"))["coredns"]
    assert f"✓ coredns/coredns@master pipeline {source.pipeline} of {source.commit[:8]}" in lines
    assert "project branch commit pipeline tag digest" in lines
    row = f"coredns/coredns master {source.commit[:8]} {source.pipeline} {PROJECTS['COREDNS'][1]} [0-9a-f]{{12}}"
    assert any(re.fullmatch(row, line) for line in lines), done.stdout
    assert "note: coredns/coredns@master has moved on to 1a2b3c4d, which has no successful pipeline" in done.stdout
    assert lines[-1] == "release.env, with where it comes from in release.provenance.json"


def test_a_branch_that_has_moved_on_from_a_pipeline_that_is_asked_for_is_told_so(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = place.branch().project.pipelines[-1].id
    newer = place.branch(commit="1a2b3c4d" * 5).pipeline()
    newer.job("release", artifacts={"release.env": place.text("COREDNS")})
    monkeypatch.setenv("COREDNS_PIPELINE", str(asked))
    done = CliRunner().invoke(app, ["collect", "--channel", "head"])
    told = f"note: coredns/coredns@master has moved on to 1a2b3c4d, but COREDNS_PIPELINE asks for pipeline {asked}"
    assert told in done.stdout


def test_options_say_which_file_gitlab_and_registry(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(settings.URL)
    for prefix, (project, tag) in PROJECTS.items():
        text = f"{prefix}_IMAGE=registry.cncf.ci/{project}\n{prefix}_TAG={tag}\n"
        place.branch(prefix, "stable").pipeline().job("release", artifacts={"release.env": text})
    arguments = ["--output", "out/stable.env", "--gitlab", place.stub.url, "--registry", place.images.host]
    done = CliRunner().invoke(app, ["collect", *arguments])
    assert done.exit_code == 0, done.output
    assert "COREDNS_IMAGE=registry.cncf.ci/coredns/coredns\n" in Path("out/stable.env").read_text()
    assert set(provenance.load(Path("out/stable.env"))) == {
        "alertmanager",
        "coredns",
        "kubernetes",
        "node_exporter",
        "prometheus",
    }


def test_a_failure_has_status_1_and_says_everything_at_the_end(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.branch().pipeline().job("release", artifacts={"release.env": "COREDNS_TAG=v1\nKUBERNETES_TAG=v1\n"})
    monkeypatch.setenv("K8S_BRANCH", "ci-master")
    monkeypatch.setenv("KUBERNETES_BRANCH", "ci-master")
    done = CliRunner().invoke(app, ["collect", "--channel", "head"])
    assert isinstance(done.exception, ProblemsError)
    assert done.exception.exit_code == 1
    assert "✗ coredns/coredns@master  COREDNS_IMAGE is missing beside COREDNS_TAG (and 1 more)" in done.stdout
    assert "✗ kubernetes/kubernetes@ci-master  the project has no such branch" in done.stdout
    assert "warning: KUBERNETES_BRANCH is not a variable of crosscloud, and ignored" in done.stderr
    assert not Path("release.env").exists()


def test_an_interruption_ends_all_waiting_at_once_and_writes_nothing(place: Place) -> None:
    place.stub.fault(Fault("", status=429, times=999, retry_after=30))
    started = time.monotonic()
    threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT)).start()
    done = CliRunner().invoke(app, ["collect", "--channel", "head"])
    assert time.monotonic() - started < 10
    assert done.exit_code != 0
    assert not Path("release.env").exists()
    assert len(place.stub.requests) == len(PROJECTS)  # nothing was tried again for nobody


def test_a_token_is_never_shown(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(settings.TOKEN, place.stub.token("glpat-secret", scopes=("read_user",)))
    done = CliRunner().invoke(app, ["collect", "--channel", "head"])
    assert "lacks the scope" in str(done.exception)
    assert "glpat-secret" not in done.output + str(done.exception)


def test_a_narrow_terminal_has_no_room_for_digests_and_breaks_no_line(place: Place) -> None:
    found = place.collect()
    for width, headings in (
        (80, "project branch commit pipeline tag"),
        (100, "project branch commit pipeline tag digest"),
    ):
        console = Console(width=width)
        with console.capture() as capture:
            console.print(shown.table(found, width))
        lines = [line for line in capture.get().splitlines() if line.strip()]
        assert " ".join(lines[0].split()) == headings
        assert len(lines) == 2 + len(PROJECTS)
