"""The command: its exit status, its report, and errors that a person can act on."""

import os
import signal
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from crosscloud import kubeconfig
from crosscloud.e2e import checks, commands
from crosscloud.e2e import cluster as module
from crosscloud.e2e.model import Check, E2eError, Failed
from crosscloud.errors import CrosscloudError

from .fakes import FakeApi
from .healthy import cluster

PEM = "-----BEGIN CERTIFICATE-----\n"
LINES = "".join(
    f"{prefix}_IMAGE=registry.test/{prefix.lower()}\n{prefix}_TAG=v1.37.2\n"
    for prefix in ("ALERT_MANAGER", "COREDNS", "KUBERNETES", "NODE_EXPORTER", "PROMETHEUS")
)
app = typer.Typer()
app.command()(commands.e2e)


class Disposable(FakeApi):
    """A cluster whose namespaces are gone at once, and that can be closed."""

    def close(self) -> None:
        self.done.append("close")


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Disposable:
    made, healthy = Disposable(), cluster()
    made.objects, made.answers = healthy.objects, healthy.answers
    monkeypatch.setattr(module, "Cluster", lambda _: made)
    return made


@pytest.fixture
def arguments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setenv("CROSSCLOUD_HOME", str(tmp_path / "home"))
    config, release = tmp_path / "config", tmp_path / "release.env"
    made = kubeconfig.build("blue", server="https://192.0.2.1:6443", ca=PEM, certificate=PEM, key=PEM)
    kubeconfig.write(config, made)
    release.write_text(LINES)
    return ["--kubeconfig", str(config), "--release", str(release), "--probe-image", "probe:1", "--timeout", "2"]


def good(_: object) -> list[str]:
    return ["seen"]


def bad(_: object) -> list[str]:
    raise Failed("wrong")


def test_the_status_is_0_if_all_checks_pass(
    api: Disposable, arguments: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(checks, "CHECKS", (Check("a", "a holds", good),))
    done = CliRunner().invoke(app, [*arguments, "--junit", str(tmp_path / "out" / "junit.xml")])
    assert done.exit_code == 0, done.output
    assert "1 of 1 checks passed" in done.output
    assert 'name="KUBERNETES_TAG" value="v1.37.2"' in (tmp_path / "out" / "junit.xml").read_text()
    assert api.done[-1] == "close"


def test_the_status_is_1_if_one_fails_and_the_report_is_written_all_the_same(
    api: Disposable, arguments: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(checks, "CHECKS", (Check("a", "a holds", good), Check("b", "b holds", bad)))
    done = CliRunner().invoke(app, [*arguments, "--junit", str(tmp_path / "junit.xml")])
    assert done.exit_code == 1
    assert "FAILED  b" in done.output
    assert "wrong" in (tmp_path / "junit.xml").read_text()
    assert api.done[-1] == "close"


def test_an_interruption_has_status_130_and_tidies_up(
    api: Disposable, arguments: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(_: object) -> list[str]:
        os.kill(os.getpid(), signal.SIGINT)
        return []

    before = signal.getsignal(signal.SIGINT)
    monkeypatch.setattr(checks, "CHECKS", (Check("a", "a holds", interrupted),))
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 130
    assert any(line.startswith("delete /api/v1/namespaces/crosscloud-e2e-") for line in api.done)
    assert signal.getsignal(signal.SIGINT) is before


def test_without_a_probe_image_the_error_says_how_to_get_one(arguments: list[str]) -> None:
    arguments[4:6] = []
    done = CliRunner().invoke(app, arguments)
    assert isinstance(done.exception, E2eError)
    assert "crosscloud artifacts build" in str(done.exception)


def test_the_probe_image_is_the_one_that_was_built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CROSSCLOUD_HOME", str(tmp_path))
    (tmp_path / "support.env").write_text("PROBE_IMAGE=registry.test/probe:v1\n")
    assert commands.default_probe() == "registry.test/probe:v1"


def test_a_cluster_that_can_not_be_reached_is_an_error_and_not_eight(arguments: list[str]) -> None:
    config = Path(arguments[1])
    config.write_text(config.read_text().replace("https://192.0.2.1:6443", "http://127.0.0.1:1"))
    done = CliRunner().invoke(app, arguments)
    assert isinstance(done.exception, E2eError)
    assert "the cluster of context 'blue' can't be checked: http://127.0.0.1:1 can't be reached" in str(done.exception)


@pytest.mark.parametrize("which", [1, 3])
def test_a_missing_file_is_an_error_that_names_it(arguments: list[str], which: int) -> None:
    arguments[which] += ".absent"
    done = CliRunner().invoke(app, arguments)
    assert isinstance(done.exception, CrosscloudError)
    assert arguments[which] in str(done.exception)
