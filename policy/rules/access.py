"""Who may reach the API, port 22, and anything else (lines 1 and 2 of the checklist)."""

from collections.abc import Iterator, Sequence
from ipaddress import ip_network

from policy.rules.openings import ANYWHERE, READERS, SSH_PORT, Opening, from_outside, openings
from policy.rules.rule import Known, Level, Resource, ResourceRule, StackRule
from policy.rules.values import UNKNOWN

CLOUDS = ("aws", "azure", "gce", "gke", "packet")
#: The packet filters that may name a public address of the stack itself, which is known when it is made: Azure's
#: machines come to the load balancer from behind their NAT gateway. Only the whole stack can tell such an address.
_MAY_NAME_ITS_OWN = ("azure-native:network:NetworkSecurityGroup", "azure-native:network:SecurityRule")
#: The types that are such an address, and where they have it.
_ADDRESSES = {"azure-native:network:PublicIPAddress": "ipAddress"}


def api_is_for_the_configured_networks(one: Resource, known: Known) -> Iterator[str]:
    """Yield every network that may reach the API and is not among the configured ones."""
    for opening in _from_outside(one, known):
        if opening.opens(opening.api) and opening.source not in known.api and not _left_to_the_stack(one, opening):
            yield f"{one}: {opening.source} may reach the API"


def api_is_not_for_everybody(one: Resource, known: Known) -> Iterator[str]:
    """Yield where everybody may reach the API, which the configuration had to insist on."""
    for opening in _from_outside(one, known):
        if opening.opens(opening.api) and opening.source in known.api & ANYWHERE:
            yield f"{one}: {opening.source} may reach the API"


def port_22_is_for_the_configured_networks(one: Resource, known: Known) -> Iterator[str]:
    """Yield who may reach port 22 and is not among the configured networks; the cluster's own machines are not."""
    for opening in openings(one):
        if opening.opens(SSH_PORT) and opening.source not in known.ssh and not _left_to_the_stack(one, opening):
            yield f"{one}: {opening.source} may reach port 22"


def port_22_is_closed(one: Resource, known: Known) -> Iterator[str]:
    """Yield which configured networks may reach port 22."""
    for opening in openings(one):
        if opening.opens(SSH_PORT) and opening.source in known.ssh:
            yield f"{one}: {opening.source} may reach port 22"


def nothing_else_is_open(one: Resource, known: Known) -> Iterator[str]:
    """Yield what networks outside the cluster may reach beside the API and port 22."""
    for opening in _from_outside(one, known):
        if opening.udp or opening.ports not in ((opening.api,) * 2, (SSH_PORT,) * 2):
            yield f"{one}: {opening.source} may reach {opening.shown}"


def single_addresses_are_the_stacks_own(resources: Sequence[Resource], known: Known) -> Iterator[tuple[Resource, str]]:
    """Yield packet filters that let in a single address that is neither configured nor one that the stack makes.

    A filter may be made from an address that nobody knows before ``up``: that of an address among the resources that
    it needs is the stack's own.
    """
    for one in resources:
        for opening in openings(one) if one.type in _MAY_NAME_ITS_OWN else ():
            outside = from_outside(opening.source, known.inside) and opening.source not in known.api | known.ssh
            if outside and _left_to_the_stack(one, opening) and not _is_own(one, opening, resources):
                yield one, f"{one}: {opening.source} may reach {opening.shown} and is no address of the stack"


def _from_outside(one: Resource, known: Known) -> Iterator[Opening]:
    return (opening for opening in openings(one) if from_outside(opening.source, known.inside))


def _left_to_the_stack(one: Resource, opening: Opening) -> bool:
    if one.type not in _MAY_NAME_ITS_OWN:
        return False
    try:
        return opening.source == UNKNOWN or ip_network(opening.source).num_addresses == 1
    except ValueError:
        return False


def _is_own(one: Resource, opening: Opening, resources: Sequence[Resource]) -> bool:
    if opening.source == UNKNOWN:
        return any(kind in _ADDRESSES for kinds in one.needs.values() for kind in kinds)
    own = {each.shown.get(_ADDRESSES[each.type]) for each in resources if each.type in _ADDRESSES}
    return opening.source.removesuffix("/32") in own


_API_KEY = "Set crosscloud:apiAccessCidrs to the networks that are to reach it"
_SSH_KEY = "Set crosscloud:sshAccessCidrs to the networks that are to reach it, or leave it out"

RULES = (
    ResourceRule(
        "api-for-configured-networks",
        1,
        Level.MANDATORY,
        CLOUDS,
        "The Kubernetes API is reached from the configured networks alone.",
        _API_KEY,
        "apiAccessCidrs",
        types=tuple(READERS),
        check=api_is_for_the_configured_networks,
    ),
    StackRule(
        "single-addresses-are-own",
        1,
        Level.MANDATORY,
        ("azure",),
        "A single address that is let in is configured, or the stack's own.",
        _API_KEY,
        "apiAccessCidrs",
        check=single_addresses_are_the_stacks_own,
    ),
    ResourceRule(
        "api-not-for-everybody",
        1,
        Level.ADVISORY,
        CLOUDS,
        "The Kubernetes API is not open to the whole Internet.",
        "Set crosscloud:apiAccessCidrs to your own networks, and leave out crosscloud:apiAccessFromAnywhere",
        "apiAccessCidrs",
        types=tuple(READERS),
        check=api_is_not_for_everybody,
    ),
    ResourceRule(
        "nothing-else-open",
        1,
        Level.MANDATORY,
        ("aws", "azure", "gce", "gke"),
        "From outside, nothing but the API and port 22 is reached.",
        "Set crosscloud:apiAccessCidrs for the API, and leave other ports closed: no key opens them",
        "apiAccessCidrs",
        types=tuple(READERS),
        check=nothing_else_is_open,
    ),
    ResourceRule(
        "ssh-for-configured-networks",
        2,
        Level.MANDATORY,
        CLOUDS,
        "Port 22 is reached from the configured networks alone.",
        _SSH_KEY,
        "sshAccessCidrs",
        types=tuple(READERS),
        check=port_22_is_for_the_configured_networks,
    ),
    ResourceRule(
        "ssh-closed",
        2,
        Level.ADVISORY,
        CLOUDS,
        "Port 22 is closed: nothing needs it.",
        "Set crosscloud:sshAccessCidrs to [] when you are done",
        "sshAccessCidrs",
        types=tuple(READERS),
        check=port_22_is_closed,
    ),
)
