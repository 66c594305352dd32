"""Kubeconfigs, and the launcher that the engine finds."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from crosscloud.paths import ROOT
from crosscloud.plugins.base import PluginError
from crosscloud.plugins.kubernetes.connection import resolve
from crosscloud.plugins.kubernetes.installation import install

TWO = """
apiVersion: v1
kind: Config
current-context: one
contexts:
  - {name: one, context: {cluster: a, user: u, namespace: own}}
  - {name: two, context: {cluster: b, user: u}}
clusters:
  - {name: a, cluster: {server: "https://a:6443", certificate-authority: ca.crt}}
  - {name: b, cluster: {server: "https://b:6443/"}}
users:
  - {name: u, user: {token: hidden}}
"""


def test_the_current_context_is_used_unless_another_is_asked_for() -> None:
    assert (resolve(TWO).server, resolve(TWO).namespace) == ("https://a:6443", "own")
    assert (resolve(TWO, context="two").server, resolve(TWO, context="two").namespace) == ("https://b:6443", "default")
    assert resolve(TWO, cluster="b").server == "https://b:6443"


def test_files_in_a_kubeconfig_are_found_beside_it(tmp_path: Path) -> None:
    (tmp_path / "config").write_text(TWO)
    assert resolve(str(tmp_path / "config")).document["clusters"][0]["cluster"]["certificate-authority"] == str(
        tmp_path / "ca.crt"
    )


def test_what_helm_gets_holds_one_context_only() -> None:
    assert "https://b" not in resolve(TWO).text()


def test_a_token_becomes_a_header_and_is_shown_nowhere_else() -> None:
    assert resolve(TWO).headers({}) == {"Authorization": "Bearer hidden"}
    assert "hidden" not in repr(resolve(TWO))


def test_a_missing_context_is_named_with_those_there_are() -> None:
    with pytest.raises(PluginError, match="no context 'three'; it has: one, two"):
        resolve(TWO, context="three")


def test_a_broken_kubeconfig_is_refused_without_quoting_it() -> None:
    with pytest.raises(PluginError, match="is not YAML") as raised:
        resolve("token: hidden\n\t- :")
    assert "hidden" not in str(raised.value)


def test_a_credential_helper_is_asked_for_the_token() -> None:
    helper = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "command": "sh",
        "args": ["-c", "echo $ANSWER"],
        "env": [{"name": "ANSWER", "value": json.dumps({"status": {"token": "fresh"}})}],
    }
    connection = resolve(TWO.replace("{token: hidden}", json.dumps({"exec": helper})))
    assert connection.headers(connection.run_helper()) == {"Authorization": "Bearer fresh"}


def test_a_credential_helper_that_fails_is_named() -> None:
    helper = "{apiVersion: client.authentication.k8s.io/v1, command: sh, args: ['-c', 'echo no rights >&2; exit 1']}"
    with pytest.raises(PluginError, match="`sh` failed: no rights"):
        resolve(TWO.replace("{token: hidden}", f"{{exec: {helper}}}")).run_helper()


def test_the_launcher_runs_from_a_checkout_whose_path_has_spaces(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkout = tmp_path / "my check'out $HOME"
    checkout.mkdir()
    (checkout / "crosscloud").symlink_to(ROOT / "crosscloud")
    monkeypatch.setattr("crosscloud.plugins.kubernetes.installation.ROOT", checkout)
    launcher = install(tmp_path / "pulumi home")
    assert launcher is not None
    process = subprocess.Popen([launcher, "127.0.0.1:1"], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline().strip().isdigit()
    process.terminate()
    process.communicate(timeout=10)


def test_pulumis_own_plugin_is_never_touched(tmp_path: Path) -> None:
    genuine = tmp_path / "plugins" / "resource-kubernetes-v4.40.0" / "pulumi-resource-kubernetes"
    genuine.parent.mkdir(parents=True)
    genuine.write_bytes(b"\x7fELF")
    assert install(tmp_path) is None
    assert list((tmp_path / "plugins").iterdir()) == [genuine.parent]


def test_installing_again_mends_a_launcher_of_ours(tmp_path: Path) -> None:
    first = install(tmp_path)
    assert first is not None
    first.write_text(first.read_text().replace(sys.executable, "/gone/python"))
    assert install(tmp_path) == first
    assert sys.executable in first.read_text()
