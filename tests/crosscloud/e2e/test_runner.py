"""The runner: independent checks go on, everything made is removed, and nothing is hidden."""

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from crosscloud.e2e import bench, manifests, runner
from crosscloud.e2e.cluster import ApiError
from crosscloud.e2e.model import Check, Context, Failed, NotYet, Options, Result, Status
from crosscloud.e2e.runner import Run

from .fakes import FakeApi, release
from .healthy import add_probes, cluster


class Disposable(FakeApi):
    """A cluster whose namespaces are gone once they are deleted."""

    def delete(self, path: str, **query: str) -> None:
        super().delete(path, **query)
        self.answers[path] = ApiError(404, "gone")

    @property
    def removed(self) -> list[str]:
        return [line for line in self.done if line.startswith("delete /api/v1/namespaces/crosscloud-e2e-")]


@pytest.fixture
def api() -> Disposable:
    made, healthy = Disposable(), cluster()
    made.objects, made.answers = healthy.objects, healthy.answers
    return made


def check(name: str, call: Callable[[Context], list[str]], *, probes: bool = False) -> Check:
    return Check(name, f"{name} holds", call, probes)


def fails(_: Context) -> list[str]:
    raise Failed("wrong")


def faulty(_: Context) -> list[str]:
    raise ZeroDivisionError("a fault of the check")


def passes(_: Context) -> list[str]:
    return ["seen"]


def run(api: FakeApi, *checks: Check, timeout: float = 5, listener: runner.Listener | None = None) -> Run:
    silent: runner.Listener = lambda _, __: None  # noqa: E731
    return runner.run(checks, api, release(), Options("probe:1", timeout), listener or silent)


def test_the_others_go_on_after_a_failure_and_a_fault(api: Disposable) -> None:
    done = run(api, check("a", fails), check("b", faulty), check("c", passes))
    assert [result.status for result in done.results] == [Status.FAILED, Status.ERROR, Status.PASSED]
    assert "ZeroDivisionError: a fault of the check" in done.results[1].reason
    assert done.results[2].seen == ["seen"]
    assert not done.passed


def test_a_run_passes_if_all_checks_do(api: Disposable) -> None:
    assert run(api, check("a", passes), check("b", passes)).passed


def test_checks_run_at_the_same_time(api: Disposable) -> None:
    meeting = threading.Barrier(3, timeout=5)
    assert run(api, *(check(name, lambda _: [str(meeting.wait())]) for name in "abc")).passed


def test_the_wait_of_a_check_is_bounded_and_its_reason_is_kept(api: Disposable) -> None:
    def never(context: Context) -> list[str]:
        def attempt() -> list[str]:
            raise NotYet("still pending")

        return context.deadline.until(attempt)

    done = run(api, check("a", never), timeout=1)
    assert done.results[0].reason == "still pending\n(waited 1 s)"
    assert done.seconds < 5


def test_the_namespace_is_removed_after_a_failure(api: Disposable) -> None:
    run(api, check("a", fails))
    assert len(api.removed) == 1


def test_the_namespace_stays_while_a_check_uses_the_probes_and_goes_while_others_still_run(api: Disposable) -> None:
    def uses(_: Context) -> list[str]:
        time.sleep(0.5)
        return [str(len(api.removed))]

    def outlasts(context: Context) -> list[str]:
        def attempt() -> list[str]:
            if not api.removed:
                raise NotYet("still there")
            return [str(len(api.removed))]

        return context.deadline.until(attempt)

    done = run(api, check("a", uses, probes=True), check("b", outlasts))
    assert [result.seen for result in done.results] == [["0"], ["1"]]


def test_an_interruption_ends_the_checks_and_removes_the_namespace(
    api: Disposable, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended: list[str] = []

    def waits(context: Context) -> list[str]:
        def attempt() -> list[str]:
            raise NotYet("pending")

        try:
            return context.deadline.until(attempt)
        except Failed as reason:
            ended.append(str(reason))
            raise

    def interrupted(_: Any) -> None:
        time.sleep(0.2)
        raise KeyboardInterrupt

    monkeypatch.setattr(runner, "_wait", interrupted)
    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        run(api, check("a", waits, probes=True), timeout=60)
    assert time.monotonic() - started < 10
    assert ended == ["pending\n(interrupted)"]
    assert len(api.removed) == 1


def test_a_namespace_that_stays_fails_the_run_with_how_to_remove_it(monkeypatch: pytest.MonkeyPatch) -> None:
    class Stuck(FakeApi):
        def get(self, path: str, **query: str) -> Any:
            if path.startswith("/api/v1/namespaces/crosscloud-e2e-"):
                stuck = {"type": "NamespaceContentRemaining", "status": "True", "message": "pods are still there"}
                return {"status": {"phase": "Terminating", "conditions": [stuck]}}
            return super().get(path, **query)

    stuck, healthy = Stuck(), cluster()
    stuck.objects, stuck.answers = healthy.objects, healthy.answers
    monkeypatch.setattr(bench, "REMOVAL", 1.0)
    done = run(stuck, check("a", passes))
    assert not done.passed
    assert "pods are still there" in done.leftovers
    assert "kubectl delete namespace crosscloud-e2e-" in done.leftovers


def test_pods_of_a_node_that_is_gone_are_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    class Dead(Disposable):
        """A cluster whose namespace goes only after its pods were dropped by force."""

        def delete(self, path: str, **query: str) -> None:
            if "/pods/" in path:
                self.objects[path.rpartition("/")[0]] = []
                super().delete(path, **query)
            elif self.objects[f"{path}/pods"]:
                self.done.append(f"delete {path}")
                self.answers[path] = {"status": {"phase": "Terminating"}}
            else:
                super().delete(path)

    api, healthy = Dead(), cluster()
    api.objects, api.answers = healthy.objects, healthy.answers
    monkeypatch.setattr(bench, "PATIENCE", 0.6)
    made = bench.Bench(api, "probe:1")
    made.start()
    add_probes(api, made)
    assert made.remove() == ""
    assert any("/pods/probe-cp gracePeriodSeconds=0" in line for line in api.done)


def test_what_keeps_the_probes_from_being_made_is_told_to_the_checks(api: Disposable) -> None:
    api.answers["/api/v1/namespaces"] = ApiError(500, "etcd is gone")
    done = run(api, check("a", lambda c: [str(c.bench.services(c.deadline))]), check("b", passes))
    assert done.results[0].reason == "the probes could not be made: etcd is gone"
    assert done.results[1].status is Status.PASSED


def test_namespaces_of_killed_runs_are_swept_and_no_others(api: Disposable) -> None:
    now = time.time()
    young = manifests.namespace("crosscloud-e2e-young", now=now - 60)
    old = manifests.namespace("crosscloud-e2e-old", now=now - 7200)
    foreign = manifests.namespace("theirs", now=now - 7200)
    unmarked = {"metadata": {**old["metadata"], "name": "crosscloud-e2e-unmarked", "annotations": None}}
    api.objects["/api/v1/namespaces"] = [young, old, foreign, unmarked]
    bench.sweep(api)
    assert api.removed == ["delete /api/v1/namespaces/crosscloud-e2e-old"]


def test_each_check_is_told_of_when_it_begins_and_when_it_ends(api: Disposable) -> None:
    told: list[tuple[str, Status | None]] = []

    def listener(of: Check, result: Result | None) -> None:
        told.append((of.name, result.status if result else None))

    run(api, check("a", passes), listener=listener)
    assert told == [("a", None), ("a", Status.PASSED)]


def test_the_pods_meet_the_restricted_standard() -> None:
    made = manifests.namespace("crosscloud-e2e-x", now=0)
    assert made["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    spec = manifests.daemon_set("probe:1")["spec"]["template"]["spec"]
    security = spec["containers"][0]["securityContext"]
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert security["capabilities"] == {"drop": ["ALL"]}
    assert security["allowPrivilegeEscalation"] is False
    assert spec["automountServiceAccountToken"] is False
