"""What the scripts that machines boot with say to kubeadm, and how large they become."""

import re
import shutil
import subprocess
from dataclasses import replace
from typing import Any

import pytest
import yaml

from crosscloud.bootstrap import (
    USER_DATA_LIMIT,
    ClusterSettings,
    ControlPlaneSecrets,
    control_plane_user_data,
    worker_user_data,
)
from crosscloud.plugins.crosscloud.credentials import administrator_request

from .test_render import (
    CLUSTER,
    DIGEST,
    FIRST,
    FURTHER,
    IMAGES,
    SECRETS,
    WORKER,
    files,
    scripts,
    variables,
)

ENVIRONMENT = "/etc/crosscloud/cluster.env"
#: As long as names get: AWS's load balancers have 32 characters and a suffix of 16, and its DNS the region's name.
DOORS = replace(
    CLUSTER,
    endpoint=f"internal-{'a' * 32}-0123456789abcdef.elb.ap-southeast-2.amazonaws.com:6443",
    public_endpoint=f"{'b' * 32}-0123456789abcdef.elb.ap-southeast-2.amazonaws.com:6443",
    generation="0123456789",
    patience=20,
)
METAL = replace(
    DOORS,
    endpoint="147.75.140.110:6443",
    public_endpoint="147.75.140.110:6443",
    node_network="10.0.0.0/8",
    elastic_ip="147.75.140.110",
)


@pytest.mark.parametrize("cluster", [DOORS, METAL], ids=["clouds", "metal"])
def test_the_longest_names_fit_into_what_ec2_takes_with_room_for_a_fix(cluster: ClusterSettings) -> None:
    secrets = ControlPlaneSecrets("c" * 64, administrator_request(cluster.name)[1])
    longest = replace(IMAGES, kubernetes=f"registry.example.com/{'a-folder/' * 10}kubernetes@{DIGEST}")
    named = replace(cluster, images=longest)
    for first in (True, False):
        assert len(control_plane_user_data(named, secrets, first=first)) < USER_DATA_LIMIT - 256
    assert len(worker_user_data(named)) < USER_DATA_LIMIT - 256


def test_comments_stay_behind() -> None:
    for user_data in (FIRST, WORKER):
        for name, text in scripts(user_data).items():
            assert not re.search(r"(?m)^\s*#", text), name


def test_a_door_of_their_own_for_users_is_named_in_the_certificate() -> None:
    names = rendered(control_plane_user_data(DOORS, SECRETS, first=True), "cluster_configuration")
    hosts = [host.removesuffix(":6443") for host in (DOORS.endpoint, DOORS.public_endpoint)]
    assert names["apiServer"]["certSANs"] == [*hosts, "localhost", "127.0.0.1"]


def test_one_door_for_all_is_named_once() -> None:
    same = control_plane_user_data(replace(DOORS, public_endpoint=DOORS.endpoint), SECRETS, first=True)
    assert len(rendered(same, "cluster_configuration")["apiServer"]["certSANs"]) == 3


def test_workers_register_with_their_generation() -> None:
    arguments = rendered(worker_user_data(DOORS), "registration")["nodeRegistration"]["kubeletExtraArgs"]
    assert {"name": "node-labels", "value": "crosscloud/generation=0123456789"} in arguments


def test_machines_without_a_generation_register_without_a_label() -> None:
    arguments = rendered(WORKER, "registration")["nodeRegistration"]["kubeletExtraArgs"]
    assert [argument["name"] for argument in arguments] == ["node-ip"]


_ADDRESSES = r"""ip() { printf '%s\n' \
  '1: lo    inet 10.99.0.1/32 scope global lo' \
  '2: bond0    inet 147.75.1.2/31 brd 255.255.255.255 scope global bond0' \
  '2: bond0    inet 10.70.5.3/31 brd 255.255.255.255 scope global bond0:0'; }"""


def test_a_machine_with_several_addresses_is_known_by_the_one_in_its_network() -> None:
    assert run(worker_user_data(METAL), f"{_ADDRESSES}; find_address; echo $NODE_IP") == "10.70.5.3"


def test_a_machine_without_an_address_in_its_network_says_so() -> None:
    elsewhere = worker_user_data(replace(METAL, node_network="192.168.0.0/16"))
    assert "no address in 192.168.0.0/16" in run(elsewhere, f"{_ADDRESSES}; find_address 2>&1 || true")


def test_a_control_plane_waits_for_balancers_to_leave_the_one_whose_place_it_takes() -> None:
    refused = "curl() { echo asked; return 7; }; sleep() { SECONDS=$((SECONDS + 5)); }; cluster_lives || echo gone"
    assert run(FIRST, refused).split() == ["asked", "gone"]
    patient = control_plane_user_data(DOORS, SECRETS, first=True)
    assert run(patient, f"SECONDS=0; {refused}").split() == ["asked"] * 4 + ["gone"]
    assert run(patient, f"SECONDS=60; {refused}").split() == ["asked", "gone"], "it has been waited long enough"


def test_a_control_plane_of_a_later_release_joins_under_the_version_that_the_cluster_knows() -> None:
    recorded = r'{"data": {"ClusterConfiguration": "etcd: {}\nkubernetesVersion: v1.36.9\nnetworking: {}\n"}}'
    assert run(FURTHER, f"curl() {{ printf %s '{recorded}'; }}; cluster_version") == "v1.36.9"


def test_the_releases_images_get_the_names_that_static_pods_of_a_version_ask_for() -> None:
    listed = "kubeadm() { printf 'localhost/crosscloud/%s\\n' kube-scheduler:$7 etcd:3.6 coredns:1; }"
    tagged = run(FURTHER, f"{listed}; CTR=tag; tag() {{ echo $4 $5 >&2; }}; name_images v1.36.9 2>&1")
    assert tagged.splitlines() == [
        f"{IMAGES.kubernetes} localhost/crosscloud/kube-scheduler:v1.36.9",
        f"{IMAGES.etcd} localhost/crosscloud/etcd:3.6",
    ]


def rendered(user_data: str, function: str) -> Any:
    """Return what a function of a machine's scripts prints, as YAML."""
    known = "KUBERNETES_VERSION=v1 NODE_NAME=n NODE_IP=10.0.0.2"
    return yaml.safe_load(run(user_data, f"{known}; {function}"))


def run(user_data: str, script: str) -> str:
    """Run lines of shell after the definitions in a machine's scripts, and return what they print."""
    parts = scripts(user_data)
    main = parts["control-plane.sh" if "control-plane.sh" in parts else "worker.sh"]
    definitions = (parts["lib.sh"], parts["runtime.sh"], parts["node.sh"], main.partition("\nprepare_node\n")[0])
    without = (re.sub(r"(?m)^(\. /|set -o|trap |\[ -z ).*\n", "", text) for text in definitions)
    lines = [files(user_data)[ENVIRONMENT]["content"], *without, script]
    bash = shutil.which("bash") or "bash"
    done = subprocess.run([bash, "-c", "\n".join(lines)], capture_output=True, text=True, check=False)
    assert not done.returncode, done.stderr
    return done.stdout.strip()


def test_the_variables_of_metal_reach_its_machines_alone() -> None:
    assert variables(control_plane_user_data(METAL, SECRETS, first=False))["ELASTIC_IP"] == METAL.elastic_ip
    assert not {"ELASTIC_IP", "NODE_NETWORK"} & set(variables(control_plane_user_data(DOORS, SECRETS, first=False)))
    assert "elastic-ip.sh" not in scripts(worker_user_data(DOORS))
