"""A control plane goes only if the others can go on without it."""

from types import SimpleNamespace
from typing import Any

import pytest

from crosscloud.plugins.base import PluginError
from crosscloud.plugins.crosscloud import quorum

CONTROL_PLANE = {"node-role.kubernetes.io/control-plane": ""}


def node(name: str, *, ready: str = "True", labels: dict[str, str] | None = None) -> Any:
    return SimpleNamespace(
        metadata=SimpleNamespace(name=name, uid=f"uid-{name}", labels=CONTROL_PLANE if labels is None else labels),
        status=SimpleNamespace(conditions=[SimpleNamespace(type="Ready", status=ready, message="", reason="gone")]),
    )


@pytest.fixture
def silent(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The nodes whose kubelet does not answer."""
    names: set[str] = set()
    monkeypatch.setattr(quorum, "kubelet_answers", lambda _api, name: name not in names)
    return names


@pytest.mark.usefixtures("silent")
@pytest.mark.parametrize("count", [1, 2, 3, 5])
def test_one_of_those_that_all_work_may_go(count: int) -> None:
    nodes = [node(f"cp-{index}") for index in range(count)]
    quorum.ensure_kept(object(), nodes, nodes[0])


@pytest.mark.usefixtures("silent")
def test_the_one_that_died_may_go() -> None:
    nodes = [node("cp-0"), node("cp-1", ready="Unknown"), node("cp-2")]
    quorum.ensure_kept(object(), nodes, nodes[1])


@pytest.mark.usefixtures("silent")
def test_none_that_works_may_go_while_another_is_dead() -> None:
    nodes = [node("cp-0"), node("cp-1", ready="Unknown"), node("cp-2")]
    with pytest.raises(PluginError, match=r"cp-0 can't go while cp-1 does not work: etcd would lose its quorum"):
        quorum.ensure_kept(object(), nodes, nodes[0])


def test_one_that_died_a_moment_ago_is_not_taken_for_alive(silent: set[str]) -> None:
    silent.add("cp-2")
    nodes = [node("cp-0"), node("cp-1"), node("cp-2")]
    with pytest.raises(PluginError, match="cp-2 does not work"):
        quorum.ensure_kept(object(), nodes, nodes[0])


@pytest.mark.usefixtures("silent")
def test_of_five_one_may_go_while_another_is_dead() -> None:
    nodes = [node(f"cp-{index}", ready="Unknown" if index == 4 else "True") for index in range(5)]
    quorum.ensure_kept(object(), nodes, nodes[0])


@pytest.mark.usefixtures("silent")
def test_workers_do_not_vote() -> None:
    nodes = [node("cp-0"), node("cp-1"), node("worker-0", ready="Unknown", labels={})]
    quorum.ensure_kept(object(), nodes, nodes[0])
