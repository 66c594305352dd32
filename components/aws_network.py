"""The network of a cluster on AWS: a VPC, a subnet or two for each zone, and the ways out of it."""

import ipaddress
import re
from collections.abc import Mapping, Sequence

import pulumi
import pulumi_aws as aws
from pulumi import Output, ResourceOptions

from components.self_managed import SelfManagedCluster
from crosscloud.config import AwsStack
from crosscloud.config.pools import nodes_at_most
from crosscloud.errors import CrosscloudError

#: What a cluster takes of a region's zones if the configuration names none: the fewest of which one can be lost.
DEFAULT_ZONES = 3
#: The VPC is cut in 16 blocks: eight for the public subnets of zones a to h, eight for the private ones. A zone's place
#: comes of its letter, so that zones added later leave the others' subnets alone.
_BLOCK_BITS = 4
_PRIVATE = 8
_LETTERS = "abcdefgh"
#: Addresses that AWS keeps in each subnet, and those that a network load balancer asks to be free in it.
#: https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html
#: https://docs.aws.amazon.com/elasticloadbalancing/latest/network/network-load-balancers.html
_KEPT, _FOR_BALANCER = 5, 8
ANYWHERE = "0.0.0.0/0"
#: The CIDR of each subnet, by its role (``public``, ``private``) and zone.
Blocks = Mapping[tuple[str, str], str]


class AwsNetwork:
    """The VPC with its subnets and routes.

    ``public`` holds the subnets with a route to the Internet, ``machines`` those that machines are in: the private
    ones, or with ``natGateways: none`` the public ones. Both map a zone to its subnet. ``ways_out`` are the resources
    without which a machine reaches nothing outside; it must not boot before they are there.
    """

    def __init__(self, cluster: SelfManagedCluster, config: AwsStack, blocks: Blocks) -> None:
        """Make the network of ``cluster``, whose children all of it are, of what `split` says."""
        self._config, self._tags, self._opts, self._name = config, cluster.tags, cluster.opts, cluster.name
        self._blocks = blocks
        zones = list(dict.fromkeys(zone for _, zone in blocks))
        self.ways_out: list[pulumi.Resource] = []
        self.vpc = aws.ec2.Vpc(
            config.name,
            cidr_block=config.aws.network_cidr,
            enable_dns_support=True,
            enable_dns_hostnames=True,
            tags=self._tagged(),
            opts=self._opts,
        )
        # A VPC comes with a group that lets everything out; nothing is in it, and nothing that falls into it talks.
        aws.ec2.DefaultSecurityGroup(
            self._name("unused"), vpc_id=self.vpc.id, tags=self._tagged("unused"), opts=self._opts
        )
        self.gateway = aws.ec2.InternetGateway(config.name, vpc_id=self.vpc.id, tags=self._tagged(), opts=self._opts)
        self.public = self._public_subnets(zones)
        self.machines = self.public if config.aws.nat_gateways == "none" else self._private_subnets(zones)

    def _public_subnets(self, zones: Sequence[str]) -> dict[str, aws.ec2.Subnet]:
        table = self._table("public")
        self.ways_out.append(
            aws.ec2.Route(
                self._name("public"),
                route_table_id=table.id,
                destination_cidr_block=ANYWHERE,
                gateway_id=self.gateway.id,
                opts=self._opts,
            )
        )
        return {zone: self._subnet("public", zone, table) for zone in zones}

    def _private_subnets(self, zones: Sequence[str]) -> dict[str, aws.ec2.Subnet]:
        """Make the private subnets: one route table and NAT gateway for all zones, or one each."""
        if self._config.aws.nat_gateways == "one":
            table = self._private_table("private", zones[0])
            return {zone: self._subnet("private", zone, table) for zone in zones}
        return {zone: self._subnet("private", zone, self._private_table(f"private-{zone}", zone)) for zone in zones}

    def _private_table(self, role: str, zone: str) -> aws.ec2.RouteTable:
        """Make a route table whose way out is a NAT gateway in the zone's public subnet."""
        # An address and a NAT gateway work only in a VPC with an Internet gateway.
        after_gateway = ResourceOptions.merge(self._opts, ResourceOptions(depends_on=[self.gateway, *self.ways_out]))
        address = aws.ec2.Eip(self._name("nat", zone), domain="vpc", tags=self._tagged("nat", zone), opts=after_gateway)
        nat = aws.ec2.NatGateway(
            self._name("nat", zone),
            allocation_id=address.id,
            subnet_id=self.public[zone].id,
            tags=self._tagged("nat", zone),
            opts=after_gateway,
        )
        table = self._table(role)
        self.ways_out.append(
            aws.ec2.Route(
                self._name(role),
                route_table_id=table.id,
                destination_cidr_block=ANYWHERE,
                nat_gateway_id=nat.id,
                opts=self._opts,
            )
        )
        return table

    def _table(self, role: str) -> aws.ec2.RouteTable:
        return aws.ec2.RouteTable(self._name(role), vpc_id=self.vpc.id, tags=self._tagged(role), opts=self._opts)

    def _subnet(self, role: str, zone: str, table: aws.ec2.RouteTable) -> aws.ec2.Subnet:
        subnet = aws.ec2.Subnet(
            self._name(role, zone),
            vpc_id=self.vpc.id,
            cidr_block=self._blocks[role, zone],
            availability_zone=zone,
            # Only machines without a NAT gateway need public addresses of their own.
            map_public_ip_on_launch=self._config.aws.nat_gateways == "none",
            tags=self._tagged(role, zone),
            opts=self._opts,
        )
        self.ways_out.append(
            aws.ec2.RouteTableAssociation(
                self._name(role, zone), route_table_id=table.id, subnet_id=subnet.id, opts=self._opts
            )
        )
        return subnet

    def _tagged(self, *parts: str) -> dict[str, str]:
        return {**self._tags, "Name": self._name(*parts)}

    def ids(self, subnets: Mapping[str, aws.ec2.Subnet]) -> list[Output[str]]:
        """Return the ids of subnets in the order of their zones."""
        return [subnet.id for subnet in subnets.values()]


def choose_zones(config: AwsStack) -> list[str]:
    """Return the configured zones, or the region's first ones that every account may use.

    Local and wavelength zones, which have to be opted into, have neither NAT gateways nor load balancers of ours.
    """
    if config.aws.zones:
        return list(config.aws.zones)
    ordinary = [
        aws.GetAvailabilityZonesFilterArgs(name="opt-in-status", values=["opt-in-not-required"]),
        aws.GetAvailabilityZonesFilterArgs(name="zone-type", values=["availability-zone"]),
    ]
    found = aws.get_availability_zones(state="available", filters=ordinary)
    if not found.names:
        raise CrosscloudError(f"AWS offers no availability zone in {config.aws.region}; set crosscloud:aws.zones")
    return sorted(found.names)[:DEFAULT_ZONES]


def split(config: AwsStack, zones: Sequence[str]) -> Blocks:
    """Return what range the subnet of each role and zone has; raise if the machines don't fit in."""
    network = ipaddress.IPv4Network(config.aws.network_cidr)
    blocks = list(network.subnets(prefixlen_diff=_BLOCK_BITS))
    places = {zone: _place(config, zone) for zone in zones}
    room = len(zones) * (blocks[0].num_addresses - _KEPT - _FOR_BALANCER)
    if (machines := nodes_at_most(config)) > room:
        raise CrosscloudError(
            f"crosscloud:aws.networkCidr: {network} has room for {room} machines in {len(zones)} zones, and there may "
            f"be {machines}; take a shorter prefix, down to /16"
        )
    public = {("public", zone): str(blocks[place]) for zone, place in places.items()}
    private = {("private", zone): str(blocks[_PRIVATE + place]) for zone, place in places.items()}
    return public | private


def _place(config: AwsStack, zone: str) -> int:
    found = re.fullmatch(rf"{re.escape(config.aws.region)}([{_LETTERS}])", zone)
    if not found:
        raise CrosscloudError(
            f"crosscloud:aws.zones: {zone} is no ordinary zone of {config.aws.region}; "
            f"{config.aws.region}{_LETTERS[0]} to {config.aws.region}{_LETTERS[-1]}"
        )
    return _LETTERS.index(found[1])
