"""A VPC, its subnets, and its Internet gateway."""

from collections.abc import Mapping
from typing import Any

from crosscloud.plugins.base import Call, Values
from crosscloud.plugins.simulated import fabric
from crosscloud.plugins.simulated_aws import client, dependencies, lookups
from crosscloud.plugins.simulated_aws.client import ask, filters
from crosscloud.plugins.simulated_aws.ec2 import ACCOUNT, Ec2Resource, gone_is_fine


class Vpc(Ec2Resource):
    """A VPC is a bridge on this host, of the VPC's range."""

    sdk = "pulumi_aws.ec2:Vpc"
    listing = ("DescribeVpcs", "VpcIds", "Vpcs")
    kind = "vpc"
    replace_on = frozenset({"cidrBlock", "ipv4IpamPoolId", "ipv4NetmaskLength"})
    computed = (
        "arn",
        "defaultNetworkAclId",
        "defaultRouteTableId",
        "defaultSecurityGroupId",
        "dhcpOptionsId",
        "mainRouteTableId",
        "ownerId",
    )

    def make(self, _call: Call, inputs: Values) -> tuple[str, Mapping[str, Any]]:
        """Make the VPC and its bridge."""
        tenancy, tags = inputs.get("instanceTenancy"), self.tagged(inputs)
        made = ask("ec2", "CreateVpc", CidrBlock=inputs["cidrBlock"], InstanceTenancy=tenancy, TagSpecifications=tags)[
            "Vpc"
        ]["VpcId"]
        self._set_names(made, inputs)
        try:
            fabric.network(made, inputs["cidrBlock"])
        except Exception:
            ask("ec2", "DeleteVpc", VpcId=made)  # a VPC that this host can't have is not there in the cloud either
            raise
        return made, self.outputs(self.find(made) or {})

    def outputs(self, live: Mapping[str, Any]) -> dict[str, Any]:
        """Add what AWS makes with every VPC: its main route table, network ACL and default group."""
        vpc, inside = live["VpcId"], filters(vpc_id=live["VpcId"])
        default = filters(vpc_id=vpc, group_name="default")
        table = ask("ec2", "DescribeRouteTables", Filters=filters(vpc_id=vpc, association__main="true"))["RouteTables"]
        group = ask("ec2", "DescribeSecurityGroups", Filters=default)["SecurityGroups"]
        acl = ask("ec2", "DescribeNetworkAcls", Filters=inside)["NetworkAcls"]
        return {
            **self.known(vpc, live),
            "cidrBlock": live["CidrBlock"],
            "mainRouteTableId": table[0]["RouteTableId"],
            "defaultRouteTableId": table[0]["RouteTableId"],
            "defaultSecurityGroupId": group[0]["GroupId"],
            "defaultNetworkAclId": acl[0]["NetworkAclId"],
            "dhcpOptionsId": live.get("DhcpOptionsId", "default"),
            **{name: self._attribute(vpc, name) for name in ("enableDnsSupport", "enableDnsHostnames")},
        }

    def change(
        self, _call: Call, resource_id: str, old_inputs: Values, _old_outputs: Values, new: Values
    ) -> Mapping[str, Any]:
        """Change its names' settings and tags."""
        self._set_names(resource_id, new)
        return self.retag(resource_id, old_inputs, new)

    def remove(self, _call: Call, resource_id: str, _inputs: Values, _outputs: Values) -> None:
        """Remove it, if nothing is in it any more, and its bridge."""
        dependencies.ensure_vpc_empty(resource_id)
        fabric.remove_network(resource_id)
        gone_is_fine("ec2", "DeleteVpc", VpcId=resource_id)

    def _set_names(self, vpc: str, inputs: Values) -> None:
        for name, api in (("enableDnsSupport", "EnableDnsSupport"), ("enableDnsHostnames", "EnableDnsHostnames")):
            if inputs.get(name) is not None:
                ask("ec2", "ModifyVpcAttribute", VpcId=vpc, **{api: {"Value": inputs[name]}})

    def _attribute(self, vpc: str, name: str) -> bool:
        answer = ask("ec2", "DescribeVpcAttribute", VpcId=vpc, Attribute=name)
        return bool(answer[name[0].upper() + name[1:]]["Value"])


class Subnet(Ec2Resource):
    """A subnet has no bridge of its own: in a VPC every subnet reaches every other one."""

    sdk = "pulumi_aws.ec2:Subnet"
    listing = ("DescribeSubnets", "SubnetIds", "Subnets")
    kind = "subnet"
    replace_on = frozenset({"availabilityZone", "availabilityZoneId", "cidrBlock", "vpcId"})
    computed = ("arn", "availabilityZoneId", "ownerId")

    def make(self, _call: Call, inputs: Values) -> tuple[str, Mapping[str, Any]]:
        """Make it; moto sees to it that it is inside the VPC, and overlaps with no other."""
        zone = inputs.get("availabilityZone")
        if zone and zone not in lookups.zones(client.region()):
            words = (
                f"Value ({zone}) for parameter availabilityZone is invalid. Subnets can currently only be created in"
            )
            raise client.refuse(
                "ec2", "CreateSubnet", "InvalidParameterValue", f"{words} {', '.join(lookups.zones(client.region()))}."
            )
        made = ask(
            "ec2",
            "CreateSubnet",
            VpcId=inputs["vpcId"],
            CidrBlock=inputs.get("cidrBlock"),
            AvailabilityZone=zone,
            TagSpecifications=self.tagged(inputs),
        )["Subnet"]["SubnetId"]
        self._map_addresses(made, inputs)
        return made, self.outputs(self.find(made) or {})

    def outputs(self, live: Mapping[str, Any]) -> dict[str, Any]:
        """Return where it is."""
        return {
            **self.known(live["SubnetId"], live),
            "availabilityZone": live["AvailabilityZone"],
            "availabilityZoneId": live["AvailabilityZoneId"],
            "cidrBlock": live["CidrBlock"],
            "mapPublicIpOnLaunch": live["MapPublicIpOnLaunch"],
        }

    def change(
        self, _call: Call, resource_id: str, old_inputs: Values, _old_outputs: Values, new: Values
    ) -> Mapping[str, Any]:
        """Change tags and whether machines get public addresses."""
        self._map_addresses(resource_id, new)
        return self.retag(resource_id, old_inputs, new)

    def remove(self, _call: Call, resource_id: str, _inputs: Values, _outputs: Values) -> None:
        """Remove it, if nothing is in it any more."""
        dependencies.ensure_subnet_empty(resource_id)
        gone_is_fine("ec2", "DeleteSubnet", SubnetId=resource_id)

    def _map_addresses(self, subnet: str, inputs: Values) -> None:
        wanted = {"Value": bool(inputs.get("mapPublicIpOnLaunch"))}
        ask("ec2", "ModifySubnetAttribute", SubnetId=subnet, MapPublicIpOnLaunch=wanted)


class InternetGateway(Ec2Resource):
    """The door of a VPC to the Internet."""

    sdk = "pulumi_aws.ec2:InternetGateway"
    listing = ("DescribeInternetGateways", "InternetGatewayIds", "InternetGateways")
    kind = "internet-gateway"
    computed = ("arn", "ownerId")

    def make(self, _call: Call, inputs: Values) -> tuple[str, Mapping[str, Any]]:
        """Make it, and attach it to its VPC."""
        answer = ask("ec2", "CreateInternetGateway", TagSpecifications=self.tagged(inputs))
        made = answer["InternetGateway"]["InternetGatewayId"]
        if inputs.get("vpcId"):
            ask("ec2", "AttachInternetGateway", InternetGatewayId=made, VpcId=inputs["vpcId"])
        return made, self.outputs(self.find(made) or {})

    def outputs(self, live: Mapping[str, Any]) -> dict[str, Any]:
        """Return what it is attached to."""
        attached = [one["VpcId"] for one in live.get("Attachments", [])]
        own = {"ownerId": ACCOUNT, "vpcId": attached[0] if attached else ""}
        return {**self.known(live["InternetGatewayId"], live), **own}

    def change(
        self, _call: Call, resource_id: str, old_inputs: Values, _old_outputs: Values, new: Values
    ) -> Mapping[str, Any]:
        """Change its tags, and move it to another VPC."""
        before, after = old_inputs.get("vpcId"), new.get("vpcId")
        if before != after:
            self._detach(resource_id, before)
            ask("ec2", "AttachInternetGateway", InternetGatewayId=resource_id, VpcId=after)
        return self.retag(resource_id, old_inputs, new)

    def remove(self, _call: Call, resource_id: str, inputs: Values, _outputs: Values) -> None:
        """Detach it, if no public address depends on it any more, and remove it."""
        if self.find(resource_id) is None:
            return
        self._detach(resource_id, inputs.get("vpcId"))
        gone_is_fine("ec2", "DeleteInternetGateway", InternetGatewayId=resource_id)

    def _detach(self, gateway: str, vpc: str | None) -> None:
        if vpc and (self.find(gateway) or {}).get("Attachments"):
            dependencies.ensure_no_public_addresses(vpc)
            ask("ec2", "DetachInternetGateway", InternetGatewayId=gateway, VpcId=vpc)
