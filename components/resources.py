"""The types of our own provider plugin, as Pulumi resources: machines on this host, and clusters that answer.

What they do is in ``crosscloud/plugins/crosscloud``; the engine finds the plugin by its entry in ``Pulumi.yaml``.
"""

from collections.abc import Mapping, Sequence

from pulumi import Input, Output, ResourceOptions

from components.plugin_resource import PluginResource


class Network(PluginResource):
    """A network on this host: a bridge with a free /24 (or ``cidr``), and the way out of it."""

    cidr: Output[str]
    gateway: Output[str]

    def __init__(
        self,
        name: str,
        *,
        cidr: str | None,
        outbound: bool,
        host_ports: Mapping[str, int],
        opts: ResourceOptions,
    ) -> None:
        """``host_ports`` forwards ports of the gateway to ports of this host's loopback."""
        inputs: dict[str, Input[object]] = {"name": name, "outbound": outbound, "host_ports": dict(host_ports)}
        if cidr:
            inputs["cidr"] = cidr
        super().__init__("Network", name, inputs, ["cidr", "gateway", "bridge"], opts)


class Machine(PluginResource):
    """A Linux machine on this host that boots from cloud-init user-data."""

    hostname: Output[str]
    address: Output[str]
    machine_id: Output[str]
    boot_log: Output[str]

    def __init__(
        self,
        name: str,
        *,
        network: Network,
        user_data: Input[str],
        address: Input[str] | None = None,
        opts: ResourceOptions,
    ) -> None:
        """Without ``address`` the network gives a free one."""
        inputs: dict[str, Input[object]] = {
            "name": name,
            "network_id": network.id,
            "user_data": Output.secret(user_data),
        }
        if address is not None:
            inputs["address"] = address
        super().__init__("Machine", name, inputs, ["hostname", "address", "machine_id", "boot_log"], opts)


class LoadBalancer(PluginResource):
    """An address in a network that forwards a TCP port to those of its targets that answer."""

    address: Output[str]

    def __init__(
        self, name: str, *, network: Network, port: int, targets: Input[Sequence[Input[str]]], opts: ResourceOptions
    ) -> None:
        """``targets`` are addresses in the network; they need not answer yet."""
        inputs: dict[str, Input[object]] = {"network_id": network.id, "port": port, "targets": targets}
        super().__init__("LoadBalancer", name, inputs, ["address"], opts)


class ClusterCredentials(PluginResource):
    """A new cluster's bootstrap token, certificate key and administrator's key: secrets, made once."""

    bootstrap_token: Output[str]
    certificate_key: Output[str]
    administrator_key: Output[str]
    administrator_request: Output[str]

    def __init__(self, name: str, *, cluster_name: str, opts: ResourceOptions) -> None:
        """``cluster_name`` is part of the administrator's name in the cluster."""
        outputs = ["bootstrap_token", "certificate_key", "administrator_key", "administrator_request"]
        secret = ResourceOptions(additional_secret_outputs=["bootstrap_token", "certificate_key", "administrator_key"])
        merged = ResourceOptions.merge(secret, opts)
        super().__init__("ClusterCredentials", name, {"cluster_name": cluster_name}, outputs, merged)


class LockedSshKey(PluginResource):
    """An SSH key that nobody can log in with: for clouds that make no machine without one."""

    public_key: Output[str]

    def __init__(self, name: str, *, opts: ResourceOptions) -> None:
        """Make it once; its private half is kept nowhere."""
        super().__init__("LockedSshKey", name, {}, ["public_key"], opts)


class ClusterAccess(PluginResource):
    """A cluster that answers, and its administrator's kubeconfig."""

    kubeconfig: Output[str]
    kubernetes_version: Output[str]

    def __init__(  # noqa: PLR0913 - a cluster's access has no fewer
        self,
        name: str,
        *,
        cluster_name: str,
        endpoint: Input[str],
        credentials: ClusterCredentials,
        boot_logs: Mapping[str, Input[str]],
        consoles: Mapping[str, Input[str]] | None = None,
        cluster_id: Input[str],
        opts: ResourceOptions,
    ) -> None:
        """``endpoint`` is ``host:port`` of the API as the program reaches it.

        ``boot_logs`` maps machines to the files of their boot logs, or to their addresses where the cloud keeps the
        logs, and ``consoles`` to commands that show them. ``cluster_id`` is the identity of what the cluster lives and
        dies with; with another one it is another.
        """
        inputs: dict[str, Input[object]] = {
            "cluster_name": cluster_name,
            "endpoint": endpoint,
            "bootstrap_token": credentials.bootstrap_token,
            "administrator_key": credentials.administrator_key,
            "boot_logs": dict(boot_logs),
            "cluster_id": cluster_id,
        }
        if consoles:
            inputs["consoles"] = dict(consoles)
        secret = ResourceOptions(additional_secret_outputs=["kubeconfig"])
        merged = ResourceOptions.merge(secret, opts)
        super().__init__("ClusterAccess", name, inputs, ["kubeconfig", "kubernetes_version"], merged)


class Node(PluginResource):
    """A machine as a Ready member of its cluster; its removal drains it first.

    The machine is one of this host's, or a cloud's: known by its address in the cluster's network.
    """

    node_name: Output[str]
    address: Output[str]
    role: Output[str]
    kubelet_version: Output[str]

    def __init__(  # noqa: PLR0913 - a machine is known either way
        self,
        name: str,
        *,
        access: ClusterAccess,
        role: str,
        machine: Machine | None = None,
        address: Input[str] = "",
        identity: Input[str] = "",
        console: Input[str] = "",
        opts: ResourceOptions,
    ) -> None:
        """Name either ``machine``, or the ``address`` and the ``identity`` that the cloud gave it.

        ``role`` is ``control-plane`` or ``worker``; another ``identity`` is another machine; ``console`` is a command
        that shows the machine's boot log.
        """
        inputs: dict[str, Input[object]] = {"kubeconfig": access.kubeconfig, "role": role}
        if machine is not None:
            inputs |= {"node_name": machine.hostname, "machine_id": machine.machine_id, "boot_log": machine.boot_log}
        else:
            inputs |= {"address": address, "identity": identity, "console": console}
        super().__init__("Node", name, inputs, ["node_name", "uid", "address", "kubelet_version"], opts)


class NodeGroup(PluginResource):
    """The nodes of machines that a cloud makes and replaces by itself: as many as asked for, Ready, of one generation.

    ``nodes`` lists them, as a stack's output ``nodes`` does.
    """

    nodes: Output[Sequence[Mapping[str, str]]]

    def __init__(  # noqa: PLR0913 - a group has no fewer
        self,
        name: str,
        *,
        kubeconfig: Input[str],
        role: str,
        count: int,
        least: int | None = None,
        most: int | None = None,
        group: Input[str],
        generation: Input[str],
        console: Input[str] = "",
        opts: ResourceOptions,
    ) -> None:
        """``group`` is the id that the cloud gave; ``generation`` what its nodes carry as ``crosscloud/generation``.

        A group begins with ``count`` nodes; where the cloud scales it by itself, it may have ``least`` to ``most``.
        """
        inputs: dict[str, Input[object]] = {
            "kubeconfig": kubeconfig,
            "role": role,
            "count": count,
            "group": group,
            "generation": generation,
            "console": console,
        }
        inputs |= {key: value for key, value in (("least", least), ("most", most)) if value is not None}
        super().__init__("NodeGroup", name, inputs, ["nodes"], opts)


class ClusterGuard(PluginResource):
    """What can't change on a live cluster without destroying it: a change of it is refused, unless insisted on."""

    def __init__(  # noqa: PLR0913 - each of them is dangerous for a reason of its own
        self,
        name: str,
        *,
        cloud: str,
        cluster_name: str,
        cluster_domain: str,
        dns_service_ip: str,
        cidrs: Mapping[str, Input[str]],
        place: Mapping[str, str],
        control_planes: int,
        shape: Input[Mapping[str, str]],
        kubernetes: str = "",
        insist: bool,
        opts: ResourceOptions,
    ) -> None:
        """``cidrs`` are the pod, service and machine networks; ``place`` where in the cloud the machines are.

        ``shape`` is what replaces a control plane when it changes, by the keys of the configuration: dangerous only
        where there is just one. ``kubernetes`` is the tag of the release's Kubernetes: several control planes, which
        are replaced in turn, take only the next minor version. ``insist`` lets every change pass.
        """
        inputs: dict[str, Input[object]] = {
            "cloud": cloud,
            "cluster_name": cluster_name,
            "cluster_domain": cluster_domain,
            "dns_service_ip": dns_service_ip,
            "cidrs": dict(cidrs),
            "place": dict(place),
            "control_planes": control_planes,
            "shape": shape,
            "insist": insist,
        }
        if kubernetes:
            inputs["kubernetes"] = kubernetes
        super().__init__("ClusterGuard", name, inputs, [], opts)
