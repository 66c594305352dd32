"""The network of a rehearsal's machines: the one that the stack's file asks for, unless this host uses it already."""

import json
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

from crosscloud.config import StackConfig
from crosscloud.errors import CrosscloudError
from crosscloud.locking import locked

#: Where another network is looked for; the size of the one that is replaced.
_POOL = IPv4Network("10.0.0.0/8")


def choose(values: dict[str, Any], config: StackConfig, memory: Path) -> list[str]:
    """Set another ``networkCidr`` in ``values`` if the host uses the file's; return in words what was changed.

    What was chosen once stays, as long as the rehearsal does: ``memory`` is the file that knows.
    """
    wanted = getattr(getattr(config, config.cloud), "network_cidr", None)
    if wanted is None:
        return []
    memory.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with locked(memory.parent.with_name("networks.lock")):
        chosen = _remembered(memory)
        if wanted not in chosen:
            chosen[wanted] = str(_chosen(IPv4Network(wanted), config, _networks(chosen), _others(memory)))
            memory.write_text(json.dumps(chosen))
    if chosen[wanted] == wanted:
        return []
    key = f"crosscloud:{config.cloud}"
    values[key] = {**(values.get(key) or {}), "networkCidr": chosen[wanted]}
    return [f"the machines' network is {chosen[wanted]}, since this host uses addresses of {wanted} itself"]


def _remembered(memory: Path) -> dict[str, str]:
    try:
        found: dict[str, str] = json.loads(memory.read_text())
    except FileNotFoundError:  # also of a rehearsal that is taken down at this moment
        return {}
    return found


def _networks(chosen: dict[str, str]) -> list[IPv4Network]:
    return [IPv4Network(one) for one in chosen.values()]


def _others(memory: Path) -> list[IPv4Network]:
    """Return what other rehearsals have chosen, and may not have made yet: several may begin at once."""
    files = (file for file in memory.parent.parent.glob(f"*/{memory.name}") if file != memory)
    return [network for file in files for network in _networks(_remembered(file))]


def _chosen(
    wanted: IPv4Network, config: StackConfig, own: list[IPv4Network], promised: list[IPv4Network]
) -> IPv4Network:
    """Return what is wanted, or what is free; what the rehearsal has itself (``own``) is not taken for another's."""
    from crosscloud.machines import addresses

    occupied = [one for one in addresses.occupied() if not any(one.subnet_of(mine) for mine in own)] + promised
    if not any(one.overlaps(wanted) for one in occupied):
        return wanted
    others = [IPv4Network(getattr(config, name)) for name in ("pod_cidr", "service_cidr")]
    return free(wanted.prefixlen, [*occupied, *others, *own])


def free(prefix: int, taken: list[IPv4Network]) -> IPv4Network:
    """Return the first network of this prefix length in 10.0.0.0/8 that overlaps none of ``taken``."""
    for candidate in _POOL.subnets(new_prefix=prefix):
        if not any(candidate.overlaps(one) for one in taken):
            return candidate
    raise CrosscloudError(f"this host uses all of {_POOL}: no network of a /{prefix} is free for a rehearsal")
