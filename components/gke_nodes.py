"""The nodes of a cluster on Google Kubernetes Engine: a pool of its own, and the service account that they act as."""

import hashlib

import pulumi_gcp as gcp
from pulumi import Input, ResourceOptions

from components.gce_machines import disk_type
from components.gke_offer import Offer
from components.tags import tags
from crosscloud.config import GkeStack

#: The least that nodes need: to write logs and metrics.
#: https://cloud.google.com/kubernetes-engine/docs/how-to/service-accounts#least-privilege
NODE_ROLE = "roles/container.defaultNodeServiceAccount"
#: What nodes may do is said by their account's role; Google advises this one scope for accounts of one's own.
_SCOPES = ["https://www.googleapis.com/auth/cloud-platform"]
#: How much of a hash tells generations of nodes apart.
_GENERATION_DIGITS = 10


class NodeAccount:
    """The nodes' service account, instead of the project's default one, which may be that of an editor."""

    def __init__(self, config: GkeStack, project: Input[str], opts: ResourceOptions) -> None:
        """Make it, with its one role in the project."""
        name = f"{config.name}-nodes"
        account = gcp.serviceaccount.Account(
            name,
            account_id=name,
            display_name=f"{config.name} nodes",
            description=f"The nodes of the Kubernetes cluster {config.name}: they write logs and metrics",
            project=config.gke.project,
            opts=opts,
        )
        self.role = gcp.projects.IAMMember(name, project=project, role=NODE_ROLE, member=account.member, opts=opts)
        self.email, self.scopes = account.email, _SCOPES


def generation(config: GkeStack, offer: Offer) -> str:
    """Return what tells nodes before a change from those after it; nodes carry it as ``crosscloud/generation``."""
    workers = config.workers
    shape = f"{workers.size} {workers.disk_gb} {offer.version}"
    return hashlib.sha256(shape.encode()).hexdigest()[:_GENERATION_DIGITS]


def node_pool(
    config: GkeStack, cluster: gcp.container.Cluster, account: NodeAccount, offer: Offer, opts: ResourceOptions
) -> gcp.container.NodePool:
    """Make the pool. Its nodes run what the control plane runs, so they follow when Google upgrades that by itself."""
    workers = config.workers
    fewest, most = workers.min or workers.count, workers.max or workers.count
    fixed = fewest == most
    scaling = gcp.container.NodePoolAutoscalingArgs(
        total_min_node_count=fewest, total_max_node_count=most, location_policy="BALANCED"
    )
    return gcp.container.NodePool(
        f"{config.name}-workers",
        cluster=cluster.id,
        location=config.gke.region,
        node_locations=offer.zones,
        node_count=offer.per_zone if fixed else None,
        initial_node_count=None if fixed else offer.per_zone,
        autoscaling=None if fixed else scaling,
        version=cluster.master_version,
        management={"auto_repair": True, "auto_upgrade": True},
        upgrade_settings={"strategy": "SURGE", "max_surge": 1, "max_unavailable": 0},
        network_config={"enable_private_nodes": True},
        node_config={
            "machine_type": workers.size,
            "disk_size_gb": workers.disk_gb,
            "disk_type": disk_type(workers.size),
            "image_type": "COS_CONTAINERD",
            "service_account": account.email,
            "oauth_scopes": account.scopes,
            # Pods see GKE's metadata server, which gives them their own identity's tokens, and not the node's.
            "workload_metadata_config": {"mode": "GKE_METADATA"},
            "shielded_instance_config": {"enable_secure_boot": True, "enable_integrity_monitoring": True},
            "kubelet_config": {"insecure_kubelet_readonly_port_enabled": "FALSE"},
            "metadata": {"disable-legacy-endpoints": "true"},
            # Without this GKE keeps everything off Arm nodes that does not ask for them; here all nodes are alike.
            "taint_config": {"architecture_taint_behavior": "NONE"},
            "labels": {"crosscloud/generation": generation(config, offer)},
            "resource_labels": tags(config),
            "tags": [f"{config.name}-node"],
        },
        project=config.gke.project,
        # The count is where the autoscaler begins; a change of it would make all nodes anew.
        opts=ResourceOptions.merge(opts, ResourceOptions(ignore_changes=[] if fixed else ["initialNodeCount"])),
    )
