"""What GKE and Azure's networks must have of their own (lines 4 and 5 of the checklist)."""

from collections.abc import Iterator

from policy.rules.rule import Known, Level, Resource, ResourceRule
from policy.rules.values import at

_CLUSTER, _POOL = "gcp:container/cluster:Cluster", "gcp:container/nodePool:NodePool"


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


def subnets_have_a_security_group(one: Resource, _: Known) -> Iterator[str]:
    """Yield subnets of Azure without a security group."""
    inline = [subnet for subnet in one.props.get("subnets") or () if not subnet.get("networkSecurityGroup")]
    yield from (f"{one}: its subnet {each.get('name')} has no security group" for each in inline)


def subnet_has_a_security_group(one: Resource, _: Known) -> Iterator[str]:
    """Yield a subnet of Azure without a security group; which one it is may be unknown yet."""
    if not set(one.props.get("networkSecurityGroup") or {}):
        yield f"{one}: has no security group"


_GKE = "No key of the stack's file changes this: mend the cluster in components/gke.py"
_NETWORK = "No key of the stack's file changes this: mend the subnet in components/azure_network.py"

RULES = (
    ResourceRule(
        "gke-metadata-protected",
        4,
        Level.MANDATORY,
        ("gke",),
        "Pods see GKE's metadata server and not that of their node.",
        _GKE,
        types=(_CLUSTER, _POOL),
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
        _NETWORK,
        types=("azure-native:network:Subnet",),
        check=subnet_has_a_security_group,
    ),
    ResourceRule(
        "azure-inline-subnets-filtered",
        5,
        Level.MANDATORY,
        ("azure",),
        "Every subnet that a network is made with has a security group.",
        _NETWORK,
        types=("azure-native:network:VirtualNetwork",),
        check=subnets_have_a_security_group,
    ),
)
