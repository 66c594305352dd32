"""What a stack's configuration allows, but a person should hear of before resources are made."""

import datetime
import ipaddress
from collections.abc import Iterator

from crosscloud.config.checks import whole_internet
from crosscloud.config.findings import key_of
from crosscloud.config.stacks import CloudSettings, PacketStack, Stack

#: The networks of RFC 5737, which stand in examples and from which nobody ever connects.
_EXAMPLES = tuple(map(ipaddress.IPv4Network, ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24")))
#: https://docs.equinix.com/metal/ said so until its own end on 2026-09-30.
_PACKET_IS_GONE = (
    "crosscloud:cloud packet is Equinix Metal, which was shut down on 2026-06-30: nothing can be made there any more. "
    "The stack stays as the design for bare metal, and `make rehearse STACK=packet` runs it"
)
_NO_PROJECT = "00000000-0000-0000-0000-000000000000"


def warnings(stack: Stack) -> Iterator[str]:
    """Yield what to warn of, each as one sentence that names the key."""
    if not isinstance(stack, CloudSettings):
        return
    networks = [ipaddress.IPv4Network(cidr) for cidr in stack.api_access_cidrs]
    if all(any(network.subnet_of(example) for example in _EXAMPLES) for network in networks):
        yield (
            f"{key_of(('apiAccessCidrs',))} holds only networks of examples, so nobody can reach the cluster; "
            "give your own, such as the address that https://checkip.amazonaws.com shows, with /32"
        )
    if whole_internet(stack.api_access_cidrs):
        yield f"{key_of(('apiAccessCidrs',))} opens the Kubernetes API to the whole Internet, as was insisted on"
    if stack.expiry and stack.expiry < datetime.date.today().isoformat():
        yield f"{key_of(('expiry',))} was {stack.expiry}: whoever cleans up may destroy the cluster any day"
    if stack.allow_cluster_replacement:
        yield f"{key_of(('allowClusterReplacement',))} is set: nothing that replaces the whole cluster is refused"
    if isinstance(stack, PacketStack):
        yield _PACKET_IS_GONE
    if isinstance(stack, PacketStack) and stack.packet.project_id == _NO_PROJECT:
        yield f"{key_of(('packet', 'projectId'))} is an example; give your project's id"
