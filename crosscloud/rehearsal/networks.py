"""The network of a rehearsal's machines: the one that the stack's file asks for, unless this host uses it already."""

from collections.abc import Mapping
from ipaddress import IPv4Network, ip_network
from typing import Any

from crosscloud.config import StackConfig
from crosscloud.errors import CrosscloudError

#: Where another network is looked for; the size of the one that is replaced.
_POOL = IPv4Network("10.0.0.0/8")


def choose(values: dict[str, Any], config: StackConfig, before: Mapping[str, Any]) -> list[str]:
    """Set another ``networkCidr`` in ``values`` if the host uses the file's; return in words what was changed.

    A rehearsal that is there keeps its network: ``before`` are its settings.
    """
    key = f"crosscloud:{config.cloud}"
    if kept := (before.get(key) or {}).get("networkCidr"):
        values[key] = {**(values.get(key) or {}), "networkCidr": kept}
        return []
    cidr = getattr(getattr(config, config.cloud), "network_cidr", None)
    if cidr is None:
        return []
    from crosscloud.machines import addresses

    wanted, occupied = IPv4Network(cidr), addresses.occupied()
    clashes = [str(one) for one in occupied if one.overlaps(wanted)]
    if not clashes:
        return []
    others = [IPv4Network(getattr(config, name)) for name in ("pod_cidr", "service_cidr")]
    chosen = free(wanted.prefixlen, [*occupied, *others])
    values[key] = {**(values.get(key) or {}), "networkCidr": str(chosen)}
    return [f"the machines' network is {chosen}: this host uses {', '.join(clashes)}, part of {wanted}"]


def free(prefix: int, taken: list[IPv4Network]) -> IPv4Network:
    """Return the first network of this prefix length in 10.0.0.0/8 that overlaps none of ``taken``."""
    for candidate in _POOL.subnets(new_prefix=prefix):
        if not any(candidate.overlaps(ip_network(one)) for one in taken):
            return candidate
    raise CrosscloudError(f"this host uses all of {_POOL}: no network of a /{prefix} is free for a rehearsal")
