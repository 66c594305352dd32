"""Who may reach the API, port 22, and anything else (lines 1 and 2 of the checklist)."""

from collections.abc import Iterator, Sequence
from ipaddress import ip_network

from policy.rules.openings import ANYWHERE, READERS, SSH_PORT, Opening, from_outside, openings
from policy.rules.releases import RELEASE
from policy.rules.rule import ALL_CLOUDS, Known, Level, Resource, ResourceRule, StackRule, by_program
from policy.rules.values import UNKNOWN, at, strings

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
        for opening in _from_outside(one, known):
            left = _left_to_the_stack(one, opening) and not _is_configured(opening, known)
            if left and not _is_own(one, opening, resources):
                yield one, f"{one}: {opening.source} may reach {opening.shown} and is no address of the stack"


def services_stay_inside(one: Resource, _: Known) -> Iterator[str]:
    """Yield services of Kubernetes that a cloud opens a load balancer for, or that are on a port of every node."""
    for path, text in strings(at(one.props, "values" if one.type == RELEASE else "spec"), "values"):
        if path.endswith((".type", "serviceType")) and text in ("LoadBalancer", "NodePort"):
            yield f"{one}: {path} is {text}"


def _from_outside(one: Resource, known: Known) -> Iterator[Opening]:
    return (opening for opening in openings(one) if from_outside(opening.source, known.inside))


def _left_to_the_stack(one: Resource, opening: Opening) -> bool:
    if one.type not in _MAY_NAME_ITS_OWN:
        return False
    try:
        return opening.source == UNKNOWN or ip_network(opening.source).num_addresses == 1
    except ValueError:
        return False


def _is_configured(opening: Opening, known: Known) -> bool:
    """Tell whether all that is open to a source is open to it by the configuration: the API, port 22, or both."""
    api, ssh = opening.opens(opening.api), opening.opens(SSH_PORT)
    return (not api or opening.source in known.api) and (not ssh or opening.source in known.ssh)


def _is_own(one: Resource, opening: Opening, resources: Sequence[Resource]) -> bool:
    if opening.source == UNKNOWN:
        return any(kind in _ADDRESSES for kinds in one.needs.values() for kind in kinds)
    own = {each.shown.get(_ADDRESSES[each.type]) for each in resources if each.type in _ADDRESSES}
    return opening.source.removesuffix("/32") in own


_FILTERS = (
    "components/aws_access.py",
    "components/azure_rules.py",
    "components/gce_network.py",
    "components/gke_network.py",
)
_API_KEY = "Set crosscloud:apiAccessCidrs to the networks that are to reach it"
_SSH_KEY = (
    "Set crosscloud:sshAccessCidrs to the networks that are to reach it, or leave it out; "
    "nodes of GKE take no SSH: mend the firewall in components/gke_network.py"
)

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
        by_program("the packet filter", *_FILTERS),
        types=tuple(READERS),
        check=nothing_else_is_open,
    ),
    ResourceRule(
        "services-inside",
        1,
        Level.MANDATORY,
        ALL_CLOUDS,
        "No service of Kubernetes is opened to the outside.",
        by_program("the service", "crosscloud/helm_values/coredns.py", "crosscloud/helm_values/prometheus.py"),
        types=("kubernetes:core/v1:Service", RELEASE),
        check=services_stay_inside,
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
        ("aws", "azure", "gce", "packet"),
        "Port 22 is closed: nothing needs it.",
        "Set crosscloud:sshAccessCidrs to [] when you are done",
        "sshAccessCidrs",
        types=tuple(READERS),
        check=port_22_is_closed,
    ),
)
