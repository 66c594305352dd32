"""A program that makes a cluster on Google Compute Engine, and the engine's own test double with Google in it."""

from collections.abc import Iterator, Mapping
from typing import Any

from pulumi.runtime import MockCallArgs, MockResourceArgs, rpc

from components.gce import GceCluster
from tests.components import double
from tests.components.double import USERS, kind_of

ZONES = ["us-central1-a", "us-central1-b", "us-central1-c", "us-central1-f"]


class Engine(double.Engine):
    """Answers as Google does."""

    prefix = "gcp:"

    def __init__(self) -> None:
        super().__init__()
        self.sizes = {zone: {"e2-standard-2", "n4-standard-2"} for zone in ZONES}

    def outputs(self, args: MockResourceArgs) -> Mapping[str, Any]:
        kind = kind_of(args)
        if not args.typ.startswith(self.prefix):
            return {"nodeName": args.name, "address": "10.0.0.10"} if kind == "Node" else {}
        link = f"https://www.googleapis.com/compute/v1/{kind}/{args.name}"
        told: dict[str, dict[str, Any]] = {
            "Address": {"address": "198.51.100.7" if args.inputs.get("addressType") == "EXTERNAL" else "10.0.0.2"},
            "Instance": {"instanceId": f"id-{args.name}", "networkInterfaces": [{"networkIp": "10.0.0.10"}]},
            "InstanceTemplate": {"selfLinkUnique": f"{link}?uniqueId=1"},
            "Account": {"email": f"{args.inputs.get('accountId')}@p.iam.gserviceaccount.com"},
        }
        return {"name": args.inputs.get("name", args.name), "selfLink": link, **told.get(kind, {})}

    def call(self, args: MockCallArgs) -> tuple[dict[Any, Any], list[tuple[str, str]] | None]:
        if args.token == "gcp:compute/getZones:getZones":
            return {"names": list(reversed(ZONES)), "id": "zones"}, []
        if args.token == "gcp:compute/getMachineTypes:getMachineTypes":
            found = [size for size in self.sizes[args.args["zone"]] if f"(name = {size})" in args.args["filter"]]
            return {"machineTypes": [{"name": size} for size in found], "id": "types"}, []
        return super().call(args)


def start() -> Engine:
    """Have the programs of a test talk to an engine of its own."""
    return double.use(Engine())


def make(**values: Any) -> GceCluster:
    """Run a program that makes the cluster, to its end."""
    given = {"cloud": "gce", "apiAccessCidrs": [USERS], "controlPlanes": {"count": 1}, **values}
    return double.make_cluster(GceCluster, given)


def machines(engine: Engine) -> Iterator[tuple[str, dict[str, Any]]]:
    yield from engine.of("Instance").items()
    yield from engine.of("InstanceTemplate").items()


def metadata(engine: Engine) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the metadata of every machine, which is secret as a whole: the engine knows no map with a secret value."""
    for name, machine in machines(engine):
        assert rpc.is_rpc_secret(machine["metadata"]), name
        yield name, rpc.unwrap_rpc_secret(machine["metadata"])
