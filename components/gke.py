"""A cluster on Google Kubernetes Engine: Google runs the control plane, and chooses which versions there are."""

import pulumi
import pulumi_gcp as gcp
from pulumi import CustomTimeouts, InvokeOptions, Output, ResourceOptions

from components.cluster import Cluster, NodeOutput
from components.gke_network import PODS, SERVICES, GkeNetwork
from components.gke_nodes import NodeAccount, generation, node_pool
from components.gke_offer import take
from components.resources import ClusterGuard, NodeGroup
from components.tags import tags
from crosscloud import gke_access
from crosscloud.config import GkeStack
from crosscloud.errors import CrosscloudError
from crosscloud.release import Release

#: What Google changes by itself, or what only the pool knows that is removed again once the cluster is there.
_GOOGLES_OWN = ["initialNodeCount", "nodeConfig", "nodePools"]


class GkeCluster(Cluster):
    """A regional, VPC-native cluster whose nodes have no public address, in a pool of its own.

    Its API is public, for the configured networks alone. Users come by Google's plugin, the program by a token, which
    ends within the hour: each run has another one.
    """

    def __init__(self, config: GkeStack, release: Release) -> None:
        """Make the cluster that the stack's configuration describes, with the version nearest to the release's."""
        super().__init__("gke", config, release)
        self._gke = config
        look_up = InvokeOptions(parent=self)
        client = gcp.organizations.get_client_config(opts=look_up)
        self._project = config.gke.project or client.project
        if not self._project:
            raise CrosscloudError(
                "crosscloud:gke.project: neither it nor the Google provider's own setting, gcp:project or "
                "$GOOGLE_PROJECT, names the project that the cluster is to be in"
            )
        self._offer = take(config, release, look_up)
        opts = ResourceOptions(parent=self, depends_on=[self._guard()])
        self._network = GkeNetwork(config, opts)
        self._account = NodeAccount(config, self._project, opts)
        cluster = self._cluster(opts)
        renewed = ResourceOptions(parent=self, replace_with=[cluster], depends_on=self._network.ways)
        pool = node_pool(config, cluster, self._account, self._offer, renewed)
        ca = cluster.master_auth.cluster_ca_certificate
        token = Output.secret(client.access_token)
        # What is deployed waits for the pool: without nodes nothing would come of it but a time-out.
        known = Output.all(config.name, cluster.endpoint, ca, token, pool.id)
        program = known.apply(lambda each: gke_access.program_kubeconfig(*each[:4]))
        self.finish(
            kubeconfig=Output.all(config.name, cluster.endpoint, ca).apply(
                lambda each: gke_access.users_kubeconfig(*each)
            ),
            program_kubeconfig=program,
            endpoint=Output.concat("https://", cluster.endpoint),
            kubernetes_version=cluster.master_version,
            nodes=self._nodes(program, cluster, pool),
            lifetime=cluster,
            renewed_with=[cluster],
        )

    def _guard(self) -> ClusterGuard:
        config, where = self._gke, self._gke.gke
        return ClusterGuard(
            config.name,
            cloud="gke",
            cluster_name=config.name,
            cluster_domain=config.cluster_domain,
            dns_service_ip="",  # of the release's CoreDNS alone: pods ask GKE's own, whose address never changes
            cidrs={"pod": config.pod_cidr, "service": config.service_cidr, "network": where.network_cidr},
            place={
                "region": where.region,
                "controlPlaneCidr": where.control_plane_cidr,
                **({"project": where.project} if where.project else {}),
            },
            control_planes=0,
            shape={},
            insist=config.allow_cluster_replacement,
            opts=ResourceOptions(parent=self),
        )

    def _cluster(self, opts: ResourceOptions) -> gcp.container.Cluster:
        config, where = self._gke, self._gke.gke
        own = ResourceOptions(
            depends_on=[self._account.role],
            ignore_changes=_GOOGLES_OWN,
            delete_before_replace=True,  # a replacement has the same name
        )
        return gcp.container.Cluster(
            config.name,
            name=config.name,
            location=where.region,
            node_locations=self._offer.zones,
            description=f"Runs the CNCF projects of a release; stack {pulumi.get_stack()}",
            min_master_version=self._offer.version,
            release_channel={"channel": where.release_channel.upper()},
            # A cluster can't be made without nodes; this pool of one node a zone goes as soon as the cluster is there.
            initial_node_count=1,
            remove_default_node_pool=True,
            node_config={
                "service_account": self._account.email,
                "oauth_scopes": self._account.scopes,
                "shielded_instance_config": {"enable_secure_boot": True, "enable_integrity_monitoring": True},
                "workload_metadata_config": {"mode": "GKE_METADATA"},
                "resource_labels": tags(config),
            },
            network=self._network.network.id,
            subnetwork=self._network.subnetwork.id,
            networking_mode="VPC_NATIVE",
            ip_allocation_policy={"cluster_secondary_range_name": PODS, "services_secondary_range_name": SERVICES},
            datapath_provider="ADVANCED_DATAPATH",
            private_cluster_config={
                "enable_private_nodes": True,
                "enable_private_endpoint": False,
                "master_ipv4_cidr_block": where.control_plane_cidr,
            },
            master_authorized_networks_config={
                "cidr_blocks": [{"cidr_block": cidr} for cidr in config.api_access_cidrs],
                "gcp_public_cidrs_access_enabled": False,  # else every machine in Google's cloud could reach it
            },
            # The endpoint by name knows no authorized networks, so it stays shut.
            control_plane_endpoints_config={"dns_endpoint_config": {"allow_external_traffic": False}},
            anonymous_authentication_config={"mode": "LIMITED"},
            master_auth={"client_certificate_config": {"issue_client_certificate": False}},
            enable_legacy_abac=False,
            enable_shielded_nodes=True,
            workload_identity_config={"workload_pool": f"{self._project}.svc.id.goog"},
            # The release's Prometheus is what watches the cluster; Google's own collectors would take its room.
            monitoring_config={
                "enable_components": ["SYSTEM_COMPONENTS"],
                "managed_prometheus": {"enabled": False},
            },
            logging_config={"enable_components": ["SYSTEM_COMPONENTS", "WORKLOADS"]},
            resource_labels=tags(config),
            deletion_protection=where.deletion_protection,
            project=where.project,
            opts=ResourceOptions.merge(opts, own),
        )

    def _nodes(
        self, kubeconfig: Output[str], cluster: gcp.container.Cluster, pool: gcp.container.NodePool
    ) -> Output[list[NodeOutput]]:
        config = self._gke
        minutes = f"{config.boot_timeout_minutes}m"
        log = f"gcloud container operations list --location {config.gke.region} --filter targetLink~"
        nodes = NodeGroup(
            f"{config.name}-workers",
            kubeconfig=kubeconfig,
            role="worker",
            count=config.workers.count,
            least=config.workers.min,
            most=config.workers.max,
            group=pool.id,
            generation=generation(config, self._offer),
            console=Output.concat(log, pool.name),
            opts=ResourceOptions(
                parent=self,
                depends_on=[pool],
                deleted_with=cluster,
                replace_with=[cluster],
                custom_timeouts=CustomTimeouts(create=minutes, update=minutes, delete="5m"),
            ),
        )
        return nodes.nodes.apply(
            lambda each: [
                NodeOutput(name=node["name"], role=node["role"], address=node["address"], version=node["version"])
                for node in each or ()  # nothing where the engine was told to leave the group out
            ]
        )
