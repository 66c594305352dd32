"""Whether etcd keeps its quorum when a control plane goes.

etcd needs more than half of its members: https://etcd.io/docs/v3.6/faq/. A machine that died is a member until it is
taken out, so while one is dead no living one may go.
"""

from typing import Any

from crosscloud.plugins.base import PluginError
from crosscloud.plugins.crosscloud import node_state
from crosscloud.plugins.crosscloud.drain import kubelet_answers


def ensure_kept(api: Any, nodes: list[Any], leaving: Any) -> None:
    """Raise unless those of ``nodes`` that stay hold a majority when the control plane ``leaving`` has left.

    The only control plane may go: its cluster goes with it, and the guard has been asked.
    """
    others = [
        node for node in nodes if node_state.role(node) == "control-plane" and node.metadata.uid != leaving.metadata.uid
    ]
    dead = [node.metadata.name for node in others if not _works(api, node)]
    if not others or len(others) - len(dead) > len(others) // 2:
        return
    raise PluginError(
        f"{leaving.metadata.name} can't go while {', '.join(sorted(dead))} does not work: etcd would lose its quorum, "
        "and with it all that the cluster knows. First let `pulumi up --refresh` put back what died, with the release "
        "and the configuration as they were, and then make this change"
    )


def _works(api: Any, node: Any) -> bool:
    return node_state.ready(node)[0] and kubelet_answers(api, node.metadata.name)
