"""The plugin's process, started by `pulumi-resource-equinix-metal` within a rehearsal."""

from crosscloud.plugins.base import main
from crosscloud.plugins.simulated import SimulatedProvider
from crosscloud.plugins.simulated_equinix_metal.account import FUNCTIONS, ProjectSshKey
from crosscloud.plugins.simulated_equinix_metal.bgp_session import BgpSession
from crosscloud.plugins.simulated_equinix_metal.device import Device
from crosscloud.plugins.simulated_equinix_metal.reserved_ip_block import ReservedIpBlock

#: What stands for each type of resource.
RESOURCES = (BgpSession, Device, ProjectSshKey, ReservedIpBlock)

if __name__ == "__main__":
    main(
        SimulatedProvider(
            "equinix-metal",
            "pulumi_equinix_metal",
            [resource() for resource in RESOURCES],
            FUNCTIONS,
            internal_error="500 Oh snap, something went wrong! We've logged the error and will take a look",
        )
    )
