"""The network of a cluster on Azure: a virtual network, a subnet for each role, and the way out of it."""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass

from pulumi import Input, Output, ResourceOptions
from pulumi_azure_native import network
from pulumi_azure_native.resources import ResourceGroup

from components.azure_rules import control_plane_rules, worker_rules
from components.self_managed import SelfManagedCluster
from crosscloud.config import AzureStack

#: Control planes have addresses from their subnet's tenth on, known before anything is made. Azure keeps the first four
#: and the last of each subnet: https://learn.microsoft.com/azure/virtual-network/virtual-networks-faq
FIRST_CONTROL_PLANE = 10
#: An address that must be of all zones names all three: https://learn.microsoft.com/azure/reliability/availability-zones-overview
ALL_ZONES = ("1", "2", "3")


@dataclass(frozen=True)
class Blocks:
    """The CIDRs of a virtual network's subnets. Its second quarter is left free, for subnets of the user's own."""

    control_planes: str
    workers: str

    @classmethod
    def of(cls, cidr: str) -> "Blocks":
        """Give the first quarter to the control planes, the second half to the workers."""
        whole = ipaddress.IPv4Network(cidr)
        return cls(str(next(whole.subnets(2))), str(list(whole.subnets(1))[1]))

    def control_plane(self, index: int) -> str:
        """Return the address of the control plane of an index."""
        return str(ipaddress.IPv4Network(self.control_planes)[FIRST_CONTROL_PLANE + index])


class AzureNetwork:
    """The virtual network, its two subnets with their security groups, and the NAT gateway that both leave it by.

    ``control_planes`` and ``workers`` are the subnets, ``blocks`` their addresses.
    """

    def __init__(
        self, cluster: SelfManagedCluster, config: AzureStack, group: ResourceGroup, opts: ResourceOptions
    ) -> None:
        """Make the network of ``cluster`` in the resource group, all of it with ``opts``."""
        self._cluster, self._config, self._group, self._opts = cluster, config, group, opts
        self.blocks = Blocks.of(config.azure.network_cidr)
        self._network = network.VirtualNetwork(
            config.name,
            resource_group_name=group.name,
            virtual_network_name=config.name,
            location=config.azure.location,
            address_space=network.AddressSpaceArgs(address_prefixes=[config.azure.network_cidr]),
            tags=cluster.tags,
            opts=opts,
        )
        way_out = self.public_address("nat")
        nat = network.NatGateway(
            cluster.name("nat"),
            resource_group_name=group.name,
            nat_gateway_name=cluster.name("nat"),
            location=config.azure.location,
            sku=network.NatGatewaySkuArgs(name="Standard"),
            public_ip_addresses=[network.SubResourceArgs(id=way_out.id)],
            tags=cluster.tags,
            opts=opts,
        )
        blocks = self.blocks
        rules = control_plane_rules(config, blocks.control_planes, blocks.workers, known_address(way_out))
        self.control_planes = self._subnet("control-planes", blocks.control_planes, nat, rules)
        self.workers = self._subnet(
            "workers",
            blocks.workers,
            nat,
            worker_rules(config, blocks.control_planes, blocks.workers),
            after=self.control_planes,
        )

    def public_address(self, role: str) -> network.PublicIPAddress:
        """Make a static public address; in a location with zones, one that outlives the loss of any of them."""
        name = self._cluster.name(role)
        return network.PublicIPAddress(
            name,
            resource_group_name=self._group.name,
            public_ip_address_name=name,
            location=self._config.azure.location,
            sku=network.PublicIPAddressSkuArgs(name="Standard", tier="Regional"),
            public_ip_allocation_method="Static",
            public_ip_address_version="IPv4",
            zones=list(ALL_ZONES) if self._config.azure.spread == "zones" else None,
            tags=self._cluster.tags,
            opts=self._opts,
        )

    def _subnet(
        self,
        role: str,
        cidr: str,
        nat: network.NatGateway,
        rules: Sequence[network.SecurityRuleArgs],
        after: network.Subnet | None = None,
    ) -> network.Subnet:
        """Make a subnet with its security group; one ``after`` the other, as Azure changes a network once at a time."""
        name = self._cluster.name(role)
        guard = network.NetworkSecurityGroup(
            name,
            resource_group_name=self._group.name,
            network_security_group_name=name,
            location=self._config.azure.location,
            security_rules=list(rules),
            tags=self._cluster.tags,
            opts=self._opts,
        )
        return network.Subnet(
            name,
            resource_group_name=self._group.name,
            virtual_network_name=self._network.name,
            subnet_name=role,
            address_prefix=cidr,
            network_security_group=network.NetworkSecurityGroupArgs(id=guard.id),
            nat_gateway=network.SubResourceArgs(id=nat.id),
            default_outbound_access=False,
            opts=ResourceOptions.merge(self._opts, ResourceOptions(depends_on=[after] if after else None)),
        )


def known_address(public: network.PublicIPAddress) -> Output[str]:
    """Return a public address as text: a static one is known as soon as it is made."""
    return public.ip_address.apply(lambda address: address or "")


def sub_resource(group: ResourceGroup, kind: str, *path: str) -> Input[str]:
    """Return the id of a network resource, or of a part of one, in a resource group before it is made."""
    return Output.concat(group.id, "/providers/Microsoft.Network/", kind, "/", "/".join(path))
