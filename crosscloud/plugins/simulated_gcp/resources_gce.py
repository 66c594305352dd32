"""The types and functions of Compute Engine that rehearsals model."""

from collections.abc import Mapping, Sequence

from crosscloud.plugins.simulated import SimulatedResource
from crosscloud.plugins.simulated.provider import Function
from crosscloud.plugins.simulated_gcp import lookups
from crosscloud.plugins.simulated_gcp.accounts import Account
from crosscloud.plugins.simulated_gcp.addresses import Address
from crosscloud.plugins.simulated_gcp.firewalls import Firewall
from crosscloud.plugins.simulated_gcp.forwarding import ForwardingRule
from crosscloud.plugins.simulated_gcp.groups_managed import RegionAutoscaler, RegionInstanceGroupManager
from crosscloud.plugins.simulated_gcp.groups_unmanaged import InstanceGroup, InstanceGroupMembership
from crosscloud.plugins.simulated_gcp.instances import Instance
from crosscloud.plugins.simulated_gcp.networks import Network, Subnetwork
from crosscloud.plugins.simulated_gcp.routers import Router, RouterNat
from crosscloud.plugins.simulated_gcp.services import RegionBackendService, RegionHealthCheck, RegionTargetTcpProxy
from crosscloud.plugins.simulated_gcp.templates import InstanceTemplate

#: One object a type.
RESOURCES: Sequence[SimulatedResource] = (
    Account(),
    Address(),
    Firewall(),
    ForwardingRule(),
    Instance(),
    InstanceGroup(),
    InstanceGroupMembership(),
    InstanceTemplate(),
    Network(),
    RegionAutoscaler(),
    RegionBackendService(),
    RegionHealthCheck(),
    RegionInstanceGroupManager(),
    RegionTargetTcpProxy(),
    Router(),
    RouterNat(),
    Subnetwork(),
)
#: What answers a function, by its token: "gcp:compute/getZones:getZones".
FUNCTIONS: Mapping[str, Function] = lookups.FUNCTIONS
