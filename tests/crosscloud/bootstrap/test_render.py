"""What must hold of the user-data that machines boot with."""

import base64
import bz2
import io
import re
import shutil
import subprocess
import tarfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from crosscloud.bootstrap import (
    USER_DATA_LIMIT,
    ClusterSettings,
    ControlPlaneSecrets,
    NodeImages,
    control_plane_user_data,
    worker_user_data,
)
from crosscloud.bootstrap.render import UserDataTooLargeError

DIGEST = "sha256:" + "0123456789abcdef" * 4
IMAGES = NodeImages(
    kubernetes=f"registry.cncf.ci/kubernetes/kubernetes/hyperkube-amd64@{DIGEST}",
    etcd=f"registry.cncf.ci/etcd-io/etcd@{DIGEST}",
    pause=f"registry.cncf.ci/crosscloud/pause@{DIGEST}",
    flannel=f"registry.cncf.ci/flannel-io/flannel@{DIGEST}",
    flannel_cni=f"registry.cncf.ci/flannel-io/flannel-cni-plugin@{DIGEST}",
)
CLUSTER = ClusterSettings(
    name="a-name-of-24-characters-",
    endpoint="api.a-rather-long-name-of-a-load-balancer.elb.eu-central-1.amazonaws.com:6443",
    pod_cidr="10.244.0.0/16",
    service_cidr="10.96.0.0/16",
    dns_service_ip="10.96.0.10",
    cluster_domain="cluster.local",
    bootstrap_token="abcdef.0123456789abcdef",
    images=IMAGES,
)
SECRETS = ControlPlaneSecrets("c" * 64, "-----BEGIN CERTIFICATE REQUEST-----\n" + "A" * 400)
FIRST = control_plane_user_data(CLUSTER, SECRETS, first=True)
FURTHER = control_plane_user_data(CLUSTER, SECRETS, first=False)
WORKER = worker_user_data(CLUSTER)
ALL = pytest.mark.parametrize("user_data", [FIRST, FURTHER, WORKER], ids=["first", "further", "worker"])


def files(user_data: str) -> dict[str, dict[str, Any]]:
    return {entry["path"]: entry for entry in yaml.safe_load(user_data)["write_files"]}


def scripts(user_data: str) -> dict[str, str]:
    packed = files(user_data)["/usr/local/lib/crosscloud/scripts.tar.bz2"]["content"]
    with tarfile.open(fileobj=io.BytesIO(bz2.decompress(base64.b64decode(packed)))) as archive:
        return {member.name: archive.extractfile(member).read().decode() for member in archive}  # type: ignore[union-attr]


def variables(user_data: str) -> dict[str, str]:
    text = files(user_data)["/etc/crosscloud/cluster.env"]["content"]
    return dict(line.split("=", 1) for line in text.splitlines())


@ALL
def test_it_fits_into_what_ec2_takes(user_data: str) -> None:
    assert len(user_data.encode()) < USER_DATA_LIMIT


@ALL
def test_every_file_is_for_root_alone(user_data: str) -> None:
    assert {entry["permissions"] for entry in files(user_data).values()} == {"0600"}


@ALL
def test_the_same_cluster_gives_the_same_bytes_always(user_data: str) -> None:
    again = [control_plane_user_data(CLUSTER, SECRETS, first=first) for first in (True, False)]
    assert user_data in [*again, worker_user_data(CLUSTER)]
    assert all(member.mtime == 0 for member in _members(user_data))


def _members(user_data: str) -> list[tarfile.TarInfo]:
    packed = files(user_data)["/usr/local/lib/crosscloud/scripts.tar.bz2"]["content"]
    with tarfile.open(fileobj=io.BytesIO(bz2.decompress(base64.b64decode(packed)))) as archive:
        return archive.getmembers()


@ALL
def test_its_scripts_are_valid_shell(user_data: str, tmp_path: Path) -> None:
    for name, text in scripts(user_data).items():
        if name.endswith(".sh"):
            (tmp_path / name).write_text(text)
            subprocess.run([shutil.which("bash") or "bash", "-n", str(tmp_path / name)], check=True)


def test_a_worker_is_told_no_certificate_key_and_no_administrator() -> None:
    assert "CERTIFICATE_KEY" not in variables(WORKER)
    assert SECRETS.certificate_key not in WORKER
    assert set(scripts(WORKER)) == {"lib.sh", "runtime.sh", "node.sh", "worker.sh"}


def test_no_private_key_is_sent_anywhere() -> None:
    for user_data in (FIRST, FURTHER, WORKER):
        whole = user_data + "".join(scripts(user_data).values())
        assert not re.search(r"PRIVATE KEY", whole)


def test_only_the_first_control_plane_makes_a_cluster() -> None:
    roles = [variables(user_data)["ROLE"] for user_data in (FIRST, FURTHER, WORKER)]
    assert roles == ["first-control-plane", "control-plane", "worker"]
    assert "cluster.yaml" in scripts(FIRST)
    assert "cluster.yaml" not in scripts(FURTHER)


def test_the_manifests_are_valid_and_hold_the_administrators_request() -> None:
    manifests = list(yaml.safe_load_all(scripts(FIRST)["cluster.yaml"]))
    by_kind = {manifest["kind"]: manifest for manifest in manifests}
    request = base64.b64decode(by_kind["CertificateSigningRequest"]["spec"]["request"]).decode()
    assert request == SECRETS.administrator_request
    assert by_kind["CertificateSigningRequest"]["spec"]["expirationSeconds"] <= 365 * 86400
    container = by_kind["DaemonSet"]["spec"]["template"]["spec"]["containers"][0]
    assert container["image"] == IMAGES.flannel


def test_values_are_quoted_for_the_shell() -> None:
    odd = worker_user_data(replace(CLUSTER, cluster_domain="a b'$(id)"))
    script = f'{files(odd)["/etc/crosscloud/cluster.env"]["content"]}\nprintf %s "$CLUSTER_DOMAIN"'
    bash = shutil.which("bash") or "bash"
    done = subprocess.run([bash, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "a b'$(id)"


def test_user_data_that_no_cloud_would_take_is_refused() -> None:
    with pytest.raises(UserDataTooLargeError, match="16384"):
        worker_user_data(replace(CLUSTER, registry_mirror="x" * USER_DATA_LIMIT))
