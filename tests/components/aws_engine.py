"""A program that makes a cluster on AWS, and the engine's own test double with AWS in it."""

from collections.abc import Mapping
from typing import Any

import pulumi
from pulumi.runtime import MockCallArgs, MockResourceArgs

from components.aws import AwsCluster
from tests.components import double
from tests.components.double import USERS, kind_of

ZONES = ["us-east-1d", "us-east-1b", "us-east-1a", "us-east-1c"]
NEWEST = "ami-0deb1200000000002"


class Engine(double.Engine):
    """Answers as AWS does, and keeps what is asked too."""

    prefix = "aws:"

    def __init__(self) -> None:
        super().__init__()
        self.asked: dict[str, dict[str, Any]] = {}
        self.zones = ZONES
        self.architecture = "x86_64"

    def identity(self, args: MockResourceArgs) -> str:
        return f"{kind_of(args)}/{args.name}"

    def outputs(self, args: MockResourceArgs) -> Mapping[str, Any]:
        if not args.typ.startswith(self.prefix):
            return {"nodeName": args.name} if kind_of(args) == "Node" else {}
        told: dict[str, dict[str, Any]] = {
            "Instance": {"privateIp": f"10.0.128.{len(self.made)}"},
            "LoadBalancer": {"dnsName": f"{args.name}.elb.amazonaws.com"},
            "LaunchTemplate": {"latestVersion": 3},
        }
        named = {"name": args.name, "arn": f"arn:{kind_of(args)}/{args.name}"}
        return {key: args.inputs.get(key, value) for key, value in named.items()} | told.get(kind_of(args), {})

    def call(self, args: MockCallArgs) -> tuple[dict[Any, Any], list[tuple[str, str]] | None]:
        self.asked[args.token.rpartition(":")[2]] = args.args
        if args.token == "aws:index/getAvailabilityZones:getAvailabilityZones":
            return {"names": self.zones, "id": "zones"}, []
        if args.token == "aws:ec2/getAmi:getAmi":
            by_id = [one["values"][0] for one in args.args["filters"] if one["name"] == "image-id"]
            found = {"id": by_id[0] if by_id else NEWEST, "rootDeviceName": "/dev/xvda"}
            return {**found, "architecture": self.architecture}, []
        return super().call(args)


def start() -> Engine:
    """Have the programs of a test talk to an engine of its own."""
    return double.use(Engine())


def make(region: str = "us-east-1", **values: Any) -> AwsCluster:
    """Run a program that makes the cluster, to its end, with a provider that is set to ``region``."""
    pulumi.runtime.set_all_config({"aws:region": region} if region else {})
    given = {"cloud": "aws", "apiAccessCidrs": [USERS], "controlPlanes": {"count": 1}, **values}
    return double.make_cluster(AwsCluster, given)
