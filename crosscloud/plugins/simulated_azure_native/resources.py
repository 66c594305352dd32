"""The types of Azure's that a rehearsal models."""

from crosscloud.plugins.simulated import SimulatedResource
from crosscloud.plugins.simulated_azure_native.addresses import NatGateway, PublicIPAddress
from crosscloud.plugins.simulated_azure_native.autoscale import AutoscaleSetting
from crosscloud.plugins.simulated_azure_native.balancer import LoadBalancer
from crosscloud.plugins.simulated_azure_native.groups import ResourceGroup, UserAssignedIdentity
from crosscloud.plugins.simulated_azure_native.interfaces import NetworkInterface
from crosscloud.plugins.simulated_azure_native.machines import AvailabilitySet, VirtualMachine
from crosscloud.plugins.simulated_azure_native.networks import Subnet, VirtualNetwork
from crosscloud.plugins.simulated_azure_native.scale_sets import VirtualMachineScaleSet
from crosscloud.plugins.simulated_azure_native.security import NetworkSecurityGroup


def resources() -> list[SimulatedResource]:
    """Return one of each."""
    return [
        ResourceGroup(),
        UserAssignedIdentity(),
        VirtualNetwork(),
        Subnet(),
        NetworkSecurityGroup(),
        PublicIPAddress(),
        NatGateway(),
        LoadBalancer(),
        NetworkInterface(),
        AvailabilitySet(),
        VirtualMachine(),
        VirtualMachineScaleSet(),
        AutoscaleSetting(),
    ]
