"""Which nodes of a group are as they are to be, which are on their way, and which are dead."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from crosscloud.plugins.crosscloud import node_state
from crosscloud.plugins.crosscloud.api import core
from crosscloud.plugins.crosscloud.drain import kubelet_answers

#: Kubelets asked at once: each that is gone takes seconds to find out.
_AT_ONCE = 16


@dataclass(frozen=True)
class Survey:
    """The nodes of a group, each in one list, by name.

    ``ready``: Ready, of the generation asked for, and the kubelet answers. ``unready``: of that generation, and not (or
    no longer) Ready. ``older``: alive, and of another generation. ``dead``: not Ready, and the kubelet is gone.
    """

    ready: list[Any] = field(default_factory=list)
    unready: list[Any] = field(default_factory=list)
    older: list[Any] = field(default_factory=list)
    dead: list[Any] = field(default_factory=list)

    def settled(self, least: int, most: int) -> bool:
        """Whether the group is as it is to be; dead nodes may be left, to be removed."""
        return least <= len(self.ready) <= most and not self.unready and not self.older

    def summary(self, least: int, most: int, role: str) -> str:
        """Return how far it is: ``1 of 2 workers are Ready``."""
        words = f"{len(self.ready)} of {least} {role}s are Ready"
        if len(self.ready) > most:
            words += ", and the cloud has not removed the others yet"
        if self.older:
            words += f", {len(self.older)} of an older generation are still there"
        return words

    def details(self) -> str:
        """Return what is known of those that are not as they are to be."""
        lines = [f"{node.metadata.name}: {_why(node)}" for node in self.unready]
        lines += [f"{node.metadata.name}: of an older generation" for node in self.older]
        lines += [f"{node.metadata.name}: its machine is gone" for node in self.dead]
        return "; ".join(lines)


def survey(inputs: Mapping[str, Any]) -> Survey:
    """Look at the nodes of a group (inputs: ``kubeconfig``, ``role``, ``generation``).

    A node counts as Ready for 40 seconds after its machine died, so each kubelet is asked itself. What answers at the
    address of a node that is Ready is that node's kubelet, also where an older node had the address before.
    """
    nodes = [node for node in node_state.listed(inputs["kubeconfig"]) if _belongs(node, inputs["role"])]
    api = core(inputs["kubeconfig"])
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        answers = list(pool.map(lambda node: kubelet_answers(api, node.metadata.name), nodes))
    taken = {node_state.internal_address(node) for node in nodes if node_state.ready(node)[0]}
    found = Survey()
    for node, answering in zip(nodes, answers, strict=True):
        itself = node_state.ready(node)[0] or node_state.internal_address(node) not in taken
        _list_of(found, node, answering and itself, inputs["generation"]).append(node)
    return found


def _belongs(node: Any, role: str) -> bool:
    """Only nodes that carry a generation are the group's: who joined by other means is left alone."""
    return node_state.role(node) == role and node_state.GENERATION in (node.metadata.labels or {})


def _list_of(found: Survey, node: Any, answering: bool, generation: str) -> list[Any]:
    is_ready = node_state.ready(node)[0]
    if not is_ready and not answering:
        return found.dead
    if node.metadata.labels[node_state.GENERATION] != generation:
        return found.older
    return found.ready if is_ready and answering else found.unready


def _why(node: Any) -> str:
    is_ready, reason = node_state.ready(node)
    return "its kubelet does not answer" if is_ready else reason
