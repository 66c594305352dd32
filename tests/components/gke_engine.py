"""A program that makes a cluster on Google Kubernetes Engine, and the engine's own test double with Google in it."""

import base64
from collections.abc import Mapping
from typing import Any

import pulumi
from pulumi.runtime import MockCallArgs, MockResourceArgs

from components.gke import GkeCluster
from crosscloud.release import Image, Release
from tests.components import double
from tests.components.double import USERS

ZONES = ["us-central1-a", "us-central1-b", "us-central1-c", "us-central1-f"]
CA = base64.b64encode(b"-----BEGIN CERTIFICATE-----\nca\n-----END CERTIFICATE-----\n").decode()
TOKEN = "ya29.an-access-token"
#: Newest first, as Google answers.
OFFERED = {
    "RAPID": ["1.37.1-gke.1552000", "1.36.4-gke.2046002"],
    "STABLE": ["1.35.6-gke.1250000", "1.34.11-gke.1056000"],
}
_OUTPUTS = ("kubeconfig", "program_kubeconfig", "endpoint", "kubernetes_asked", "kubernetes_version", "nodes")
_SECRET = ("kubeconfig", "program_kubeconfig")


def release(kubernetes_tag: str = "ci-v1.37.2.03654312.1") -> Release:
    images = {name: Image(f"registry.cncf.ci/{name}", "ci-v1.6.3.fd07e315.6097") for name in Release.__slots__}
    return Release(**{**images, "kubernetes": Image("registry.cncf.ci/kubernetes", kubernetes_tag)})


class Engine(double.Engine):
    """Answers as Google does."""

    prefix = "gcp:"

    def __init__(self) -> None:
        super().__init__()
        self.project = "demo-project"

    def outputs(self, args: MockResourceArgs) -> Mapping[str, Any]:
        told: dict[str, dict[str, Any]] = {
            "gcp:serviceaccount/account:Account": {
                "email": "demo-nodes@demo-project.iam.gserviceaccount.com",
                "member": "serviceAccount:demo-nodes@demo-project.iam.gserviceaccount.com",
            },
            "gcp:container/cluster:Cluster": {
                "endpoint": "198.51.100.7",
                "masterVersion": args.inputs.get("minMasterVersion"),
                "masterAuth": {"clusterCaCertificate": CA},
            },
            "crosscloud:index:NodeGroup": {
                "nodes": [{"name": "gke-1", "role": "worker", "address": "10.0.0.3", "version": "v1.37.1-gke.1552000"}]
            },
        }
        named = {"name": args.inputs.get("name", args.name)} if args.typ.startswith(self.prefix) else {}
        return {**named, **told.get(args.typ, {})}

    def call(self, args: MockCallArgs) -> tuple[dict[Any, Any], list[tuple[str, str]] | None]:
        if args.token == "gcp:organizations/getClientConfig:getClientConfig":
            return {"accessToken": TOKEN, "project": self.project, "region": "", "zone": "", "id": "c"}, []
        if args.token == "gcp:compute/getZones:getZones":
            return {"names": list(reversed(ZONES)), "id": "zones"}, []
        if args.token == "gcp:compute/getMachineTypes:getMachineTypes":
            sizes = ["e2-standard-2", "t2a-standard-2"]
            return {"machineTypes": [{"name": name} for name in sizes if name in args.args["filter"]], "id": "t"}, []
        if args.token == "gcp:container/getEngineVersions:getEngineVersions":
            return _versions(args.args.get("versionPrefix") or ""), []
        return super().call(args)


def _versions(prefix: str) -> dict[str, Any]:
    newest = {
        channel: next((one for one in versions if one.startswith(prefix)), None)
        for channel, versions in OFFERED.items()
    }
    return {
        "releaseChannelDefaultVersion": {channel: versions[-1] for channel, versions in OFFERED.items()},
        "releaseChannelLatestVersion": {channel: version for channel, version in newest.items() if version},
        "id": "versions",
    }


def start() -> Engine:
    """Have the programs of a test talk to an engine of its own."""
    return double.use(Engine())


def make(images: Release | None = None, **values: Any) -> dict[str, Any]:
    """Run a program that makes the cluster, to its end; return its outputs, secrets in the clear.

    ``secret`` among them says of both kubeconfigs whether they are.
    """
    given = {"cloud": "gke", "apiAccessCidrs": [USERS], **values}
    made = double.make_cluster(GkeCluster, given, images or release())
    outputs: dict[str, Any] = {}

    @pulumi.runtime.test  # type: ignore[untyped-decorator]
    async def program() -> None:
        outputs.update({name: await getattr(made, name).future() for name in _OUTPUTS})
        outputs["secret"] = {name: await getattr(made, name).is_secret() for name in _SECRET}

    program()
    return outputs
