"""Route tables, their routes, and the subnets that have them."""

from collections.abc import Mapping
from typing import Any

from crosscloud.plugins.base import Call, Values
from crosscloud.plugins.simulated_aws import client, host
from crosscloud.plugins.simulated_aws.client import ask, filters
from crosscloud.plugins.simulated_aws.ec2 import AwsResource, Ec2Resource, gone_is_fine

_TARGETS = {"gatewayId": "GatewayId", "natGatewayId": "NatGatewayId"}


class RouteTable(Ec2Resource):
    """Where packets of some subnets go."""

    sdk = "pulumi_aws.ec2:RouteTable"
    listing = ("DescribeRouteTables", "RouteTableIds", "RouteTables")
    kind = "route-table"
    replace_on = frozenset({"vpcId"})
    computed = ("arn", "ownerId")

    def make(self, _call: Call, inputs: Values) -> tuple[str, Mapping[str, Any]]:
        """Make it; it holds the VPC's own route."""
        answer = ask("ec2", "CreateRouteTable", VpcId=inputs["vpcId"], TagSpecifications=self.tagged(inputs))
        made = answer["RouteTable"]["RouteTableId"]
        return made, self.outputs(self.find(made) or {})

    def outputs(self, live: Mapping[str, Any]) -> dict[str, Any]:
        """Return its tags."""
        return self.known(live["RouteTableId"], live)

    def change(
        self, _call: Call, resource_id: str, old_inputs: Values, _old_outputs: Values, new: Values
    ) -> Mapping[str, Any]:
        """Change its tags."""
        return self.retag(resource_id, old_inputs, new)

    def remove(self, _call: Call, resource_id: str, _inputs: Values, _outputs: Values) -> None:
        """Remove it; moto refuses while a subnet has it."""
        gone_is_fine("ec2", "DeleteRouteTable", RouteTableId=resource_id)


class Route(AwsResource):
    """One route of a table. Its id is the provider's own: the table and the destination."""

    sdk = "pulumi_aws.ec2:Route"
    replace_on = frozenset({"routeTableId", "destinationCidrBlock"})
    computed = ("origin", "state")

    def make(self, _call: Call, inputs: Values) -> tuple[str, Mapping[str, Any]]:
        """Make it; what it leads to has to exist."""
        ask("ec2", "CreateRoute", **self._arguments(inputs))
        self._settle(inputs)
        return f"r-{inputs['routeTableId']}-{inputs['destinationCidrBlock']}", {
            "origin": "CreateRoute",
            "state": "active",
        }

    def look(self, _call: Call, _id: str, inputs: Values, _outputs: Values) -> Mapping[str, Any] | None:
        """Return what it leads to."""
        tables = ask("ec2", "DescribeRouteTables", Filters=filters(route_table_id=inputs["routeTableId"]))
        for table in tables["RouteTables"]:
            for route in table["Routes"]:
                if route.get("DestinationCidrBlock") == inputs["destinationCidrBlock"]:
                    return {name: route.get(api) for name, api in _TARGETS.items() if name in inputs}
        return None

    def change(
        self, _call: Call, _id: str, _old_inputs: Values, _old_outputs: Values, new: Values
    ) -> Mapping[str, Any]:
        """Lead it elsewhere."""
        ask("ec2", "ReplaceRoute", **self._arguments(new))
        self._settle(new)
        return {}

    def remove(self, _call: Call, _id: str, inputs: Values, _outputs: Values) -> None:
        """Remove it."""
        destination = inputs["destinationCidrBlock"]
        gone_is_fine("ec2", "DeleteRoute", RouteTableId=inputs["routeTableId"], DestinationCidrBlock=destination)
        self._settle(inputs)

    def _arguments(self, inputs: Values) -> dict[str, Any]:
        nat = inputs.get("natGatewayId")
        if nat and not ask("ec2", "DescribeNatGateways", NatGatewayIds=[nat])["NatGateways"]:
            words = f"The natGateway ID '{nat}' does not exist"
            raise client.refuse("ec2", "CreateRoute", "InvalidNatGatewayID.NotFound", words)
        return {
            "RouteTableId": inputs["routeTableId"],
            "DestinationCidrBlock": inputs["destinationCidrBlock"],
            **{api: inputs.get(name) for name, api in _TARGETS.items()},
        }

    def _settle(self, inputs: Values) -> None:
        tables = ask("ec2", "DescribeRouteTables", Filters=filters(route_table_id=inputs["routeTableId"]))
        for table in tables["RouteTables"]:
            host.settle(table["VpcId"])


class RouteTableAssociation(AwsResource):
    """Which table a subnet has."""

    sdk = "pulumi_aws.ec2:RouteTableAssociation"
    replace_on = frozenset({"subnetId", "gatewayId"})

    def make(self, _call: Call, inputs: Values) -> tuple[str, Mapping[str, Any]]:
        """Give the subnet the table; it has one at most."""
        table, subnet = inputs["routeTableId"], inputs["subnetId"]
        if self._associations(subnet):
            words = f"the specified association for route table {table} conflicts with an existing association"
            raise client.refuse("ec2", "AssociateRouteTable", "Resource.AlreadyAssociated", words)
        made = ask("ec2", "AssociateRouteTable", RouteTableId=table, SubnetId=subnet)["AssociationId"]
        host.settle_subnet(subnet)
        return made, {}

    def look(self, _call: Call, _id: str, inputs: Values, _outputs: Values) -> Mapping[str, Any] | None:
        """Return the table that the subnet has."""
        for association in self._associations(inputs["subnetId"]):
            return {"routeTableId": association["RouteTableId"]}
        return None

    def change(
        self, _call: Call, _id: str, _old_inputs: Values, _old_outputs: Values, new: Values
    ) -> Mapping[str, Any]:
        """Give the subnet another table. AWS gives the association another id then; it is known by its subnet here."""
        for association in self._associations(new["subnetId"]):
            identifier = association["RouteTableAssociationId"]
            ask("ec2", "ReplaceRouteTableAssociation", AssociationId=identifier, RouteTableId=new["routeTableId"])
        host.settle_subnet(new["subnetId"])
        return {}

    def remove(self, _call: Call, _id: str, inputs: Values, _outputs: Values) -> None:
        """Leave the subnet with the VPC's main table."""
        for association in self._associations(inputs["subnetId"]):
            gone_is_fine("ec2", "DisassociateRouteTable", AssociationId=association["RouteTableAssociationId"])
        host.settle_subnet(inputs["subnetId"])

    def _associations(self, subnet: str) -> list[dict[str, Any]]:
        found = ask("ec2", "DescribeRouteTables", Filters=filters(association__subnet_id=subnet))["RouteTables"]
        return [one for table in found for one in table["Associations"] if one.get("SubnetId") == subnet]
