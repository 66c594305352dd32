"""The network of a cluster on Google Compute Engine: where its machines are, what reaches them, and their way out."""

import ipaddress
from collections.abc import Mapping, Sequence

import pulumi_gcp as gcp
from pulumi import Resource, ResourceOptions

from components.gce_place import Place
from components.self_managed import SelfManagedCluster
from crosscloud.config import GceStack

API_PORT = 6443
#: Where Google's health checks come from. The first two probe the backends of proxy load balancers, the first and the
#: last two those of external passthrough ones: https://cloud.google.com/load-balancing/docs/health-check-concepts
PROBES = ("35.191.0.0/16", "130.211.0.0/22", "209.85.152.0/22", "209.85.204.0/22")
#: The size that Google recommends for a proxy-only subnetwork, and the smallest it takes:
#: https://cloud.google.com/load-balancing/docs/proxy-only-subnets
_PROXIES, _FEWEST_PROXIES = 23, 26


def split(network_cidr: str) -> tuple[str, str]:
    """Return the machines' part of a network, its first half, and the proxies', its end: a /23, or what it has."""
    network = ipaddress.IPv4Network(network_cidr)
    machines, rest = network.subnets(1)
    prefix = min(max(_PROXIES, rest.prefixlen), _FEWEST_PROXIES)
    *_, proxies = rest.subnets(new_prefix=prefix)
    return str(machines), str(proxies)


class GceNetwork:
    """The network, its two subnetworks, its firewall, and the NAT by which machines without public addresses get out.

    ``control_plane`` and ``worker`` are the network tags by which the firewall knows the machines. A machine must not
    boot before ``ways`` are there: what it reaches the outside by, and what reaches it.
    """

    def __init__(self, cluster: SelfManagedCluster, config: GceStack, place: Place) -> None:
        """Make the network of ``cluster``, whose children all of it are."""
        self._config, self._place, self._opts = config, place, cluster.opts
        self.control_plane, self.worker = f"{config.name}-control-plane", f"{config.name}-worker"
        self.machines_cidr, self.proxies_cidr = split(config.gce.network_cidr)
        self.network = gcp.compute.Network(
            config.name,
            description=f"The machines of the Kubernetes cluster {config.name}",
            auto_create_subnetworks=False,
            routing_mode="REGIONAL",
            project=place.project,
            opts=self._opts,
        )
        self.subnetwork = gcp.compute.Subnetwork(
            config.name,
            network=self.network.id,
            ip_cidr_range=self.machines_cidr,
            private_ip_google_access=True,
            **place.regional,
            opts=self._opts,
        )
        # The proxies of the load balancer that the machines use; nothing else ever gets an address of it. A region of a
        # network has one that is active, so the old one goes before a new one comes.
        self.proxies = gcp.compute.Subnetwork(
            f"{config.name}-proxies",
            network=self.network.id,
            ip_cidr_range=self.proxies_cidr,
            purpose="REGIONAL_MANAGED_PROXY",
            role="ACTIVE",
            **place.regional,
            opts=ResourceOptions.merge(self._opts, ResourceOptions(delete_before_replace=True)),
        )
        self.ways: list[Resource] = [self._nat(), *self._firewall()]

    def _nat(self) -> gcp.compute.RouterNat:
        name = self._config.name
        router = gcp.compute.Router(name, network=self.network.id, **self._place.regional, opts=self._opts)
        return gcp.compute.RouterNat(
            name,
            router=router.name,
            nat_ip_allocate_option="AUTO_ONLY",
            source_subnetwork_ip_ranges_to_nat="LIST_OF_SUBNETWORKS",
            subnetworks=[{"name": self.subnetwork.id, "source_ip_ranges_to_nats": ["PRIMARY_IP_RANGE"]}],
            # Pods share their node's ports: a machine that pulls many images at once takes more than the usual 64.
            enable_dynamic_port_allocation=True,
            log_config={"enable": True, "filter": "ERRORS_ONLY"},
            **self._place.regional,
            opts=self._opts,
        )

    def _firewall(self) -> list[Resource]:
        """Make the rules. What no rule allows Google denies inwards; outwards it lets everything pass."""
        config, control_planes, workers = self._config, [self.control_plane], [self.worker]
        machines = [*control_planes, *workers]
        api = {"tcp": [str(API_PORT)]}
        rules = [
            self._allow("api-users", api, control_planes, ranges=config.api_access_cidrs),
            self._allow("api-proxies", api, control_planes, ranges=[self.proxies_cidr]),
            self._allow("api-probes", api, control_planes, ranges=PROBES),
            # Pods reach the API by its service, which leads to the control planes themselves.
            self._allow("api-machines", api, control_planes, tags=machines),
            self._allow("etcd", {"tcp": ["2379-2380"]}, control_planes, tags=control_planes),
            # Control planes for logs and exec, workers because Prometheus runs on one of them.
            self._allow("kubelet", {"tcp": ["10250"]}, machines, tags=machines),
            self._allow("node-exporter", {"tcp": ["9100"]}, machines, tags=workers),
            self._allow("pod-network", {"udp": ["8472"]}, machines, tags=machines),
            self._allow("ping", {"icmp": []}, machines, tags=machines),
        ]
        if config.ssh_access_cidrs:
            rules.append(self._allow("ssh", {"tcp": ["22"]}, machines, ranges=config.ssh_access_cidrs))
        return rules

    def _allow(
        self,
        what: str,
        ports: Mapping[str, Sequence[str]],
        targets: Sequence[str],
        *,
        ranges: Sequence[str] = (),
        tags: Sequence[str] = (),
    ) -> Resource:
        """Let ``ports`` by protocol (none: all) pass from ranges, or from machines by tag, to those of ``targets``."""
        return gcp.compute.Firewall(
            f"{self._config.name}-{what}",
            network=self.network.id,
            direction="INGRESS",
            allows=[
                gcp.compute.FirewallAllowArgs(protocol=protocol, ports=list(some) or None)
                for protocol, some in ports.items()
            ],
            source_ranges=list(ranges) or None,
            source_tags=list(tags) or None,
            target_tags=list(targets),
            project=self._place.project,
            opts=self._opts,
        )
