"""The two kubeconfigs of a GKE cluster."""

import base64
import shutil
import stat
from pathlib import Path

import pytest
import yaml

from crosscloud import gke_access, kubeconfig

CA = base64.b64encode(b"-----BEGIN CERTIFICATE-----\nca\n-----END CERTIFICATE-----\n").decode()


def test_both_lead_to_the_same_cluster_by_its_ca() -> None:
    for text in (
        gke_access.users_kubeconfig("demo", "203.0.113.9", CA),
        gke_access.program_kubeconfig("demo", "203.0.113.9", CA, "ya29.secret"),
    ):
        config = kubeconfig.parse(text)
        assert (config.contexts, config.server) == (["demo"], "https://203.0.113.9")
        assert config.document["clusters"][0]["cluster"]["certificate-authority-data"] == CA


def test_the_users_one_holds_no_credential_and_says_what_to_install() -> None:
    user = yaml.safe_load(gke_access.users_kubeconfig("demo", "203.0.113.9", CA))["users"][0]["user"]
    assert list(user) == ["exec"]
    assert user["exec"]["command"] == "gke-gcloud-auth-plugin"
    assert "gcloud components install gke-gcloud-auth-plugin" in user["exec"]["installHint"]


def test_the_genuine_client_gets_its_token_from_the_plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from kubernetes import client, config

    plugin = tmp_path / gke_access.PLUGIN
    plugin.write_text(
        f"#!{shutil.which('sh')}\n"
        'echo \'{"apiVersion": "client.authentication.k8s.io/v1beta1", "kind": "ExecCredential", '
        '"status": {"token": "ya29.from-the-plugin"}}\'\n'
    )
    plugin.chmod(plugin.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    target = client.Configuration()
    document = yaml.safe_load(gke_access.users_kubeconfig("demo", "203.0.113.9", CA))
    config.load_kube_config_from_dict(document, client_configuration=target)
    assert vars(target)["api_key"]["BearerToken"] == "Bearer ya29.from-the-plugin"
