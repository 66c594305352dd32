"""From `pulumi up` to an API that answers, to Ready nodes, to the first DNS answer; and the memory of it all."""

import subprocess
import sys
import threading
import time
from pathlib import Path

from crosscloud.machines import store
from crosscloud.stacks.files import kubeconfig_file
from tests.bench.figures import Figure, timed
from tests.cluster.nodes import nodes
from tests.cluster.project import TestStack

_ASK = """
import dns.message, dns.query, sys
question = dns.message.make_query("kubernetes.default.svc.cluster.local.", "A")
answer = dns.query.udp(question, "10.96.0.10", timeout=0.5)
sys.exit(not answer.answer)
"""


def figures(stack: TestStack, runs: int) -> list[Figure]:
    """Bring the cluster up from nothing, ``runs`` times; the last one stays for the other measurements."""
    marks: dict[str, list[float]] = {}
    for run in range(runs):
        if run:
            stack.crosscloud("down")
        stack.run(sys.executable, "-m", "crosscloud.cli", "artifacts", "build")
        stack.pulumi("stack", "init", "--no-select")
        for name, seconds in _boot(stack).items():
            marks.setdefault(name, []).append(seconds)
    memory = Figure("memory of the two machines with all that runs on them", [_memory(stack) / 2**20], "MiB")
    return [*(Figure(name, values) for name, values in marks.items()), memory]


def repeated(stack: TestStack, runs: int) -> list[Figure]:
    """Time `crosscloud up` of a stack that is up, and of one that was taken down; images are built already."""
    again = [timed(lambda: stack.crosscloud("up")) for _ in range(runs)]
    without = [timed(lambda: stack.crosscloud("up", "--no-check")) for _ in range(runs)]
    fresh = []
    for _ in range(runs):
        stack.crosscloud("down")
        fresh.append(timed(lambda: stack.crosscloud("up")))
    return [
        Figure("`crosscloud up` from nothing, images built, with e2e", fresh),
        Figure("`crosscloud up` again, no change, with e2e", again),
        Figure("`crosscloud up` again, no change, without e2e", without),
    ]


def _boot(stack: TestStack) -> dict[str, float]:
    """Run `pulumi up` and watch, from outside, when what becomes true."""
    started = time.monotonic()
    marks: dict[str, float] = {}
    stop = threading.Event()
    watcher = threading.Thread(target=_watch, args=(started, marks, stop))
    watcher.start()
    try:
        stack.up()
        marks["`pulumi up` ends, CoreDNS and Prometheus ready"] = time.monotonic() - started
    finally:
        stop.set()
        watcher.join()
    kubeconfig_file(stack.name).unlink(missing_ok=True)
    assert len(nodes(stack)) == 2
    return {name: marks[name] for name in sorted(marks, key=lambda name: marks[name])}


def _watch(started: float, marks: dict[str, float], stop: threading.Event) -> None:
    questions = {
        "API ready": "curl -skf -m 1 https://127.0.0.1:6443/readyz",
        "both nodes Ready": "test $(kubectl --kubeconfig /etc/kubernetes/admin.conf get nodes "
        "-o 'jsonpath={.items[*].status.conditions[?(@.type==\"Ready\")].status}' | grep -o True | wc -l) = 2",
    }
    while not stop.is_set() and len(marks) < len(questions) + 1:
        leader = _control_plane()
        if leader:
            for name, command in questions.items():
                if name not in marks and _in(leader, ["-a", "bash", "-c", command]):
                    marks[name] = time.monotonic() - started
            # from the network of a node, with this process's own Python
            unanswered = "API ready" in marks and "first DNS answer" not in marks
            if unanswered and _in(leader, ["-n", sys.executable, "-c", _ASK]):
                marks["first DNS answer"] = time.monotonic() - started
        time.sleep(0.1)


def _control_plane() -> int:
    found = [m for m in store.everything(store.Machine) if m.id.startswith("bench-control-plane-0") and m.leader]
    return found[0].leader[0] if found else 0


def _in(leader: int, command: list[str]) -> bool:
    done = subprocess.run(["nsenter", "-t", str(leader), *command], capture_output=True, check=False)
    return done.returncode == 0


def _memory(stack: TestStack) -> int:
    """Return the bytes that all processes of the stack's machines take, shared pages by their share."""
    leaders = [m.leader[0] for m in store.everything(store.Machine) if m.id.startswith(f"{stack.name}-")]
    namespaces = {Path(f"/proc/{leader}/ns/uts").readlink() for leader in leaders}
    total = 0
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if (process / "ns" / "uts").readlink() in namespaces or _pod_of(process, leaders):
                rollup = (process / "smaps_rollup").read_text()
                total += 1024 * int(next(line.split()[1] for line in rollup.splitlines() if line.startswith("Pss:")))
        except (OSError, StopIteration):
            continue  # it ended
    return total


def _pod_of(process: Path, leaders: list[int]) -> bool:
    """Tell whether a process descends from one of the machines' inits: pods have namespaces of their own."""
    current = int(process.name)
    while current > 1:
        if current in leaders:
            return True
        current = int((Path("/proc") / str(current) / "stat").read_text().rpartition(")")[2].split()[1])
    return False
