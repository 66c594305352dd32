"""A program that makes a cluster on Google Compute Engine, and the engine's own test double with Google in it."""

from collections.abc import Iterator
from typing import Any, cast

import pulumi
from pulumi.runtime import Mocks, rpc

from components.gce import GceCluster
from crosscloud import config
from crosscloud.config import GceStack
from crosscloud.release import Image, Release

DIGEST = "sha256:" + "0123456789abcdef" * 4
IMAGES = Release(
    **{name: Image(f"registry.cncf.ci/{name}", "ci-v1.6.3.fd07e315.6097", DIGEST) for name in Release.__slots__}
)
USERS = "203.0.113.0/24"
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ me@example.com"
ZONES = ["us-central1-a", "us-central1-b", "us-central1-c", "us-central1-f"]


class Engine(Mocks):
    """Answers as Google does, and keeps what is registered and what is asked."""

    def __init__(self) -> None:
        self.made: list[pulumi.runtime.MockResourceArgs] = []
        self.sizes = {zone: {"e2-standard-2", "n4-standard-2"} for zone in ZONES}

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        self.made.append(args)
        kind = args.typ.rpartition(":")[2]
        link = f"https://www.googleapis.com/compute/v1/{kind}/{args.name}"
        outputs: dict[str, dict[str, Any]] = {
            "Address": {"address": "198.51.100.7" if args.inputs.get("addressType") == "EXTERNAL" else "10.0.0.2"},
            "Instance": {"instanceId": f"id-{args.name}", "networkInterfaces": [{"networkIp": "10.0.0.10"}]},
            "InstanceTemplate": {"selfLinkUnique": f"{link}?uniqueId=1"},
            "Account": {"email": f"{args.inputs.get('accountId')}@p.iam.gserviceaccount.com"},
            "ClusterCredentials": {
                "bootstrapToken": "abcdef.0123456789abcdef",
                "certificateKey": "c" * 64,
                "administratorKey": "a private key",
                "administratorRequest": "a request",
            },
            "ClusterAccess": {"kubeconfig": "a kubeconfig", "kubernetesVersion": "v1.6.3"},
            "Node": {"nodeName": args.name, "address": "10.0.0.10", "kubeletVersion": "v1.6.3"},
            "NodeGroup": {"nodes": []},
        }
        named = {"name": args.name, "selfLink": link} if args.typ.startswith("gcp:") else {}
        return f"{args.name}-id", {**named, **args.inputs, **outputs.get(kind, {})}

    def call(self, args: pulumi.runtime.MockCallArgs) -> tuple[dict[Any, Any], list[tuple[str, str]] | None]:
        if args.token == "gcp:compute/getZones:getZones":
            return {"names": list(reversed(ZONES)), "id": "zones"}, []
        if args.token == "gcp:compute/getMachineTypes:getMachineTypes":
            found = [size for size in self.sizes[args.args["zone"]] if f"(name = {size})" in args.args["filter"]]
            return {"machineTypes": [{"name": size} for size in found], "id": "types"}, []
        raise AssertionError(f"not a question of this cluster: {args.token}")

    def of(self, kind: str) -> dict[str, dict[str, Any]]:
        """Return the inputs of all resources of a type, by name."""
        return {one.name: one.inputs for one in self.made if one.typ.endswith(f":{kind}")}


def start() -> Engine:
    """Have the programs of a test talk to an engine of its own."""
    mocks = Engine()
    pulumi.runtime.set_mocks(mocks, project="crosscloud", stack="test")
    return mocks


def make(**values: Any) -> GceCluster:
    """Run a program that makes the cluster, to its end."""
    given = {"cloud": "gce", "apiAccessCidrs": [USERS], "controlPlanes": {"count": 1}, **values}
    stack = cast(GceStack, config.load(given, stack="demo", files=False))
    made: list[GceCluster] = []

    @pulumi.runtime.test  # type: ignore[untyped-decorator]
    def program() -> pulumi.Output[Any]:
        made.append(GceCluster(stack, IMAGES))
        return pulumi.Output.all(made[0].kubeconfig, made[0].nodes)

    program()
    return made[0]


def seen(engine: Engine) -> list[dict[str, Any]]:
    """Return what Google is asked for as plain data, secrets by their kind alone."""

    def plain(value: Any) -> Any:
        if rpc.is_rpc_secret(value):
            return "[secret]"
        if isinstance(value, dict):
            return {key: plain(inner) for key, inner in value.items()}
        return [plain(inner) for inner in value] if isinstance(value, list) else value

    made = [
        {"type": one.typ, "name": one.name, "inputs": plain(one.inputs)}
        for one in engine.made
        if one.typ.startswith("gcp:")
    ]
    return sorted(made, key=lambda one: (one["type"], one["name"]))


def machines(engine: Engine) -> Iterator[tuple[str, dict[str, Any]]]:
    yield from engine.of("Instance").items()
    yield from engine.of("InstanceTemplate").items()


def metadata(engine: Engine) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the metadata of every machine, which is secret as a whole: the engine knows no map with a secret value."""
    for name, machine in machines(engine):
        assert rpc.is_rpc_secret(machine["metadata"]), name
        yield name, rpc.unwrap_rpc_secret(machine["metadata"])
