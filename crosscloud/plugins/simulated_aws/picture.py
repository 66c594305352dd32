"""What moto says is in a VPC, asked for once: its machines and load balancers, and which ways lead out of it."""

from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Any

from crosscloud.plugins.simulated_aws.client import ask, filters
from crosscloud.plugins.simulated_aws.reachability import Member

#: How AWS describes the interfaces of a network load balancer; its name follows.
BALANCER = "ELB net/"
Listed = list[dict[str, Any]]


@dataclass(frozen=True)
class Picture:
    """A VPC at a moment, in the API's own form."""

    instances: Listed
    interfaces: Listed
    tables: Listed
    subnets: Listed
    nats: Listed
    balancers: Listed

    def addresses(self) -> dict[str, str]:
        """Return the private address of each instance."""
        return {one["InstanceId"]: one["PrivateIpAddress"] for one in self.instances}

    def members(self) -> list[Member]:
        """Return everything with an address: instances, and the interfaces of load balancers."""
        ways = self.ways_out()
        return [self._instance(one, ways) for one in self.instances] + [
            self._balancer(one, ways) for one in self.interfaces if _balancer_of(one)
        ]

    def ways_out(self) -> dict[str, str]:
        """Return what the default route of each subnet leads to: ``gateway``, ``nat`` (that works), or nothing."""
        routes = {one["SubnetId"]: self._default_route(one["SubnetId"]) for one in self.subnets}
        ways = {subnet: "gateway" for subnet, route in routes.items() if str(route.get("GatewayId")).startswith("igw-")}
        working = {one["NatGatewayId"] for one in self.nats if ways.get(one["SubnetId"]) == "gateway"}
        return ways | {subnet: "nat" for subnet, route in routes.items() if route.get("NatGatewayId") in working}

    def address_of(self, balancer: str) -> str:
        """Return the address that a load balancer's name stands for: its first one."""
        return first_address([one for one in self.interfaces if _balancer_of(one) == balancer])

    def _default_route(self, subnet: str) -> dict[str, Any]:
        own = [one for one in self.tables for link in one["Associations"] if link.get("SubnetId") == subnet]
        main = [one for one in self.tables for link in one["Associations"] if link.get("Main")]
        routes = [route for table in (own or main)[:1] for route in table["Routes"]]
        return next((one for one in routes if one.get("DestinationCidrBlock") == "0.0.0.0/0"), {})

    def _instance(self, one: dict[str, Any], ways: dict[str, str]) -> Member:
        public = ways.get(one["SubnetId"]) == "gateway" and bool(one.get("PublicIpAddress"))
        # moto keeps an instance's groups with its interface alone.
        groups = frozenset(group["GroupId"] for nic in one["NetworkInterfaces"] for group in nic["Groups"])
        return Member(one["PrivateIpAddress"], groups, public, public or ways.get(one["SubnetId"]) == "nat")

    def _balancer(self, one: dict[str, Any], ways: dict[str, str]) -> Member:
        facing = {each["LoadBalancerName"] for each in self.balancers if each["Scheme"] == "internet-facing"}
        public = _balancer_of(one) in facing and ways.get(one["SubnetId"]) == "gateway"
        return Member(one["PrivateIpAddress"], frozenset(group["GroupId"] for group in one["Groups"]), public)


def take(vpc: str, instances: Listed) -> Picture:
    """Take a picture of a VPC whose `instances` are known."""
    inside = filters(vpc_id=vpc)
    balancers = ask("elbv2", "DescribeLoadBalancers")["LoadBalancers"]
    return Picture(
        instances=instances,
        interfaces=ask("ec2", "DescribeNetworkInterfaces", Filters=inside)["NetworkInterfaces"],
        tables=ask("ec2", "DescribeRouteTables", Filters=inside)["RouteTables"],
        subnets=ask("ec2", "DescribeSubnets", Filters=inside)["Subnets"],
        nats=ask("ec2", "DescribeNatGateways", Filters=filters(vpc_id=vpc, state="available"))["NatGateways"],
        balancers=[one for one in balancers if one["VpcId"] == vpc],
    )


def running_instances(vpc: str = "") -> Listed:
    """Return the instances of a VPC, or of all, that are not terminated."""
    wanted = filters(instance_state_name=["pending", "running", "stopping", "stopped"])
    found = ask("ec2", "DescribeInstances", Filters=[*wanted, *(filters(vpc_id=vpc) if vpc else [])])
    return [one for each in found["Reservations"] for one in each["Instances"]]


def interfaces_of(balancer: str) -> Listed:
    """Return the interfaces of the load balancer of a name."""
    found = ask("ec2", "DescribeNetworkInterfaces")["NetworkInterfaces"]
    return [one for one in found if _balancer_of(one) == balancer]


def first_address(interfaces: Listed) -> str:
    """Return the lowest address of some interfaces; empty for none."""
    found = sorted(IPv4Address(one["PrivateIpAddress"]) for one in interfaces)
    return str(found[0]) if found else ""


def _balancer_of(interface: dict[str, Any]) -> str:
    description = str(interface.get("Description"))
    return description.removeprefix(BALANCER).partition("/")[0] if description.startswith(BALANCER) else ""
