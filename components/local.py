"""A cluster of real Linux machines on this host: the cloud of every laptop and CI runner."""

import ipaddress
from collections.abc import Sequence

import pulumi
from pulumi import Output, ResourceOptions

from components.bootstrap import Bootstrap
from components.cluster import Cluster, NodeOutput
from components.resources import ClusterAccess, ClusterCredentials, LoadBalancer, Machine, Network, Node
from crosscloud.config import LocalStack
from crosscloud.release import Release

API_PORT = 6443
#: The port of the network's gateway behind which machines find the images of this host's registry.
REGISTRY_PORT = 5000
#: Control planes have the addresses from the network's tenth on: the load balancer knows them before they are made.
FIRST_CONTROL_PLANE = 10


class LocalCluster(Cluster):
    """Network, load balancer, control planes and workers on this host.

    Control planes are made, and replaced, one after the other, so that etcd keeps its quorum; workers boot beside them
    and wait for the API by themselves.
    """

    def __init__(self, config: LocalStack, release: Release) -> None:
        """Make the cluster that the stack's configuration describes, with the release's Kubernetes."""
        super().__init__("local", config, release)
        self.local = config
        self.opts = ResourceOptions(parent=self)
        self.network = Network(
            config.name,
            cidr=str(config.local.network_cidr) if config.local.network_cidr else None,
            outbound=config.local.outbound,
            host_ports={str(REGISTRY_PORT): config.local.registry_port},
            opts=self.opts,
        )
        self.credentials = ClusterCredentials(config.name, cluster_name=config.name, opts=self.opts)
        addresses = [self._control_plane_address(index) for index in range(config.control_planes.count)]
        self.load_balancer = LoadBalancer(
            config.name, network=self.network, port=API_PORT, targets=addresses, opts=self.opts
        )
        endpoint = Output.concat(self.load_balancer.address, f":{API_PORT}")
        self.bootstrap = Bootstrap(
            config,
            release,
            self.credentials,
            endpoint,
            Output.concat("http://", self.network.gateway, f":{REGISTRY_PORT}"),
        )
        first = self._machine("control-plane-0", self.bootstrap.control_plane(0), addresses[0])
        # One control plane is the cluster: with another one it is another cluster, for its workers too. Several control
        # planes outlive any one of them.
        single = config.control_planes.count == 1
        renewed_with: list[pulumi.Resource] = [first] if single else []
        workers = [self._machine(f"worker-{i}", self.bootstrap.worker(), with_=renewed_with) for i in self._workers()]
        identity = first.machine_id if single else self.network.id
        access = self._access(endpoint, first, identity)
        # A node that goes down with its whole cluster is not drained first.
        self.member = ResourceOptions(parent=self, deleted_with=access, replace_with=renewed_with)
        nodes = [self._node("control-plane-0", access, first, "control-plane")]
        for index, address in list(enumerate(addresses))[1:]:
            name = f"control-plane-{index}"
            machine = self._machine(name, self.bootstrap.control_plane(index), address, after=nodes[-1])
            nodes.append(self._node(name, access, machine, "control-plane"))
        nodes += [self._node(f"worker-{i}", access, workers[i], "worker") for i in self._workers()]
        self.finish(
            kubeconfig=access.kubeconfig,  # what is deployed need not wait for the last node; `up` does
            endpoint=Output.concat("https://", endpoint),
            kubernetes_version=access.kubernetes_version,
            nodes=_listed(nodes),
            lifetime=access,
            renewed_with=renewed_with,
        )

    def _workers(self) -> range:
        return range(self.local.workers.count)

    def _control_plane_address(self, index: int) -> Output[str]:
        return self.network.cidr.apply(
            lambda cidr: str(ipaddress.ip_network(cidr).network_address + FIRST_CONTROL_PLANE + index)
        )

    def _machine(
        self,
        role: str,
        user_data: Output[str],
        address: Output[str] | None = None,
        *,
        after: pulumi.Resource | None = None,
        with_: Sequence[pulumi.Resource] = (),
    ) -> Machine:
        """Make a machine ``after`` another resource, and replaced together ``with_`` some."""
        opts = ResourceOptions(parent=self, depends_on=[after] if after else None, replace_with=list(with_))
        name = f"{self.config.name}-{role}"
        return Machine(name, network=self.network, user_data=user_data, address=address, opts=opts)

    def _access(self, endpoint: Output[str], first: Machine, identity: Output[str]) -> ClusterAccess:
        return ClusterAccess(
            self.config.name,
            cluster_name=self.config.name,
            endpoint=endpoint,
            credentials=self.credentials,
            boot_logs={f"{self.config.name}-control-plane-0": first.boot_log},
            cluster_id=identity,
            opts=self.opts,
        )

    def _node(self, role: str, access: ClusterAccess, machine: Machine, kind: str) -> Node:
        name = f"{self.config.name}-{role}"
        return Node(name, access=access, machine=machine, role=kind, opts=self.member)


def _listed(nodes: Sequence[Node]) -> Output[Sequence[NodeOutput]]:
    def one(name: str, role: str, address: str, version: str) -> NodeOutput:
        return NodeOutput(name=name, role=role, address=address, version=version)

    each = [
        Output.all(n.node_name, n.role, n.address, n.kubelet_version).apply(lambda known: one(*known)) for n in nodes
    ]
    return Output.all(*each)
