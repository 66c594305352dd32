"""The network of a cluster on Google Kubernetes Engine: addresses of nodes, pods and services, and the way out."""

import pulumi_gcp as gcp
from pulumi import Resource, ResourceOptions

from crosscloud.config import GkeStack

#: The names of the subnetwork's secondary ranges: GKE gives each node a part of the pods' as alias addresses.
PODS, SERVICES = "pods", "services"


class GkeNetwork:
    """One network with one subnetwork, and the NAT by which nodes and pods without public addresses get out.

    GKE makes its own firewall rules in it: for its control plane, for nodes among each other, for pods.
    """

    def __init__(self, config: GkeStack, opts: ResourceOptions) -> None:
        """Make the network of the stack's cluster."""
        where = config.gke
        self.network = gcp.compute.Network(
            config.name,
            description=f"The nodes of the Kubernetes cluster {config.name}",
            auto_create_subnetworks=False,
            routing_mode="REGIONAL",
            project=where.project,
            opts=opts,
        )
        self.subnetwork = gcp.compute.Subnetwork(
            config.name,
            network=self.network.id,
            ip_cidr_range=where.network_cidr,
            secondary_ip_ranges=[
                {"range_name": PODS, "ip_cidr_range": config.pod_cidr},
                {"range_name": SERVICES, "ip_cidr_range": config.service_cidr},
            ],
            private_ip_google_access=True,
            region=where.region,
            project=where.project,
            opts=opts,
        )
        router = gcp.compute.Router(
            config.name, network=self.network.id, region=where.region, project=where.project, opts=opts
        )
        nat = gcp.compute.RouterNat(
            config.name,
            router=router.name,
            nat_ip_allocate_option="AUTO_ONLY",
            source_subnetwork_ip_ranges_to_nat="LIST_OF_SUBNETWORKS",
            # Pods keep their own addresses on the way to the NAT, so their range has to be named too.
            subnetworks=[
                {
                    "name": self.subnetwork.id,
                    "source_ip_ranges_to_nats": ["PRIMARY_IP_RANGE", "LIST_OF_SECONDARY_IP_RANGES"],
                    "secondary_ip_range_names": [PODS],
                }
            ],
            # A node that pulls many images at once takes more than the usual 64 ports.
            enable_dynamic_port_allocation=True,
            log_config={"enable": True, "filter": "ERRORS_ONLY"},
            region=where.region,
            project=where.project,
            opts=opts,
        )
        #: What has to be there before a node boots.
        self.ways: list[Resource] = [nat]
