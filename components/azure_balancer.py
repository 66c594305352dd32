"""The API's address on Azure: a public load balancer that leads to the control planes that are ready."""

from pulumi import Output, ResourceOptions
from pulumi_azure_native import network
from pulumi_azure_native.resources import ResourceGroup

from components.azure_network import known_address, sub_resource
from components.azure_rules import API_PORT
from components.self_managed import SelfManagedCluster
from crosscloud.config import AzureStack

_FRONT, _POOL, _PROBE = "api", "control-planes", "readyz"
#: Two probes that fail, ten seconds, take a control plane out; 5 s is the shortest interval that Azure takes.
_PROBE_SECONDS, _PROBES = 5, 2
#: Watches are long and may be silent; a load balancer keeps silent connections 4 to 100 minutes, by default 4.
_IDLE_MINUTES = 30


class AzureBalancer:
    """A standard load balancer with one address for users and machines alike.

    The machines reach it from outside, by the NAT gateway: an internal one can't lead a machine of its own pool back to
    itself (https://learn.microsoft.com/azure/load-balancer/load-balancer-troubleshoot-backend-traffic).
    ``address`` is the public address, ``pool`` the id of the pool that control planes join.
    """

    address: Output[str]
    pool: Output[str]

    def __init__(
        self,
        cluster: SelfManagedCluster,
        config: AzureStack,
        group: ResourceGroup,
        public: network.PublicIPAddress,
        opts: ResourceOptions,
    ) -> None:
        """Make the load balancer of the address ``public``, whose pool is still empty."""
        name = cluster.name("api")
        self.address = known_address(public)

        def part(kind: str, called: str) -> network.SubResourceArgs:
            return network.SubResourceArgs(id=sub_resource(group, "loadBalancers", name, kind, called))

        rule = network.LoadBalancingRuleArgs(
            name="api",
            protocol="Tcp",
            frontend_port=API_PORT,
            backend_port=API_PORT,
            frontend_ip_configuration=part("frontendIPConfigurations", _FRONT),
            backend_address_pool=part("backendAddressPools", _POOL),
            probe=part("probes", _PROBE),
            idle_timeout_in_minutes=_IDLE_MINUTES,
            enable_tcp_reset=True,
            disable_outbound_snat=True,  # the NAT gateway is the way out
        )
        balancer = network.LoadBalancer(
            name,
            resource_group_name=group.name,
            load_balancer_name=name,
            location=config.azure.location,
            sku=network.LoadBalancerSkuArgs(name="Standard", tier="Regional"),
            frontend_ip_configurations=[
                network.FrontendIPConfigurationArgs(
                    name=_FRONT, public_ip_address=network.PublicIPAddressArgs(id=public.id)
                )
            ],
            backend_address_pools=[network.BackendAddressPoolArgs(name=_POOL)],
            probes=[
                network.ProbeArgs(
                    name=_PROBE,
                    protocol="Https",
                    port=API_PORT,
                    request_path="/readyz",
                    interval_in_seconds=_PROBE_SECONDS,
                    number_of_probes=_PROBES,
                    probe_threshold=_PROBES,
                )
            ],
            load_balancing_rules=[rule],
            tags=cluster.tags,
            opts=opts,
        )
        self.pool = Output.concat(balancer.id, "/backendAddressPools/", _POOL)
