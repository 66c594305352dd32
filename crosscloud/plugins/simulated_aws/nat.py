"""NAT gateways and the elastic addresses that they have."""

from collections.abc import Mapping
from typing import Any

from crosscloud.plugins.base import Call, Values
from crosscloud.plugins.simulated_aws import client, host
from crosscloud.plugins.simulated_aws.client import ask, filters
from crosscloud.plugins.simulated_aws.ec2 import Ec2Resource, gone_is_fine

#: The default quota of elastic addresses in a region:
#: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/elastic-ip-addresses-eip.html#using-instance-addressing-limit
ADDRESSES = 5


class Eip(Ec2Resource):
    """An elastic address: a public one that is kept."""

    sdk = "pulumi_aws.ec2:Eip"
    listing = ("DescribeAddresses", "AllocationIds", "Addresses")
    kind = "elastic-ip"
    replace_on = frozenset({"domain", "address", "networkBorderGroup", "publicIpv4Pool"})
    computed = ("allocationId", "arn", "publicDns", "publicIp")

    def make(self, _call: Call, inputs: Values) -> tuple[str, Mapping[str, Any]]:
        """Allocate it, within the region's quota."""
        if len(ask("ec2", "DescribeAddresses")["Addresses"]) >= ADDRESSES:
            words = "The maximum number of addresses has been reached."
            raise client.refuse("ec2", "AllocateAddress", "AddressLimitExceeded", words)
        made = ask("ec2", "AllocateAddress", Domain=inputs.get("domain"), TagSpecifications=self.tagged(inputs))
        identifier = made["AllocationId"]
        return identifier, self.outputs(self.find(identifier) or {})

    def outputs(self, live: Mapping[str, Any]) -> dict[str, Any]:
        """Return the address."""
        identifier, address = live["AllocationId"], live["PublicIp"]
        tags = client.tag_map(live.get("Tags"))
        name = f"ec2-{address.replace('.', '-')}.compute-1.amazonaws.com"
        return {
            "arn": self.arn(identifier),
            "allocationId": identifier,
            "publicIp": address,
            "publicDns": name,
            "tags": tags,
            "tagsAll": tags,
        }

    def change(
        self, _call: Call, resource_id: str, old_inputs: Values, _old_outputs: Values, new: Values
    ) -> Mapping[str, Any]:
        """Change its tags."""
        return self.retag(resource_id, old_inputs, new)

    def remove(self, _call: Call, resource_id: str, _inputs: Values, _outputs: Values) -> None:
        """Release it, unless a NAT gateway has it."""
        if (self.find(resource_id) or {}).get("AssociationId"):
            # AWS's words for an address that a NAT gateway holds.
            words = "You do not have permission to access the specified resource."
            raise client.refuse("ec2", "ReleaseAddress", "AuthFailure", words)
        gone_is_fine("ec2", "ReleaseAddress", AllocationId=resource_id)


class NatGateway(Ec2Resource):
    """A way out for machines without public addresses."""

    sdk = "pulumi_aws.ec2:NatGateway"
    listing = ("DescribeNatGateways", "NatGatewayIds", "NatGateways")
    kind = "natgateway"
    replace_on = frozenset({"allocationId", "connectivityType", "privateIp", "subnetId", "availabilityMode", "vpcId"})
    computed = ("associationId", "networkInterfaceId", "privateIp", "publicIp")

    def make(self, _call: Call, inputs: Values) -> tuple[str, Mapping[str, Any]]:
        """Make it in a subnet whose VPC has an Internet gateway."""
        subnet = ask("ec2", "DescribeSubnets", SubnetIds=[inputs["subnetId"]])["Subnets"][0]
        gateways = ask("ec2", "DescribeInternetGateways", Filters=filters(attachment__vpc_id=subnet["VpcId"]))
        if not gateways["InternetGateways"]:
            words = f"Network {subnet['VpcId']} has no Internet gateway attached"
            raise client.refuse("ec2", "CreateNatGateway", "Gateway.NotAttached", words)
        made = ask(
            "ec2",
            "CreateNatGateway",
            SubnetId=inputs["subnetId"],
            AllocationId=inputs.get("allocationId"),
            ConnectivityType=inputs.get("connectivityType"),
            TagSpecifications=self.tagged(inputs),
        )["NatGateway"]["NatGatewayId"]
        return made, self.outputs(self.find(made) or {})

    def describe(self, resource_id: str) -> Mapping[str, Any] | None:
        """One that was deleted stays in AWS's listing for an hour."""
        live = super().describe(resource_id)
        return None if live is None or live["State"] in ("deleting", "deleted") else live

    def outputs(self, live: Mapping[str, Any]) -> dict[str, Any]:
        """Return its addresses."""
        address: Mapping[str, Any] = next(iter(live.get("NatGatewayAddresses", [])), {})
        tags = client.tag_map(live.get("Tags"))
        return {
            "networkInterfaceId": address.get("NetworkInterfaceId", ""),
            "privateIp": address.get("PrivateIp", ""),
            "publicIp": address.get("PublicIp", ""),
            "associationId": address.get("AssociationId", ""),
            "tags": tags,
            "tagsAll": tags,
        }

    def change(
        self, _call: Call, resource_id: str, old_inputs: Values, _old_outputs: Values, new: Values
    ) -> Mapping[str, Any]:
        """Change its tags."""
        return self.retag(resource_id, old_inputs, new)

    def remove(self, _call: Call, resource_id: str, _inputs: Values, _outputs: Values) -> None:
        """Remove it, with its interface; its address is free then."""
        live = self.find(resource_id)
        if live is None:
            return
        gone_is_fine("ec2", "DeleteNatGateway", NatGatewayId=resource_id)
        for address in live.get("NatGatewayAddresses", []):
            held = ask("ec2", "DescribeAddresses", AllocationIds=[address["AllocationId"]])["Addresses"]
            for one in held:
                if one.get("AssociationId"):
                    gone_is_fine("ec2", "DisassociateAddress", AssociationId=one["AssociationId"])
            gone_is_fine("ec2", "DeleteNetworkInterface", NetworkInterfaceId=address["NetworkInterfaceId"])
        host.settle(live["VpcId"])
