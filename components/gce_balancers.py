"""The two doors to the API of a cluster on Google Compute Engine, and the instance groups behind both.

Users come by a passthrough load balancer with a public address: their own addresses stay visible, so that the firewall
admits only the configured networks. Machines come by a proxy inside the network: what a backend of a passthrough load
balancer sends to the balancer's address always reaches itself, even when its own API server is down.
"""

import pulumi_gcp as gcp
from pulumi import Output, Resource, ResourceOptions

from components.gce_network import API_PORT, GceNetwork
from components.gce_place import Place
from components.self_managed import Endpoints, SelfManagedCluster

_PORT_NAME = "kubernetes-api"
#: Seconds without a byte after which the proxy ends a connection (its default is 30). A watch may be silent for longer
#: than that: https://cloud.google.com/load-balancing/docs/tcp/internal-proxy
_IDLE_SECONDS = 600
#: What a proxy asks of one control plane before it prefers another. It is no limit: the mode CONNECTION has to have a
#: number, and a group that serves two load balancers has to have the same mode in both.
#: https://cloud.google.com/load-balancing/docs/backend-service#balancing-mode
_CONNECTIONS = 10_000
#: Two forwarding rules can't have one address and port: the old one goes before a new one comes.
_ONE_AT_A_TIME = ResourceOptions(delete_before_replace=True)


class GceBalancers:
    """Both load balancers. A machine must not boot before ``ways`` are there."""

    def __init__(self, cluster: SelfManagedCluster, place: Place, network: GceNetwork) -> None:
        """Make the load balancers of ``cluster``, whose children all of it are."""
        self._name, self._place, self._labels = cluster.config.name, place, cluster.tags
        self._network, self._opts = network, cluster.opts
        self._groups = {zone: self._group(zone) for zone in place.zones}
        self._check = gcp.compute.RegionHealthCheck(
            f"{self._name}-api",
            check_interval_sec=5,
            timeout_sec=5,
            healthy_threshold=2,
            unhealthy_threshold=2,
            https_health_check={"port": API_PORT, "request_path": "/readyz"},
            **place.regional,
            opts=self._opts,
        )
        public, users = self._for_users()
        internal, machines = self._for_machines()
        self.ways: list[Resource] = [users, machines]
        self.endpoints = Endpoints(
            internal=Output.concat(internal.address, f":{API_PORT}"),
            public=Output.concat(public.address, f":{API_PORT}"),
        )

    def admit(self, name: str, instance: gcp.compute.Instance, zone: str) -> None:
        """Put an instance behind both doors; another instance of the same name takes the place of the one before."""
        gcp.compute.InstanceGroupMembership(
            name,
            instance=instance.self_link,
            instance_group=self._groups[zone].name,
            zone=zone,
            project=self._place.project,
            opts=ResourceOptions.merge(
                self._opts, ResourceOptions(replace_with=[instance], delete_before_replace=True)
            ),
        )

    def _group(self, zone: str) -> gcp.compute.InstanceGroup:
        return gcp.compute.InstanceGroup(
            f"{self._name}-api-{zone}",  # a region's name may have 23 letters, and 63 are all there is
            description=f"The control planes of {self._name} in {zone}",
            network=self._network.network.id,
            named_ports=[{"name": _PORT_NAME, "port": API_PORT}],
            zone=zone,
            project=self._place.project,
            opts=self._opts,
        )

    def _for_users(self) -> tuple[gcp.compute.Address, Resource]:
        name = f"{self._name}-users"
        address = gcp.compute.Address(
            name, address_type="EXTERNAL", labels=self._labels, **self._place.regional, opts=self._opts
        )
        service = gcp.compute.RegionBackendService(
            name,
            load_balancing_scheme="EXTERNAL",
            protocol="TCP",
            health_checks=self._check.id,
            backends=[{"group": group.self_link, "balancing_mode": "CONNECTION"} for group in self._groups.values()],
            **self._place.regional,
            opts=self._opts,
        )
        rule = gcp.compute.ForwardingRule(
            name,
            load_balancing_scheme="EXTERNAL",
            ip_address=address.address,
            ip_protocol="TCP",
            ports=[str(API_PORT)],
            backend_service=service.id,
            labels=self._labels,
            **self._place.regional,
            opts=ResourceOptions.merge(self._opts, _ONE_AT_A_TIME),
        )
        return address, rule

    def _for_machines(self) -> tuple[gcp.compute.Address, Resource]:
        name, regional, opts = f"{self._name}-machines", self._place.regional, self._opts
        subnetwork = self._network.subnetwork.id
        address = gcp.compute.Address(
            name,
            address_type="INTERNAL",
            purpose="GCE_ENDPOINT",
            subnetwork=subnetwork,
            labels=self._labels,
            **regional,
            opts=opts,
        )
        service = gcp.compute.RegionBackendService(
            name,
            load_balancing_scheme="INTERNAL_MANAGED",
            protocol="TCP",
            port_name=_PORT_NAME,
            timeout_sec=_IDLE_SECONDS,
            health_checks=self._check.id,
            backends=[
                {
                    "group": group.self_link,
                    "balancing_mode": "CONNECTION",
                    "max_connections_per_instance": _CONNECTIONS,
                    "capacity_scaler": 1.0,
                }
                for group in self._groups.values()
            ],
            **regional,
            opts=opts,
        )
        proxy = gcp.compute.RegionTargetTcpProxy(name, backend_service=service.id, **regional, opts=opts)
        rule = gcp.compute.ForwardingRule(
            name,
            load_balancing_scheme="INTERNAL_MANAGED",
            ip_address=address.address,
            ip_protocol="TCP",
            port_range=str(API_PORT),
            target=proxy.id,
            network=self._network.network.id,
            subnetwork=subnetwork,
            labels=self._labels,
            **regional,
            # Its proxies need a place to be.
            opts=ResourceOptions.merge(
                ResourceOptions.merge(opts, _ONE_AT_A_TIME), ResourceOptions(depends_on=[self._network.proxies])
            ),
        )
        return address, rule
