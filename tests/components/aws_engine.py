"""A program that makes a cluster on AWS, and the engine's own test double with AWS in it."""

from typing import Any, cast

import pulumi
from pulumi.runtime import Mocks, rpc

from components.aws import AwsCluster
from crosscloud import config
from crosscloud.config import AwsStack
from crosscloud.release import Image, Release

DIGEST = "sha256:" + "0123456789abcdef" * 4
IMAGES = Release(
    **{name: Image(f"registry.cncf.ci/{name}", "ci-v1.6.3.fd07e315.6097", DIGEST) for name in Release.__slots__}
)
USERS = "203.0.113.0/24"
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ me@example.com"
ZONES = ["us-east-1d", "us-east-1b", "us-east-1a", "us-east-1c"]
NEWEST = "ami-0deb1200000000002"


class Engine(Mocks):
    """Answers as AWS does, and keeps what is registered and what is asked."""

    def __init__(self) -> None:
        self.made: list[pulumi.runtime.MockResourceArgs] = []
        self.asked: dict[str, dict[str, Any]] = {}
        self.zones = ZONES
        self.architecture = "x86_64"

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        self.made.append(args)
        kind = args.typ.rpartition(":")[2]
        outputs: dict[str, dict[str, Any]] = {
            "Instance": {"privateIp": f"10.0.128.{len(self.made)}"},
            "LoadBalancer": {"dnsName": f"{args.name}.elb.amazonaws.com"},
            "LaunchTemplate": {"latestVersion": 3},
            "ClusterCredentials": {
                "bootstrapToken": "abcdef.0123456789abcdef",
                "certificateKey": "c" * 64,
                "administratorKey": "a private key",
                "administratorRequest": "a request",
            },
            "ClusterAccess": {"kubeconfig": "a kubeconfig", "kubernetesVersion": "v1.6.3"},
            "Node": {"nodeName": args.name, "kubeletVersion": "v1.6.3"},
            "NodeGroup": {"nodes": []},
        }
        named = {"name": args.name, "arn": f"arn:{kind}/{args.name}"} if args.typ.startswith("aws:") else {}
        return f"{kind}/{args.name}", {**named, **args.inputs, **outputs.get(kind, {})}

    def call(self, args: pulumi.runtime.MockCallArgs) -> tuple[dict[Any, Any], list[tuple[str, str]] | None]:
        self.asked[args.token.rpartition(":")[2]] = args.args
        if args.token == "aws:index/getAvailabilityZones:getAvailabilityZones":
            return {"names": self.zones, "id": "zones"}, []
        if args.token == "aws:ec2/getAmi:getAmi":
            by_id = [one["values"][0] for one in args.args["filters"] if one["name"] == "image-id"]
            found = {"id": by_id[0] if by_id else NEWEST, "rootDeviceName": "/dev/xvda"}
            return {**found, "architecture": self.architecture}, []
        raise AssertionError(f"not a question of this cluster: {args.token}")

    def of(self, kind: str) -> dict[str, dict[str, Any]]:
        """Return the inputs of all resources of a type, by name."""
        return {one.name: one.inputs for one in self.made if one.typ.endswith(f":{kind}")}


def start() -> Engine:
    """Have the programs of a test talk to an engine of its own."""
    mocks = Engine()
    pulumi.runtime.set_mocks(mocks, project="crosscloud", stack="test")
    return mocks


def make(region: str = "us-east-1", **values: Any) -> AwsCluster:
    """Run a program that makes the cluster, to its end, with a provider that is set to ``region``."""
    pulumi.runtime.set_all_config({"aws:region": region} if region else {})
    given = {"cloud": "aws", "apiAccessCidrs": [USERS], "controlPlanes": {"count": 1}, **values}
    stack = cast(AwsStack, config.load(given, stack="demo", files=False))
    made: list[AwsCluster] = []

    @pulumi.runtime.test  # type: ignore[untyped-decorator]
    def program() -> pulumi.Output[Any]:
        made.append(AwsCluster(stack, IMAGES))
        return pulumi.Output.all(made[0].kubeconfig, made[0].nodes)

    program()
    return made[0]


def seen(engine: Engine) -> list[dict[str, Any]]:
    """Return what AWS is asked for as plain data, secrets by their kind alone."""

    def plain(value: Any) -> Any:
        if rpc.is_rpc_secret(value):
            return "[secret]"
        if isinstance(value, dict):
            return {key: plain(inner) for key, inner in value.items()}
        return [plain(inner) for inner in value] if isinstance(value, list) else value

    made = [
        {"type": one.typ, "name": one.name, "inputs": plain(one.inputs)}
        for one in engine.made
        if one.typ.startswith("aws:")
    ]
    return sorted(made, key=lambda one: (one["type"], one["name"]))
