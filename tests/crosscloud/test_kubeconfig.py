"""Kubeconfig files: what is accepted, what is refused and how, and that nothing secret is ever shown."""

import base64
import stat
from pathlib import Path
from typing import Any

import pytest
import yaml

from crosscloud import kubeconfig
from crosscloud.kubeconfig import Kubeconfig, KubeconfigError

CA = "-----BEGIN CERTIFICATE-----\nca\n-----END CERTIFICATE-----\n"
CERT = "-----BEGIN CERTIFICATE-----\nclient\n-----END CERTIFICATE-----\n"
KEY = "-----BEGIN PRIVATE KEY-----\nsecret-key-material\n-----END PRIVATE KEY-----\n"


def made(name: str, server: str = "https://192.0.2.1:6443") -> Kubeconfig:
    return kubeconfig.build(name, server=server, ca=CA, certificate=CERT, key=KEY)


def document(**changes: Any) -> dict[str, Any]:
    return {**yaml.safe_load(made("blue").text), **changes}


def problems(text: str) -> list[str]:
    with pytest.raises(KubeconfigError) as caught:
        kubeconfig.parse(text)
    return caught.value.problems


def test_cluster_user_and_context_are_named_after_the_cluster() -> None:
    config = made("blue")
    assert config.contexts == ["blue"]
    assert config.current_context == "blue"
    assert [config.document[s][0]["name"] for s in ("clusters", "users", "contexts")] == ["blue"] * 3
    assert config.server == "https://192.0.2.1:6443"


def test_the_genuine_client_reads_what_is_made() -> None:
    from kubernetes import client, config

    target = client.Configuration()
    config.load_kube_config_from_dict(dict(made("blue").document), client_configuration=target)
    assert target.host == "https://192.0.2.1:6443"
    assert Path(vars(target)["key_file"]).read_text() == KEY


def test_a_written_file_is_for_its_owner_only_and_reads_back(tmp_path: Path) -> None:
    path = tmp_path / "a folder with spaces" / "config"
    kubeconfig.write(path, made("blue"))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert kubeconfig.load(path) == made("blue")
    assert [p.name for p in path.parent.iterdir()] == ["config"]


def test_a_file_that_was_open_to_all_is_closed_when_written_again(tmp_path: Path) -> None:
    path = tmp_path / "config"
    path.write_text("old")
    path.chmod(0o644)
    kubeconfig.write(path, made("blue"))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_writing_through_a_link_keeps_the_link(tmp_path: Path) -> None:
    real, link = tmp_path / "real", tmp_path / "link"
    link.symlink_to(real)
    kubeconfig.write(link, made("blue"))
    assert link.is_symlink()
    assert kubeconfig.load(real).current_context == "blue"


def test_merging_keeps_the_others_and_makes_the_new_one_current(tmp_path: Path) -> None:
    path = tmp_path / "config"
    kubeconfig.merge(path, made("blue"))
    kubeconfig.merge(path, made("green"))
    kubeconfig.merge(path, made("blue", "https://192.0.2.2:6443"))
    merged = kubeconfig.load(path)
    assert sorted(merged.contexts) == ["blue", "green"]
    assert merged.server == "https://192.0.2.2:6443"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_merging_leaves_alone_what_kubectl_tolerates(tmp_path: Path) -> None:
    path = tmp_path / "config"
    orphan = {"name": "orphan", "context": {"cluster": "gone", "user": "gone"}}
    path.write_text(yaml.safe_dump({"apiVersion": "v1", "kind": "Config", "clusters": None, "contexts": [orphan]}))
    kubeconfig.merge(path, made("blue"))
    assert [c["name"] for c in yaml.safe_load(path.read_text())["contexts"]] == ["orphan", "blue"]


def test_merging_refuses_to_overwrite_a_file_it_does_not_understand(tmp_path: Path) -> None:
    path = tmp_path / "config"
    path.write_text("something: else\n")
    with pytest.raises(KubeconfigError, match="kind: Config"):
        kubeconfig.merge(path, made("blue"))
    assert path.read_text() == "something: else\n"


def test_removing_a_cluster_leaves_the_others_and_the_last_one_takes_the_file_along(tmp_path: Path) -> None:
    path = tmp_path / "config"
    kubeconfig.merge(path, made("blue"))
    kubeconfig.merge(path, made("green"))
    kubeconfig.remove(path, "green")
    assert kubeconfig.load(path) == made("blue")
    kubeconfig.remove(path, "blue")
    assert not path.exists()
    kubeconfig.remove(path, "blue")


def test_renaming_takes_the_current_context_alone_and_keeps_its_namespace() -> None:
    text = yaml.safe_dump(
        document(contexts=[{"name": "blue", "context": {"cluster": "blue", "user": "blue", "namespace": "apps"}}])
    )
    renamed = kubeconfig.parse(text).named("red")
    assert renamed.contexts == ["red"]
    assert renamed.document["contexts"][0]["context"] == {"cluster": "red", "user": "red", "namespace": "apps"}


def test_relative_files_become_absolute_so_that_the_result_can_move(tmp_path: Path) -> None:
    cluster = {"server": "https://192.0.2.1:6443", "certificate-authority": "ca.pem"}
    path = tmp_path / "config"
    path.write_text(yaml.safe_dump(document(clusters=[{"name": "blue", "cluster": cluster}])))
    loaded = kubeconfig.load(path)
    assert loaded.document["clusters"][0]["cluster"]["certificate-authority"] == str(tmp_path / "ca.pem")


def test_every_problem_is_reported_at_once() -> None:
    text = yaml.safe_dump(
        document(
            clusters=[{"name": "blue", "cluster": {"server": "192.0.2.1"}}],
            users=[{"name": "other", "user": {"client-key-data": "not base64!"}}],
        )
    )
    assert problems(text) == [
        "context 'blue': its user 'blue' is not among the users",
        "cluster 'blue': server has to be a URL such as https://192.0.2.1:6443",
        "user 'other': client-key-data is not base64 of a PEM file",
    ]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"kind": "Pod"}, "kind: Config"),
        ({"clusters": {}}, "its cluster 'blue' is not among"),
        ({"users": "x"}, "users: has to be a list"),
        ({"users": [{"name": "blue"}]}, "users[0]: needs a name and a mapping called user"),
        ({"users": [{"name": "blue", "user": {}}] * 2}, "two entries are called 'blue'"),
        ({"current-context": "red"}, "current-context: has to name one of the contexts: blue"),
    ],
)
def test_a_broken_file_is_refused_with_what_is_wrong(change: dict[str, Any], problem: str) -> None:
    assert problem in " ".join(problems(yaml.safe_dump(document(**change))))


def test_a_missing_file_is_refused_with_its_path(tmp_path: Path) -> None:
    with pytest.raises(KubeconfigError, match="nowhere"):
        kubeconfig.load(tmp_path / "nowhere")


def test_nothing_secret_is_shown() -> None:
    config = made("blue")
    encoded = base64.b64encode(KEY.encode()).decode()
    assert encoded in config.text
    assert encoded not in repr(config)
    broken = config.text.replace("kind: Config", "kind: [Config\n" + encoded)
    wrong = yaml.safe_dump(document(users=[{"name": "blue", "user": {"client-key-data": "hunter2"}}]))
    for text in (broken, wrong):
        shown = " ".join(problems(text))
        assert encoded not in shown
        assert "hunter2" not in shown
