"""What the e2e checks must notice on a real cluster: each test breaks something, sees the check fail, and mends it."""

import re
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from crosscloud import paths
from crosscloud.stacks.files import kubeconfig_file
from tests.cluster.nodes import inside, kubectl, machine
from tests.cluster.project import TestStack, eventually

pytestmark = [pytest.mark.cluster, pytest.mark.engine, pytest.mark.machines]

#: Drops what arrives from the other nodes' pods.
BLOCKED = (
    "table inet crosscloud-test {\n chain in {\n type filter hook input priority -300\n udp dport 8472 drop\n }\n}\n"
)


def command(stack: TestStack, release: Path | None = None, seconds: int = 20) -> list[str]:
    return [
        sys.executable, "-m", "crosscloud.cli", "e2e", "--kubeconfig", str(kubeconfig_file(stack.name)),
        "--release", str(release or paths.home() / "release.env"), "--timeout", str(seconds),
    ]  # fmt: skip


def failures(stack: TestStack, release: Path | None = None) -> dict[str, str]:
    """Run the checks; return what the table says of each that did not pass."""
    output = stack.run(*command(stack, release), check=False)
    blocks = re.split(r"^(?=(?:PASSED|FAILED|ERROR) )", output, flags=re.MULTILINE)
    return {block.split()[1]: block for block in blocks if block.startswith(("FAILED", "ERROR"))}


@contextmanager
def scaled_to_nothing(stack: TestStack, namespace: str, what: str) -> Iterator[None]:
    kubectl(stack, "-n", namespace, "scale", what, "--replicas=0")
    try:
        yield
    finally:
        kubectl(stack, "-n", namespace, "scale", what, "--replicas=1")
        kubectl(stack, "-n", namespace, "rollout", "status", what, "--timeout=60s")


def leftovers(stack: TestStack) -> list[str]:
    """Return what a run of the checks may have left in the cluster."""
    namespaces = kubectl(stack, "get", "namespaces", "-o", "name").split()
    rules = kubectl(stack, "-n", "monitoring", "get", "configmap", "prometheus-server", "-o", "jsonpath={.data}")
    return [name for name in namespaces if "crosscloud-e2e-" in name] + re.findall(r"crosscloud-e2e-[^\"]*", rules)


def test_a_healthy_cluster_passes_and_nothing_is_left_behind(stack: TestStack) -> None:
    assert failures(stack) == {}
    assert leftovers(stack) == []


def test_an_image_of_another_digest_is_noticed(stack: TestStack, tmp_path: Path) -> None:
    text = (paths.home() / "release.env").read_text()
    wrong = tmp_path / "release.env"
    wrong.write_text(re.sub(r"(?m)^ALERT_MANAGER_DIGEST=.*$", "ALERT_MANAGER_DIGEST=sha256:" + "b" * 64, text))
    found = failures(stack, wrong)
    assert set(found) == {"images"}
    assert "alertmanager: the release names" in found["images"]
    assert "sha256:bbbbbbbbbbbb" in found["images"]


def test_a_missing_dns_server_is_noticed(stack: TestStack) -> None:
    with scaled_to_nothing(stack, "kube-system", "deployment/coredns"):
        time.sleep(6)  # CoreDNS answers for five seconds more, so that its clients don't notice it go
        found = failures(stack)
    assert set(found) == {"dns", "images", "prometheus-targets"}
    assert "coredns: nothing runs" in found["images"]


def test_a_missing_alertmanager_is_noticed(stack: TestStack) -> None:
    with scaled_to_nothing(stack, "monitoring", "statefulset/prometheus-alertmanager"):
        found = failures(stack)
    assert {"alerts", "images", "prometheus-targets"} <= set(found)
    assert "Alertmanager does not answer" in found["alerts"]


def test_a_pod_network_that_is_cut_between_two_nodes_is_noticed(stack: TestStack) -> None:
    worker = machine(stack, "worker-0")
    inside(worker, f"nft -f - <<'EOF'\n{BLOCKED}EOF")
    try:
        found = failures(stack)
    finally:
        inside(worker, "nft delete table inet crosscloud-test")
    assert {"network"} <= set(found)
    assert re.search(r"HTTP from \S+ to the pod on \S+: no answer", found["network"])
    assert re.search(r"UDP from \S+ to the pod on \S+: no answer", found["network"])
    # the other node's view of what the cut took away comes back with the next scrape
    eventually(60, "the cluster is well again", lambda: not failures(stack))


def test_an_interrupted_run_leaves_nothing_behind(stack: TestStack) -> None:
    import os
    import signal

    process = stack.start(*command(stack))
    eventually(20, "the run has begun", lambda: [name for name in leftovers(stack) if name.startswith("namespace/")])
    os.killpg(process.pid, signal.SIGINT)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 130, output
    assert "Traceback" not in output
    assert leftovers(stack) == []
