"""Clusters of the simulated Kubernetes Engine without machines, asked for directly."""

from collections.abc import Mapping
from typing import Any

from crosscloud.plugins.simulated_gcp import resources_gke
from tests.crosscloud.plugins.simulated_gcp.google import REGION, Google

VERSION = "1.37.1-gke.1552000"
ACCOUNT = "demo-nodes@p.iam.gserviceaccount.com"


class KubernetesEngine(Google):
    """Google, with Kubernetes Engine too."""

    def __init__(self) -> None:
        super().__init__()
        for resource in resources_gke.RESOURCES:
            made: Any = type(resource)()
            made.provider = self.provider
            self.kinds[made.kind] = made

    def place(self, **more: Any) -> dict[str, Any]:
        """Make a network with a subnetwork for a cluster, and its nodes' account; return the subnetwork."""
        network = self.make("Network", "net", autoCreateSubnetworks=False)
        ranges = {
            "secondaryIpRanges": [range_of("pods", "10.244.0.0/16"), range_of("services", "10.96.0.0/16")],
            **more,
        }
        self.make("Account", "nodes", accountId="demo-nodes")
        return self.subnetwork(network, "machines", "10.0.0.0/17", **ranges)

    def cluster(self, subnetwork: Mapping[str, Any], name: str = "demo", **more: Any) -> dict[str, Any]:
        return self.make("Cluster", name, **{**cluster(subnetwork), **more})

    def pool(self, made: Mapping[str, Any], name: str = "workers", **more: Any) -> dict[str, Any]:
        return self.make("NodePool", name, **{**pool(made), **more})

    def nodes(self) -> list[str]:
        """Return the zones of the machines that run, sorted."""
        running = {one.id for one in self.fabric("Machine")}
        return sorted(one.outputs["zone"] for one in self.cloud.records("ManagedInstance") if one.id in running)


def range_of(name: str, cidr: str) -> dict[str, str]:
    return {"rangeName": name, "ipCidrRange": cidr}


def cluster(subnetwork: Mapping[str, Any]) -> dict[str, Any]:
    """Return the inputs of a cluster that GKE takes."""
    return {
        "location": REGION,
        "nodeLocations": [f"{REGION}-a"],
        "minMasterVersion": VERSION,
        "releaseChannel": {"channel": "RAPID"},
        "initialNodeCount": 1,
        "removeDefaultNodePool": True,
        "nodeConfig": {"serviceAccount": ACCOUNT},
        "network": subnetwork.get("network"),
        "subnetwork": subnetwork.get("id"),
        "networkingMode": "VPC_NATIVE",
        "ipAllocationPolicy": {"clusterSecondaryRangeName": "pods", "servicesSecondaryRangeName": "services"},
        "privateClusterConfig": {"enablePrivateNodes": True, "masterIpv4CidrBlock": "172.16.0.0/28"},
        "masterAuthorizedNetworksConfig": {"cidrBlocks": [{"cidrBlock": "203.0.113.0/24"}]},
        "deletionProtection": False,
    }


def pool(made: Mapping[str, Any]) -> dict[str, Any]:
    """Return the inputs of a pool that GKE takes."""
    return {
        "cluster": made.get("id"),
        "location": REGION,
        "nodeLocations": [f"{REGION}-a"],
        "nodeCount": 1,
        "version": VERSION,
        "nodeConfig": {
            "machineType": "e2-standard-2",
            "diskSizeGb": 30,
            "serviceAccount": ACCOUNT,
            "labels": {"crosscloud/generation": "one"},
        },
    }
