"""A cluster on Equinix Metal, formerly Packet: bare metal, whose API address the control planes announce by BGP.

The service was shut down on 2026-06-30. The stack stays as the design for bare metal: see docs/clouds/packet.md.
"""

from pulumi import Output, ResourceOptions

from components.packet_project import ensure_bgp
from components.packet_sdk import metal
from components.self_managed import ControlPlane, Endpoints, SelfManagedCluster, Workers
from crosscloud.config import PacketStack
from crosscloud.release import Release

API_PORT = 6443
#: What the private addresses of all Equinix Metal projects are part of; from others' no packet reaches a project.
#: https://deploy.equinix.com/developers/docs/metal/networking/ip-addresses
PRIVATE_NETWORK = "10.0.0.0/8"
#: Devices need no IPv6 address, so they get none: there is nothing to guard there.
_ADDRESSES = [metal.DeviceIpAddressArgs(type=kind) for kind in ("public_ipv4", "private_ipv4")]


class PacketCluster(SelfManagedCluster):
    """Devices of a project that is there already, and a reserved address that the ready control planes announce.

    Equinix Metal filters no packet: the devices do so themselves, and learn from their tags whom to let in.
    """

    def __init__(self, config: PacketStack, release: Release) -> None:
        """Make the cluster that the stack's configuration describes, with the release's Kubernetes."""
        super().__init__("packet", config, release)
        self._packet = config
        ensure_bgp(config.packet.project_id)
        self._keys = self._ssh_keys()
        self._tags = [f"{key}={value}" for key, value in self.tags.items()]
        self._elastic_ip = self._reserve()
        endpoint = Output.concat(self._elastic_ip.address, f":{API_PORT}")
        system = config.packet.operating_system
        self.assemble(
            # Nodes come from private addresses, everyone else from public ones, to the same door.
            Endpoints(internal=endpoint, public=endpoint),
            control_plane=self._control_plane,
            workers=self._workers,
            control_plane_shape={"size": config.control_planes.size, "operatingSystem": system},
            worker_shape={"size": config.workers.size, "operatingSystem": system},
            network_cidr=PRIVATE_NETWORK,
            node_network=PRIVATE_NETWORK,
            elastic_ip=self._elastic_ip.address,
        )

    def _reserve(self) -> metal.ReservedIpBlock:
        return metal.ReservedIpBlock(
            self.name("api"),
            project_id=self._packet.packet.project_id,
            metro=self._packet.packet.metro,
            type="public_ipv4",
            quantity=1,
            description=f"API of the Kubernetes cluster {self.config.name}",
            tags=self._tags,
            # Other tags would be another address, and so another cluster.
            opts=ResourceOptions.merge(self.opts, ResourceOptions(ignore_changes=["description", "tags"])),
        )

    def _ssh_keys(self) -> list[Output[str]] | None:
        """Return the only keys that devices take; without any they take those of the project's members.

        Port 22 is closed either way, unless networks are configured for it.
        """
        if not self.config.admin_ssh_key:
            return None
        key = metal.ProjectSshKey(
            self.name("administrator"),
            name=self.name("administrator"),
            project_id=self._packet.packet.project_id,
            public_key=self.config.admin_ssh_key,
            opts=self.opts,
        )
        return [key.id]

    def _control_plane(self, index: int, user_data: Output[str], opts: ResourceOptions) -> ControlPlane:
        config = self._packet
        name = self.name("control-plane", str(index))
        tags = ["role=control-plane", *(f"api-access={cidr}" for cidr in config.api_access_cidrs)]
        device = self._device(name, config.control_planes.size, user_data, tags, opts)
        metal.BgpSession(
            name,
            device_id=device.id,
            address_family="ipv4",
            opts=ResourceOptions(parent=self, delete_before_replace=True, deleted_with=device),
        )
        return ControlPlane(device, device.id, device.access_private_ipv4, _console(device))

    def _workers(self, user_data: Output[str], opts: ResourceOptions) -> Workers:
        config = self._packet
        # Metal has no groups that replace their machines: the older ones go first, since the new nodes are waited for.
        first_gone = ResourceOptions.merge(opts, ResourceOptions(delete_before_replace=True))
        devices = [
            self._device(self.name("worker", str(index)), config.workers.size, user_data, ["role=worker"], first_gone)
            for index in range(config.workers.count)
        ]
        identity = Output.all(*(device.id for device in devices)).apply(lambda ids: ",".join(map(str, ids)))
        return Workers(devices[-1], identity, _console(devices[-1]))

    def _device(
        self, name: str, plan: str, user_data: Output[str], tags: list[str], opts: ResourceOptions
    ) -> metal.Device:
        ssh = [f"ssh-access={cidr}" for cidr in self.config.ssh_access_cidrs]
        return metal.Device(
            name,
            project_id=self._packet.packet.project_id,
            metro=self._packet.packet.metro,
            hostname=name,
            plan=plan,
            operating_system=self._packet.packet.operating_system,
            billing_cycle="hourly",
            ip_addresses=_ADDRESSES,
            project_ssh_key_ids=self._keys,
            user_data=user_data,
            tags=[*self._tags, *tags, *ssh],
            # It logs in for a device's first day, and the provider does not tell the engine that it is secret.
            opts=ResourceOptions.merge(opts, ResourceOptions(additional_secret_outputs=["root_password"])),
        )


def _console(device: metal.Device) -> Output[str]:
    """Return how a device's serial console is reached, which shows its boot log."""
    return Output.concat("ssh ", device.id, "@sos.", device.deployed_facility, ".platformequinix.com")
