"""The runner image, really built from the Dockerfile, and run as its users and the pipeline run it."""

import os
import re
import stat
from pathlib import Path
from typing import Any

import pytest
import yaml

from crosscloud import kubeconfig, paths
from crosscloud.plugins.crosscloud.api import client
from tests.crosscloud.plugins.kubernetes.control_plane import ControlPlane
from tests.image import buildah
from tests.image.conftest import USER
from tests.image.test_dockerfile import PARTS

pytestmark = [pytest.mark.machines, pytest.mark.engine, pytest.mark.usefixtures("image")]

#: Bytes of the image without Pulumi's plugins: 0.75 GB when this was written.
LARGEST = 900e6
STACK = {
    "crosscloud:cloud": "existing",
    "crosscloud:existing": {"kubeconfig": "/config/kubeconfig"},
    "crosscloud:chartSource": {"kind": "bundled"},
}


def test_it_is_run_by_a_user_without_rights_and_says_what_it_is() -> None:
    config = buildah.config()
    assert config["User"] == str(USER)
    assert config["Entrypoint"] == ["crosscloud"]
    assert config["Labels"]["org.opencontainers.image.title"] == "crosscloud"
    assert config["Labels"]["org.opencontainers.image.base.name"] == buildah.BASE
    assert not [name for name in config["Env"] if re.search("TOKEN|PASS|KEY|PROXY|INDEX|CERT", name)]


def test_a_second_build_makes_no_layer_anew() -> None:
    log = buildah.build(fresh=False)
    steps = re.findall(r"STEP \d+/\d+: (?!FROM)(.*)", log)
    assert len(steps) > 20
    assert log.count("--> Using cache") == len(steps), log


def test_everything_that_the_pipeline_needs_is_in_it_and_nothing_else() -> None:
    """One container for many questions, asked by a shell, as GitLab's runner starts one."""
    wanted = ["pulumi version", "helm version --short", "crane version", "git --version", "crosscloud --help"]
    questions = [*wanted, "id -u", "ls /var/lib/apt/lists", "ls -A ~", "ls -d /opt/crosscloud/*/"]
    ended = buildah.execute(["sh", "-euc", "; echo ---; ".join(questions)])
    assert ended.status == 0, ended.said
    *said, user, lists, belongings, folders = [part.strip() for part in ended.said.split("---\n")]
    for words, answer in zip(["v3.", "v3.", "v", "git version 2.", "Builds, deploys and tests"], said, strict=True):
        assert words in answer
    assert user == str(USER)
    assert lists == ""
    assert set(belongings.split()) <= {".bash_logout", ".bashrc", ".profile"}
    assert folders.split() == [f"/opt/crosscloud/{name}/" for name in ("components", "crosscloud", "policy", "tools")]
    assert buildah.size() < LARGEST


def test_a_state_that_would_end_with_the_container_is_refused_before_anything_is_made() -> None:
    ended = buildah.run("up", "aws")
    assert ended.status == 1
    assert "mount a volume at /state" in ended.said
    assert "PULUMI_BACKEND_URL" in ended.said
    assert "Traceback" not in ended.said


def test_machines_of_the_host_are_refused_before_minutes_are_spent(folder: Path) -> None:
    ended = buildah.run("up", "local", mounts={folder / "state": "/state"})
    assert ended.status == 1
    assert "can't run machines, it lacks" in ended.said
    assert "images of the release" not in ended.said


def test_up_makes_the_kubeconfig_available_and_down_takes_everything_away(cluster: ControlPlane, folder: Path) -> None:
    """``docker run -v out:/out -v state:/state -v config:/config:ro IMAGE up mine``, and down in another container."""
    (folder / "config" / "Pulumi.mine.yaml").write_text(yaml.safe_dump({"config": STACK}))
    given = folder / "config" / "kubeconfig"
    given.write_text(cluster.kubeconfig)
    os.chown(given, USER, USER)
    given.chmod(0o600)
    mounts = {folder / "out": "/out", folder / "state": "/state", folder / "config": "/config:ro"}

    ended = buildah.run("up", "mine", "--no-check", mounts=mounts)
    assert ended.status == 0, ended.said
    assert "/out/mine/kubeconfig" in ended.said
    assert "images-pinned" in ended.said  # a policy: the pack is in the image, and runs
    path = folder / "out" / "mine" / "kubeconfig"
    assert (path.stat().st_uid, stat.S_IMODE(path.stat().st_mode)) == (USER, 0o600)
    found = kubeconfig.load(path)
    assert found.current_context == "mine"
    assert {"crosscloud-coredns", "prometheus-server"} <= _deployed(found.text)
    assert _keys(given) not in ended.said

    other = buildah.run("check", "mine", mounts={**mounts}, user="4321:4321")
    assert other.status == 1
    assert f"--user {USER}:{USER}" in other.said

    ended = buildah.run("down", "mine", mounts={place: at for place, at in mounts.items() if at != "/config:ro"})
    assert ended.status == 0, ended.said
    assert list((folder / "out").iterdir()) == []
    assert not {"crosscloud-coredns", "prometheus-server"} & _deployed(cluster.kubeconfig)


def _deployed(text: str) -> set[str]:
    from kubernetes.client import AppsV1Api

    api = AppsV1Api(client(text))
    listed: list[Any] = [
        *api.list_deployment_for_all_namespaces().items,
        *api.list_stateful_set_for_all_namespaces().items,
    ]
    return {each.metadata.name for each in listed}


def _keys(path: Path) -> str:
    found: str = yaml.safe_load(path.read_text())["users"][0]["user"]["client-key-data"]
    return found


def test_a_clouds_stack_is_rehearsed_in_it_up_and_down_without_machines() -> None:
    """All that a job without credentials can do: the genuine engine, program and SDK; the cloud's API is simulated."""
    ended = buildah.run("rehearse", "-s", "aws", "--no-machines")
    assert ended.status == 0, ended.said
    assert re.search(r"result\s+passed, as far as that goes without machines: \d\d+ resources", ended.said), ended.said
    assert re.search(r"left\s+nothing", ended.said), ended.said


def test_in_a_checkout_it_runs_the_checkouts_own_program() -> None:
    """A job of the pipeline: the tools are the image's, the program is the commit's; git trusts the runner's files."""
    script = "git -C /repository rev-parse HEAD; cd /builds/project; crosscloud config check aws; crosscloud doctor"
    mounts = {paths.ROOT / ".git": "/repository/.git:ro", buildah.context(): "/builds/project:ro"}
    ended = buildah.execute(["sh", "-c", script], mounts=mounts, COLUMNS="200")
    assert "Pulumi.aws.yaml is right" in ended.said, ended.said
    assert "below /builds/project" in ended.said, ended.said  # where the program that runs lies
    assert re.search(r"^[0-9a-f]{40}$", ended.said, re.MULTILINE), ended.said
    assert "/opt/crosscloud/tools/bin/helm" in ended.said


def test_every_part_of_the_sdks_that_the_program_uses_is_in_it_whole() -> None:
    lines = [line.split() for line in PARTS.read_text().splitlines() if not line.startswith("#")]
    source = "; ".join(f"import {sdk}; hasattr({sdk}.{part}, 'nothing')" for sdk, part in lines)
    left_out = "import pulumi_aws; hasattr(pulumi_aws.s3, 'nothing')"
    ended = buildah.execute(["python", "-c", source])
    assert ended.status == 0, ended.said
    assert "this image has no pulumi_aws.s3" in buildah.execute(["python", "-c", left_out]).said


def test_no_container_and_no_mount_is_left() -> None:
    assert buildah.buildah("containers", "--quiet").split() == []
    assert str(buildah.home()) not in Path("/proc/self/mountinfo").read_text()
