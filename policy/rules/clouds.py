"""What GKE and Azure's networks must have of their own (lines 1, 4 and 5 of the checklist)."""

from collections.abc import Iterator

from policy.rules.rule import Known, Level, Resource, ResourceRule, by_program
from policy.rules.values import at

_CLUSTER = "gcp:container/cluster:Cluster"
_NETWORK = "azure-native:network:VirtualNetwork"


def google_protects_metadata(one: Resource, _: Known) -> Iterator[str]:
    """Yield nodes of GKE whose pods see the metadata of the node, its account's token among them.

    A cluster without a node configuration has none of its own to protect if its default pool is taken away.
    """
    if one.type == _CLUSTER and one.props.get("removeDefaultNodePool") is True and not one.props.get("nodeConfig"):
        return
    mode = at(one.props, "nodeConfig.workloadMetadataConfig.mode")
    if mode != "GKE_METADATA":
        yield f"{one}: pods see the node's metadata (workloadMetadataConfig.mode is {mode or 'left out'})"


def google_has_no_old_logins(one: Resource, _: Known) -> Iterator[str]:
    """Yield clusters of GKE with legacy ABAC, or with logins by password or by a certificate of the cluster's own."""
    if one.props.get("enableLegacyAbac") is not False:
        yield f"{one}: legacy ABAC is not switched off"
    if at(one.props, "masterAuth.clientCertificateConfig.issueClientCertificate") is not False:
        yield f"{one}: a client certificate may be issued"
    if {"username", "password"} & set(one.props.get("masterAuth") or {}):
        yield f"{one}: basic authentication is on"


def google_opens_no_other_door(one: Resource, _: Known) -> Iterator[str]:
    """Yield clusters of GKE whose API is reached past its authorized networks: from Google's cloud, or by its name."""
    if at(one.props, "masterAuthorizedNetworksConfig.gcpPublicCidrsAccessEnabled") is not False:
        yield f"{one}: every machine of Google's cloud may reach the API (gcpPublicCidrsAccessEnabled is not false)"
    if at(one.props, "controlPlaneEndpointsConfig.dnsEndpointConfig.allowExternalTraffic"):
        yield f"{one}: everybody may reach the API by its name (dnsEndpointConfig.allowExternalTraffic)"


def subnets_have_a_security_group(one: Resource, _: Known) -> Iterator[str]:
    """Yield subnets of Azure, made by themselves or with their network, without a security group."""
    for subnet in (one.props.get("subnets") or ()) if one.type == _NETWORK else (one.props,):
        if not subnet.get("networkSecurityGroup"):
            yield f"{one}: {subnet.get('name') or 'it'} has no security group"


_GKE = by_program("the cluster", "components/gke.py")

RULES = (
    ResourceRule(
        "gke-no-other-door",
        1,
        Level.MANDATORY,
        ("gke",),
        "GKE's API is reached from its authorized networks alone.",
        _GKE,
        types=(_CLUSTER,),
        check=google_opens_no_other_door,
    ),
    ResourceRule(
        "gke-metadata-protected",
        4,
        Level.MANDATORY,
        ("gke",),
        "Pods see GKE's metadata server and not that of their node.",
        by_program("the nodes", "components/gke.py", "components/gke_nodes.py"),
        types=(_CLUSTER, "gcp:container/nodePool:NodePool"),
        check=google_protects_metadata,
    ),
    ResourceRule(
        "gke-no-old-logins",
        4,
        Level.MANDATORY,
        ("gke",),
        "Legacy ABAC, basic authentication and client certificates are off.",
        _GKE,
        types=(_CLUSTER,),
        check=google_has_no_old_logins,
    ),
    ResourceRule(
        "azure-subnets-filtered",
        5,
        Level.MANDATORY,
        ("azure",),
        "Every subnet has a security group.",
        by_program("the subnet", "components/azure_network.py"),
        types=("azure-native:network:Subnet", _NETWORK),
        check=subnets_have_a_security_group,
    ),
)
