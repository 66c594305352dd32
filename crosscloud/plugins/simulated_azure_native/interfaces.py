"""Network interfaces: the addresses of machines that stand alone."""

from collections.abc import Iterator, Mapping
from ipaddress import IPv4Address
from typing import Any, ClassVar

from crosscloud.plugins.base import UNKNOWN, Call, CheckFailure, PluginError, Values
from crosscloud.plugins.simulated import Cloud, Record
from crosscloud.plugins.simulated_azure_native import wiring
from crosscloud.plugins.simulated_azure_native.base import AzureResource

#: The first four addresses of a subnet and its last are Azure's own:
#: https://learn.microsoft.com/azure/virtual-network/virtual-networks-faq
_FIRST = 4


class NetworkInterface(AzureResource):
    """An interface with one address, which stays while the interface does, whatever becomes of its machine."""

    sdk = "pulumi_azure_native.network:NetworkInterface"
    namespace, named = "Microsoft.Network/networkInterfaces", "networkInterfaceName"
    moves = False
    computed = (
        *AzureResource.computed, "etag", "ipConfigurations", "macAddress", "provisioningState", "resourceGuid",
        "virtualMachine",
    )  # fmt: skip
    recomputed = ("ipConfigurations",)
    references: ClassVar[Mapping[str, str]] = {
        "ipConfigurations[].subnet.id": "Subnet",
        "ipConfigurations[].loadBalancerBackendAddressPools[].id": "LoadBalancer/backendAddressPools",
    }
    unmodelled = ("networkSecurityGroup", "dnsSettings", "privateLinkService")

    def rules(self, call: Call, new: Values) -> Iterator[CheckFailure]:
        """One address in a subnet, static or dynamic."""
        yield from super().rules(call, new)
        configs = new.get("ipConfigurations")
        if configs is UNKNOWN:
            return
        if not isinstance(configs, list) or len(configs) != 1:
            yield CheckFailure("ipConfigurations", "the rehearsal models interfaces of one address alone")
            return
        config, path = configs[0], "ipConfigurations[0]"
        if not (config.get("subnet") or {}).get("id"):
            yield CheckFailure(f"{path}.subnet.id", "is missing")
        for other in ("publicIPAddress", "applicationSecurityGroups", "loadBalancerInboundNatRules"):
            if config.get(other):
                yield CheckFailure(f"{path}.{other}", "is not modelled by the rehearsal: it would have no effect")
        if (config.get("privateIPAllocationMethod") == "Static") != (config.get("privateIPAddress") is not None):
            wrong = "a static address is given, and a dynamic one is not"
            yield CheckFailure(f"{path}.privateIPAddress", wrong)

    def outputs(self, call: Call, resource_id: str, inputs: Values) -> Mapping[str, Any]:
        """Give it an address."""
        told = self._told(resource_id, inputs, None)
        return {**super().outputs(call, resource_id, inputs), "ipConfigurations": told}

    def make(self, call: Call, inputs: Values) -> tuple[str, Mapping[str, Any]]:
        """Let through to it what its subnet's rules say."""
        made, outputs = super().make(call, inputs)
        self._settle(inputs)
        return made, outputs

    def change(
        self, call: Call, resource_id: str, old_inputs: Values, old_outputs: Values, new: Values
    ) -> Mapping[str, Any]:
        """Take other pools; another address only while no machine has it."""
        with self.cloud.transaction():
            super().change(call, resource_id, old_inputs, old_outputs, new)
            record = self.cloud.get(self.kind, resource_id)
            if record is None:
                raise PluginError(f"{resource_id} is gone")
            told = self._told(resource_id, new, old_outputs["ipConfigurations"][0]["privateIPAddress"])
            if told[0]["privateIPAddress"] != old_outputs["ipConfigurations"][0]["privateIPAddress"] and [
                one for one in self.cloud.referrers(resource_id) if one.kind == "VirtualMachine"
            ]:
                raise PluginError(
                    "the rehearsal does not model another address for an interface whose machine runs; replace it"
                )
            outputs = {**record.outputs, "ipConfigurations": told}
            self.cloud.put(self.kind, resource_id, new, outputs, urn=call.urn, refers=record.refers)
        self._settle(new)
        return outputs

    def remove(self, call: Call, resource_id: str, inputs: Values, outputs: Values) -> None:
        """Take its rules away too."""
        super().remove(call, resource_id, inputs, outputs)
        self._settle(inputs)

    def in_use(self, _call: Call, record: Record, referrers: Any) -> str:
        """Return Azure's words."""
        return (
            f'Code="NicInUse" Message="Network Interface {record.id} is used by existing resource {referrers[0].id}. '
            'In order to delete the network interface, it must be dissociated from the resource."'
        )

    def _told(self, resource_id: str, inputs: Mapping[str, Any], had: str | None) -> list[dict[str, Any]]:
        (config,) = inputs["ipConfigurations"]
        subnet = self.cloud.get("Subnet", config["subnet"]["id"])
        if subnet is None:
            raise PluginError(self.missing(Call(urn=""), "ipConfigurations[0].subnet.id", "Subnet", "it"))
        taken = wiring.taken(self.cloud, wiring.network_of(subnet.id)) - {had}
        wanted = config.get("privateIPAddress")
        if wanted is None:
            address = had or free_address(self.cloud, subnet)
        else:
            address = wanted
            block = wiring.block(subnet)
            if not block[_FIRST] <= IPv4Address(wanted) <= block[-2]:
                raise self.invalid(
                    "PrivateIPAddressInReservedRange"
                    if IPv4Address(wanted) in block
                    else "PrivateIPAddressNotInSubnet",
                    f"Private static IP address {wanted} is not one that subnet {subnet.id} can give; "
                    f"{block[_FIRST]} to {block[-2]} are.",
                )
            if wanted in taken:
                raise self.invalid(
                    "PrivateIPAddressIsAllocated",
                    f"IP configuration {resource_id} is using the private IP address {wanted} which is already "
                    "allocated to another resource.",
                )
        return [{**config, "id": f"{resource_id}/ipConfigurations/{config['name']}", "privateIPAddress": address}]

    def _settle(self, inputs: Mapping[str, Any]) -> None:
        wiring.settle(self.cloud, wiring.network_of(inputs["ipConfigurations"][0]["subnet"]["id"]))


def free_address(cloud: Cloud, subnet: Record) -> str:
    """Return the lowest address of a subnet that nothing has."""
    taken = wiring.taken(cloud, wiring.network_of(subnet.id))
    block = wiring.block(subnet)
    for index in range(_FIRST, block.num_addresses - 1):
        if str(block[index]) not in taken:
            return str(block[index])
    raise PluginError(
        f'Status=400 Code="SubnetIsFull" Message="Subnet {subnet.inputs["subnetName"]} with address prefix {block} '
        'does not have enough capacity for 1 IP addresses."'
    )
