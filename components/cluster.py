"""The contract that every cloud's cluster keeps: what it is given, what it gives, and what it promises.

A cluster is a ComponentResource made from a stack's configuration and a release. It exists when its API answers and all
of its nodes are Ready; otherwise ``up`` fails with the reason. Its outputs have the same names on every cloud.
"""

from collections.abc import Sequence
from typing import TypedDict

import pulumi
from pulumi import Output

from crosscloud.config import Stack
from crosscloud.release import Release


class NodeOutput(TypedDict):
    """One node, as the stack's output ``nodes`` lists it."""

    name: str
    role: str
    address: str
    version: str


class Cluster(pulumi.ComponentResource):
    """The base of every cloud's cluster.

    ``kubeconfig`` is for the users and ``program_kubeconfig`` for the program itself, which differ where users are to
    come under names of their own; both are secret. ``kubernetes_asked`` is what the release names and
    ``kubernetes_version`` what runs: a cloud that runs the control plane itself may not have the one. ``lifetime`` is a
    resource that goes when the cluster goes and not before: what is deployed into the cluster need not be deleted one
    by one when the whole of it is destroyed or replaced. When one of ``renewed_with`` is replaced, it is another
    cluster, and what is deployed into it is made anew.
    """

    config: Stack
    kubeconfig: Output[str]
    program_kubeconfig: Output[str]
    endpoint: Output[str]
    cluster_name: Output[str]
    kubernetes_asked: Output[str]
    kubernetes_version: Output[str]
    nodes: Output[Sequence[NodeOutput]]
    lifetime: pulumi.Resource
    renewed_with: list[pulumi.Resource]

    def __init__(self, cloud: str, config: Stack, release: Release) -> None:
        """Make the component of a cloud; ``cloud`` becomes part of its type."""
        super().__init__(f"crosscloud:cluster:{cloud.capitalize()}", config.name)
        self.config = config
        self.release = release

    def finish(  # noqa: PLR0913 - one for each output, and the two that tell of its life
        self,
        *,
        kubeconfig: pulumi.Input[str],
        endpoint: pulumi.Input[str],
        kubernetes_version: pulumi.Input[str],
        nodes: pulumi.Input[Sequence[NodeOutput]],
        lifetime: pulumi.Resource,
        renewed_with: Sequence[pulumi.Resource] = (),
        program_kubeconfig: pulumi.Input[str] | None = None,
    ) -> None:
        """Set and register the outputs: the last thing that a cloud's constructor does."""
        asked = self.release.kubernetes
        self.kubeconfig = Output.secret(kubeconfig)
        self.program_kubeconfig = self.kubeconfig if program_kubeconfig is None else Output.secret(program_kubeconfig)
        self.endpoint = Output.from_input(endpoint)
        self.cluster_name = Output.from_input(self.config.name)
        self.kubernetes_asked = Output.from_input(f"v{asked.version}" if asked.version else asked.tag)
        self.kubernetes_version = Output.from_input(kubernetes_version)
        self.nodes = Output.from_input(nodes)
        self.lifetime = lifetime
        self.renewed_with = list(renewed_with)
        self.register_outputs(
            {
                "kubeconfig": self.kubeconfig,
                "endpoint": self.endpoint,
                "clusterName": self.cluster_name,
                "kubernetesAsked": self.kubernetes_asked,
                "kubernetesVersion": self.kubernetes_version,
                "nodes": self.nodes,
            }
        )
