"""Machines on hosts of other kinds than this one: each such host is a machine itself, with machines inside.

Systemd as PID 1 or not, control groups of version 1 or 2, and a firewall that drops by default.
"""

import json
import subprocess
from pathlib import Path

import pytest

from crosscloud import paths
from crosscloud.machines import host as this_host
from crosscloud.machines import image, instances, networks, nspawn, store

from .conftest import inside

pytestmark = pytest.mark.machines

#: Run inside the host.
PROGRAM = """
import json, os, subprocess, sys
from pathlib import Path
from crosscloud.machines import balancers, cleanup, host, instances, networks, processes, requirements
if sys.argv[1] == "without-systemd":
    host.systemd_is_pid1 = lambda: False
result = {"systemd": host.systemd_is_pid1(), "cgroups": host.cgroup_version()}
network = networks.create("n", urn="n")
user_data = "#cloud-config\\nruncmd: [touch /run/done]\\n"
one, two = (instances.create(name, network.id, user_data, urn=name) for name in "ab")
done = Path(f"/proc/{one.leader[0]}/root/run/done")
result["user-data"] = processes.wait_until(done.exists, 60)
result["taken over"] = instances.create("b", network.id, user_data, urn="b").id == two.id
enter = ["nsenter", "--target", str(one.leader[0]), "--all", "--"]
result["ping"] = subprocess.run([*enter, "ping", "-c1", "-W3", two.address], capture_output=True).returncode
balancer = balancers.create(network.id, 6443, [two.address])
reach = f"exec 3<>/dev/tcp/{balancer.address}/{balancer.port}"
result["balancer"] = subprocess.run([*enter, "timeout", "5", "bash", "-c", reach], capture_output=True).returncode
result["services"] = sum(Path(f"/run/systemd/transient/{x.unit}.service").exists() for x in (one, two, balancer))
os.kill(two.supervisor[0], 9)
result["death"] = processes.wait_until(lambda: not instances.running(two), 10)
cleanup.purge()
result["leftovers"] = cleanup.leftovers()
print(json.dumps(result))
"""

#: What ufw or docker leave a host with.
CAUTIOUS_FIREWALL = (
    "iptables -P FORWARD DROP && iptables -P INPUT DROP && iptables -I INPUT -i lo -j ACCEPT && "
    "iptables -I INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT"
)


def nested_host(images: Path, monkeypatch: pytest.MonkeyPatch, cgroups: int) -> store.Machine:
    """Boot a machine that can be a host itself: with the tools, our package, and the image."""
    switches = {"SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": str(cgroups - 1), "SYSTEMD_NSPAWN_API_VFS_WRITABLE": "1"}
    monkeypatch.setattr(nspawn, "ENVIRONMENT", switches)
    network = networks.create("hosts")
    machine = instances.create("host", network.id, "#cloud-config\n")
    # The one folder of a machine that is no overlay: only there can machines inside have theirs.
    real = store.folder(store.Machine, machine.id) / "containerd"
    (real / "home/machines/images").mkdir(parents=True)
    for source, target in ((images / image.packages_key(), "home/machines/images"), (paths.ROOT / "crosscloud", ".")):
        subprocess.run(["cp", "-a", "--reflink=auto", source, real / target], check=True)
    (real / "program.py").write_text(PROGRAM)
    install = "apt-get install -y --no-install-recommends systemd-container mmdebstrap haproxy"
    code, said = inside(
        machine, f"systemctl mask haproxy; apt-get update && DEBIAN_FRONTEND=noninteractive {install}", 300
    )
    assert code == 0, said
    return machine


@pytest.mark.usefixtures("host")
@pytest.mark.parametrize("cgroups", [1, 2])
def test_hosts_of_other_kinds_run_machines(images: Path, monkeypatch: pytest.MonkeyPatch, cgroups: int) -> None:
    if cgroups < this_host.cgroup_version():
        pytest.skip("a host with control groups of version 2 alone can't show a machine those of version 1")
    machine = nested_host(images, monkeypatch, cgroups)
    run = "cd /var/lib/containerd && CROSSCLOUD_HOME=$PWD/home PYTHONPATH=. python3 program.py"
    for kind, services in (("with-systemd", 3), ("without-systemd", 0)):
        assert inside(machine, CAUTIOUS_FIREWALL)[0] == 0
        code, said = inside(machine, f"{run} {kind}", 180)
        assert code == 0, said
        assert json.loads(said.splitlines()[-1]) == {
            "systemd": kind == "with-systemd",
            "cgroups": cgroups,
            "user-data": True,
            "taken over": True,
            "ping": 0,
            "balancer": 0,
            "services": services,
            "death": True,
            "leftovers": [],
        }
        assert "cc-" not in inside(machine, "iptables -S; ip link; nft list tables")[1]
