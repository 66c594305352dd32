"""What the clouds share whose control planes are machines of our own.

A cloud's file makes its network, addresses, load balancer, firewall and identities, and says how one control plane and
the group of workers are made; the order of things, and what has to wait for what, is here.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Any

import pulumi
from pulumi import CustomTimeouts, Input, Output, ResourceOptions

from components.bootstrap import Bootstrap
from components.cluster import Cluster, NodeOutput
from components.guard import common_shape, guard
from components.resources import ClusterAccess, ClusterCredentials, Node, NodeGroup
from components.tags import tags
from crosscloud.config import CloudStack
from crosscloud.errors import CrosscloudError
from crosscloud.release import Release

#: Seconds from the start of a machine's bootstrap in which a cloud's load balancer has noticed that the machine before
#: it is gone: that one ended before this one was even made, and health checks ask every 10 s at most.
_BALANCER_PATIENCE = 20


@dataclass(frozen=True)
class Endpoints:
    """The two doors of the API, each as ``host:port``.

    ``internal`` is the one by which the machines reach it, which goes into their user-data (kubeadm calls it
    ``controlPlaneEndpoint``); ``public`` the one by which the program and its users do, in the kubeconfig.
    """

    internal: Input[str]
    public: Input[str]


@dataclass(frozen=True)
class ControlPlane:
    """A machine of the control plane.

    ``machine`` is what is replaced when the machine is; ``identity`` the cloud's id of it (another id is another
    machine); ``address`` its private address, by which its node is known; ``console`` a command that shows its boot
    log, for error messages.
    """

    machine: pulumi.Resource
    identity: Output[str]
    address: Output[str]
    console: Input[str] = ""


@dataclass(frozen=True)
class Workers:
    """What holds the workers: ``group`` is the scaling group, or the last of single machines, ``identity`` its id."""

    group: pulumi.Resource
    identity: Input[str]
    console: Input[str] = ""


class SelfManagedCluster(Cluster):
    """A cluster on a cloud's machines.

    A cloud's constructor calls this one's, makes what it needs with ``opts``, and calls ``assemble`` as the last thing.
    """

    config: CloudStack
    tags: dict[str, str]
    opts: ResourceOptions
    credentials: ClusterCredentials

    def __init__(self, cloud: str, config: CloudStack, release: Release) -> None:
        """Make the component, and the guard that everything made with ``opts`` waits for."""
        super().__init__(cloud, config, release)
        self.config = config
        self.tags = tags(config)
        # What `assemble` adds is waited for: a look-up of the cloud lets resources go ahead of the program.
        self._guarded: asyncio.Future[dict[str, Any]] = asyncio.get_event_loop().create_future()
        late: Output[Any] = Output.from_input(self._guarded)
        self.guard = guard(
            config,
            release,
            network_cidr=late["network_cidr"],
            shape=late["shape"],
            opts=ResourceOptions(parent=self),
        )
        self.opts = ResourceOptions(parent=self, depends_on=[self.guard])
        self.credentials = ClusterCredentials(config.name, cluster_name=config.name, opts=self.opts)

    def __init_subclass__(cls, **more: Any) -> None:
        """Have a constructor that fails say so to what waits for its end: else the program would never end."""
        super().__init_subclass__(**more)
        construct = cls.__init__

        @wraps(construct)
        def constructed(self: "SelfManagedCluster", *arguments: Any, **named: Any) -> None:
            try:
                construct(self, *arguments, **named)
            except Exception as error:
                waiting = getattr(self, "_guarded", None)
                if waiting is not None and not waiting.done():
                    expected = isinstance(error, CrosscloudError)
                    waiting.set_exception(pulumi.RunError(str(error)) if expected else error)
                raise

        cls.__init__ = constructed  # type: ignore[method-assign]

    def name(self, *parts: str) -> str:
        """Return the name of a part of the cluster: ``demo-control-plane-0``."""
        return "-".join((self.config.name, *parts))

    def zone_of(self, index: int, zones: Sequence[str]) -> str:
        """Return the zone of the machine of this index: each zone in turn."""
        return zones[index % len(zones)]

    def assemble(  # noqa: PLR0913 - what differs between clouds
        self,
        endpoints: Endpoints,
        *,
        control_plane: Callable[[int, Output[str], ResourceOptions], ControlPlane],
        workers: Callable[[Output[str], ResourceOptions], Workers],
        control_plane_shape: Mapping[str, Input[str]],
        worker_shape: Mapping[str, Input[str]],
        network_cidr: str,
        node_network: str = "",
        elastic_ip: Input[str] = "",
    ) -> None:
        """Make the machines, wait for them as nodes, and set the outputs.

        ``control_plane`` makes the one of an index from its secret user-data, with options that hold its parent, the
        node that it comes after, and that it goes before its replacement comes, since that has its address.
        ``workers`` makes their group likewise. A change of ``control_plane_shape`` replaces control
        planes, of ``worker_shape`` workers: size, image, disk; an image that is looked up is left out.
        ``network_cidr`` is the machines' network. On machines with several addresses, ``node_network`` (CIDR) holds
        the node's; ``elastic_ip`` is the API's address where control planes announce it themselves.

        Control planes come one after the other, each after the node of the one before, so that etcd keeps its quorum;
        workers beside the first, and wait for the API by themselves. A single control plane is the cluster: with
        another one, workers, access and all that is deployed are made anew.
        """
        shape = {**common_shape(self.config, self.release, metal=elastic_ip != ""), **control_plane_shape}
        self._guarded.set_result({"network_cidr": network_cidr, "shape": shape})
        bootstrap = Bootstrap(
            self.config,
            self.release,
            self.credentials,
            endpoints.internal,
            public_endpoint=endpoints.public,
            node_network=node_network,
            elastic_ip=elastic_ip,
            worker_shape=worker_shape,
            patience=_BALANCER_PATIENCE,
        )
        count = self.config.control_planes.count
        machines = [control_plane(0, bootstrap.control_plane(0), self._one_at_a_time())]
        renewed_with = [machines[0].machine] if count == 1 else []
        group = workers(
            bootstrap.worker(),
            ResourceOptions.merge(self.opts, ResourceOptions(replace_with=renewed_with)),
        )
        access = self._access(endpoints.public, machines[0], renewed_with)
        member = self._member(access, renewed_with)
        nodes = [self._node(0, access, machines[0], member)]
        for index in range(1, count):
            machine = control_plane(index, bootstrap.control_plane(index), self._one_at_a_time(after=nodes[-1]))
            nodes.append(self._node(index, access, machine, member))
        worker_nodes = NodeGroup(
            self.name("workers"),
            kubeconfig=access.kubeconfig,
            role="worker",
            count=self.config.workers.count,
            least=getattr(self.config.workers, "min", None),
            most=getattr(self.config.workers, "max", None),
            group=group.identity,
            generation=bootstrap.generation,
            console=group.console,
            opts=ResourceOptions.merge(member, ResourceOptions(depends_on=[group.group])),
        )
        self.finish(
            kubeconfig=access.kubeconfig,  # what is deployed need not wait for the last node; `up` does
            endpoint=Output.concat("https://", endpoints.public),
            kubernetes_version=access.kubernetes_version,
            nodes=_listed(nodes, worker_nodes),
            lifetime=access,
            renewed_with=renewed_with,
        )

    def _one_at_a_time(self, *, after: pulumi.Resource | None = None) -> ResourceOptions:
        """Return the options of a control plane: it goes before its replacement comes, which gets its address."""
        own = ResourceOptions(depends_on=[after] if after else None, delete_before_replace=True)
        return ResourceOptions.merge(self.opts, own)

    def _access(
        self, public: Input[str], first: ControlPlane, renewed_with: Sequence[pulumi.Resource]
    ) -> ClusterAccess:
        name = self.name("control-plane-0")
        own = ResourceOptions(
            depends_on=[first.machine], replace_with=list(renewed_with), custom_timeouts=self._waits()
        )
        return ClusterAccess(
            self.config.name,
            cluster_name=self.config.name,
            endpoint=public,
            credentials=self.credentials,
            boot_logs={name: first.address},
            consoles={name: first.console},
            cluster_id=self.credentials.id,
            opts=ResourceOptions.merge(self.opts, own),
        )

    def _member(self, access: ClusterAccess, renewed_with: Sequence[pulumi.Resource]) -> ResourceOptions:
        """Return the options of nodes: one that goes down with its whole cluster is not drained first."""
        own = ResourceOptions(deleted_with=access, replace_with=list(renewed_with), custom_timeouts=self._waits())
        return ResourceOptions.merge(self.opts, own)

    def _node(self, index: int, access: ClusterAccess, machine: ControlPlane, member: ResourceOptions) -> Node:
        return Node(
            self.name("control-plane", str(index)),
            access=access,
            role="control-plane",
            address=machine.address,
            identity=machine.identity,
            console=machine.console,
            opts=ResourceOptions.merge(member, ResourceOptions(depends_on=[machine.machine])),
        )

    def _waits(self) -> CustomTimeouts:
        """Return how long is waited for what boots; draining a node has its own limit, of minutes."""
        minutes = f"{self.config.boot_timeout_minutes}m"
        return CustomTimeouts(create=minutes, update=minutes, delete="5m")


def _listed(nodes: Sequence[Node], workers: NodeGroup) -> Output[Sequence[NodeOutput]]:
    control_planes = [
        Output.all(node.node_name, node.role, node.address, node.kubelet_version).apply(
            lambda known: NodeOutput(name=known[0], role=known[1], address=known[2], version=known[3])
        )
        for node in nodes
    ]
    # Where the engine was asked to leave the nodes out, their resources have no outputs.
    return Output.all(Output.all(*control_planes), workers.nodes).apply(
        lambda both: [*both[0], *(_named(node) for node in both[1] or [])]
    )


def _named(node: Mapping[str, str]) -> NodeOutput:
    return NodeOutput(name=node["name"], role=node["role"], address=node["address"], version=node["version"])
