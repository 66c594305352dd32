"""Virtual networks and their subnets."""

from collections.abc import Iterator, Mapping
from ipaddress import IPv4Network
from typing import Any, ClassVar

from crosscloud.plugins.base import UNKNOWN, Call, CheckFailure, PluginError, Values
from crosscloud.plugins.simulated import Record, fabric
from crosscloud.plugins.simulated_azure_native import wiring
from crosscloud.plugins.simulated_azure_native.base import AzureResource, group_id

#: The smallest subnet is a /29, the largest a /2: https://learn.microsoft.com/azure/virtual-network/virtual-networks-faq
_SUBNET_PREFIXES = range(2, 30)


class VirtualNetwork(AzureResource):
    """A virtual network: a bridge of this host. Its subnets are resources of their own."""

    sdk = "pulumi_azure_native.network:VirtualNetwork"
    namespace, named = "Microsoft.Network/virtualNetworks", "virtualNetworkName"
    computed = (*AzureResource.computed, "etag", "provisioningState", "resourceGuid")
    unmodelled = ("subnets", "virtualNetworkPeerings", "ddosProtectionPlan", "dhcpOptions", "ipAllocations")

    def rules(self, call: Call, new: Values) -> Iterator[CheckFailure]:
        """It has one range, which the host's bridge has too."""
        yield from super().rules(call, new)
        ranges = (new.get("addressSpace") or {}).get("addressPrefixes")
        if ranges is None:
            yield CheckFailure("addressSpace.addressPrefixes", "is missing")
        elif ranges is not UNKNOWN and len(ranges) != 1:
            yield CheckFailure("addressSpace.addressPrefixes", "the rehearsal models networks of one range alone")
        for index, cidr in enumerate(ranges if isinstance(ranges, list) else []):
            yield from cidr_rules(f"addressSpace.addressPrefixes[{index}]", cidr)

    def make(self, call: Call, inputs: Values) -> tuple[str, Mapping[str, Any]]:
        """Make the bridge."""
        made, outputs = super().make(call, inputs)
        fabric.network(made, wiring.range_of(inputs))
        return made, outputs

    def look(self, call: Call, resource_id: str, inputs: Values, outputs: Values) -> Mapping[str, Any] | None:
        """See to it that a network which is recorded is on this host too, after a restart of it for example."""
        found = super().look(call, resource_id, inputs, outputs)
        if found is not None:
            fabric.network(resource_id, wiring.range_of(inputs))
            wiring.settle(self.cloud, resource_id)
        return found

    def change(
        self, call: Call, resource_id: str, old_inputs: Values, old_outputs: Values, new: Values
    ) -> Mapping[str, Any]:
        """Refuse a range without the subnets that are there; on this host a network keeps its range."""
        if wiring.range_of(old_inputs) == wiring.range_of(new):
            return super().change(call, resource_id, old_inputs, old_outputs, new)
        whole = IPv4Network(wiring.range_of(new))
        for subnet in wiring.subnets(self.cloud, resource_id):
            if not wiring.block(subnet).subnet_of(whole):
                raise self.invalid(
                    "InUsePrefixCannotBeDeleted",
                    f"IpPrefix {wiring.range_of(old_inputs)} on Vnet {new[self.named]} contains active allocations "
                    f"(subnet {subnet.inputs['subnetName']}) and cannot be deleted",
                )
        raise PluginError("the rehearsal does not model another range for a network that stays; replace it")

    def remove(self, call: Call, resource_id: str, inputs: Values, outputs: Values) -> None:
        """Remove the bridge."""
        super().remove(call, resource_id, inputs, outputs)
        fabric.remove_network(resource_id)


class Subnet(AzureResource):
    """A subnet: part of its network's bridge, with the security group and the NAT gateway that its machines have."""

    sdk = "pulumi_azure_native.network:Subnet"
    namespace, named = "Microsoft.Network/virtualNetworks/subnets", "subnetName"
    moves = False
    fixed = ("virtualNetworkName",)
    computed = (*AzureResource.computed, "etag", "provisioningState", "purpose")
    references: ClassVar[Mapping[str, str]] = {
        "networkSecurityGroup.id": "NetworkSecurityGroup",
        "natGateway.id": "NatGateway",
    }
    unmodelled = ("addressPrefixes", "delegations", "routeTable", "serviceEndpoints", "ipamPoolPrefixAllocations")

    def rules(self, _call: Call, new: Values) -> Iterator[CheckFailure]:
        """It has a name and a range; neither location nor tags."""
        name = new.get(self.named)
        if isinstance(name, str):
            yield from self.name_rules(self.named, name, self.kind)
        yield from cidr_rules("addressPrefix", new.get("addressPrefix"))
        for unmodelled in self.unmodelled:
            if new.get(unmodelled) is not None:
                yield CheckFailure(unmodelled, "is not modelled by the rehearsal: it would have no effect")

    def identify(self, _call: Call, inputs: Values) -> str:
        """Return the network's id and the subnet's name."""
        return f"{self._network_id(inputs)}/subnets/{inputs['subnetName']}"

    def make(self, call: Call, inputs: Values) -> tuple[str, Mapping[str, Any]]:
        """Make room for it."""
        self._fits(inputs, "")
        made, outputs = super().make(call, inputs)
        wiring.settle(self.cloud, wiring.network_of(made))
        return made, outputs

    def change(
        self, call: Call, resource_id: str, old_inputs: Values, old_outputs: Values, new: Values
    ) -> Mapping[str, Any]:
        """Refuse another range while something is in it."""
        if old_inputs.get("addressPrefix") != new.get("addressPrefix"):
            self._fits(new, resource_id)
            if users := self.cloud.referrers(resource_id):
                raise self.invalid(
                    "InUseSubnetCannotBeUpdated",
                    f"Subnet {new['subnetName']} is in use by {users[0].id} and cannot be updated.",
                )
        outputs = super().change(call, resource_id, old_inputs, old_outputs, new)
        wiring.settle(self.cloud, wiring.network_of(resource_id))
        return outputs

    def remove(self, call: Call, resource_id: str, inputs: Values, outputs: Values) -> None:
        """Take its rules away too."""
        super().remove(call, resource_id, inputs, outputs)
        wiring.settle(self.cloud, wiring.network_of(resource_id))

    def in_use(self, _call: Call, record: Record, referrers: Any) -> str:
        """Return Azure's words."""
        return (
            f'Code="InUseSubnetCannotBeDeleted" Message="Subnet {record.inputs["subnetName"]} is in use by '
            f"{referrers[0].id} and cannot be deleted. In order to delete the subnet, delete all the resources within "
            'the subnet. See aka.ms/deletesubnet."'
        )

    def _network_id(self, inputs: Values) -> str:
        networks = f"{group_id(inputs['resourceGroupName'])}/providers/{VirtualNetwork.namespace}"
        return f"{networks}/{inputs['virtualNetworkName']}"

    def _resolve(self, call: Call, inputs: Values) -> set[str]:
        """Its network is known by two names, the group's and its own."""
        network = self._network_id(inputs)
        if self.cloud.get("VirtualNetwork", network) is None:
            raise PluginError(self.missing(call, "virtualNetworkName", "VirtualNetwork", network))
        return {*super()._resolve(call, inputs), network}

    def _fits(self, inputs: Values, own: str) -> None:
        network = self.cloud.get("VirtualNetwork", self._network_id(inputs))
        if network is None:
            return  # said by `_resolve`
        name, block = inputs["subnetName"], IPv4Network(inputs["addressPrefix"])
        if not block.subnet_of(IPv4Network(wiring.range_of(network.inputs))):
            raise self.invalid(
                "NetcfgInvalidSubnet",
                f"Subnet '{name}' is not valid in virtual network '{inputs['virtualNetworkName']}': {block} is not in "
                f"{wiring.range_of(network.inputs)}.",
            )
        for other in wiring.subnets(self.cloud, network.id):
            if other.id != own and wiring.block(other).overlaps(block):
                raise self.invalid(
                    "NetcfgSubnetRangesOverlap",
                    f"Subnet '{name}' is not valid because its IP address range overlaps with that of an existing "
                    f"subnet in virtual network '{inputs['virtualNetworkName']}': {other.inputs['subnetName']}.",
                )


def cidr_rules(path: str, cidr: Any) -> Iterator[CheckFailure]:
    """Refuse what is no range of addresses."""
    if cidr is UNKNOWN:
        return
    try:
        block = IPv4Network(cidr)
    except (ValueError, TypeError):
        yield CheckFailure(path, f"{cidr!r} is not a valid CIDR notation: InvalidAddressPrefixFormat")
        return
    if block.prefixlen not in _SUBNET_PREFIXES:
        yield CheckFailure(path, f"{block}: from /{_SUBNET_PREFIXES.start} to /{_SUBNET_PREFIXES.stop - 1} are allowed")
