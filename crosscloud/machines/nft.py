"""The nft table of a network: what its machines may reach on this host and beyond.

One table a network, removed as a whole. Machines reach each other (they share a bridge), the listeners on their gateway
that were asked for, and, if asked for, the outside; never another network, and never a port of the host by accident.
"""

import json
from collections.abc import Mapping

from crosscloud.machines import commands
from crosscloud.machines.guard import Guard
from crosscloud.machines.store import Network

#: In the names of tables that only remember something (see `settings`).
MARK = "-was-"
_FAMILIES = ("ip", "bridge")


def render(network: Network, *, outbound: bool, host_ports: Mapping[str, int], guard: Guard | None = None) -> str:
    """Return the nft script that replaces the network's table by what is asked for.

    ``host_ports`` maps a port of the gateway to the port of 127.0.0.1 on the host that it leads to. With a ``guard``
    only what it allows passes between the host, its load balancers and the machines.
    """
    bridge, gateway = f'"{network.bridge}"', network.gateway
    senders = "" if guard is None else "ip saddr @internet "
    forwards = [
        f"    iifname {bridge} {senders}ip daddr {gateway} tcp dport {int(port)} dnat to 127.0.0.1:{int(target)}"
        for port, target in sorted(host_ports.items(), key=lambda item: int(item[0]))
    ]
    # A host with br_netfilter takes even what passes between two machines of one bridge through these chains.
    leaving = (
        # Machines have 1500-byte links; what lies outside may have less, and the packets that say so often get lost.
        [
            f'    iifname {bridge} oifname != {bridge} oifname "cc-*" drop',
            f"    iifname {bridge} oifname != {bridge} tcp flags syn tcp option maxseg size set rt mtu",
        ]
        if outbound
        else [f"    iifname {bridge} oifname != {bridge} drop"]
    )
    masquerade = [f"    ip saddr {network.cidr} oifname != {bridge} masquerade"] if outbound else []
    masquerade += [
        f"    ip saddr {gateway} ip daddr {address} oifname {bridge} snat to {way['source']}"
        for address, way in sorted(network.led.items())
        if way.get("source")
    ]
    lines = [
        f"table ip {network.table}",
        f"delete table ip {network.table}",
        f"table ip {network.table} {{",
        "  set listeners { type ipv4_addr . inet_service; }",
        "  set balancers { type ipv4_addr; }",
        *([] if guard is None else _guarded(bridge, guard)),
        "  chain spoofed {",
        "    type filter hook prerouting priority raw; policy accept;",
        # The bridge may route to 127.0.0.0/8 for the forwards below; what goes there by itself is none of them.
        f"    iifname {bridge} ip daddr 127.0.0.0/8 drop",
        f"    iifname {bridge} ip saddr != {{ {', '.join([network.cidr, *network.led])} }} drop",
        *_bridged(network),
        "  }",
        "  chain forwards {",
        "    type nat hook prerouting priority dstnat; policy accept;",
        *forwards,
        "  }",
        "  chain host {",
        "    type filter hook input priority filter; policy accept;",
        *([] if guard is None else [f"    iifname != {bridge} ip daddr @balancers jump operator"]),
        f"    iifname != {bridge} accept",
        "    ct state established,related accept",
        "    ct status dnat accept",
        "    meta l4proto icmp accept",
        f"    ip daddr . tcp dport @listeners {'accept' if guard is None else 'jump admitted'}",
        "    drop",
        "  }",
        "  chain beyond {",
        "    type filter hook forward priority filter; policy accept;",
        f"    oifname {bridge} iifname != {bridge} ct state established,related accept",
        f"    oifname {bridge} iifname != {bridge} drop",
        *leaving,
        "  }",
        "  chain leaving {",
        "    type nat hook postrouting priority srcnat; policy accept;",
        *masquerade,
        "  }",
        "}",
    ]
    return "\n".join(lines) + "\n"


def _bridged(network: Network) -> list[str]:
    """Return the rules for packets of this host that come back on their way between two links of the bridge.

    With br_netfilter they would count as another connection, and take the replies of their own.
    """
    sources = sorted({way["source"] for way in network.led.values() if way.get("source")})
    return [f'    iifname "{network.bridge}" ip saddr {source} notrack' for source in sources]


def _guarded(bridge: str, guard: Guard) -> list[str]:
    """Return the chains that hold what machines and load balancers may begin, and what this host may."""
    internet = f" elements = {{ {', '.join(guard.internet)} }};" if guard.internet else ""
    return [
        f"  set internet {{ type ipv4_addr;{internet} }}",
        "  chain admitted {",
        *(f"    {match} accept" for match in guard.others),
        "    counter drop",
        "  }",
        "  chain operator {",
        "    ct state established,related accept",
        *(f"    {match} accept" for match in guard.operator),
        "    counter drop",
        "  }",
        "  chain sent {",
        "    type filter hook output priority filter; policy accept;",
        f"    oifname != {bridge} accept",
        "    ct state established,related accept",
        "    ip saddr @balancers jump admitted",
        "    jump operator",
        "  }",
    ]


def apply(script: str, purpose: str) -> None:
    """Have nft do all of ``script`` or nothing."""
    commands.run(["nft", "-f", "-"], purpose=purpose, text=script)


def tables() -> set[str]:
    """Return the names of our networks' tables on this host, whichever checkout they belong to."""
    names = {name for family, name in _listing() if family in _FAMILIES}
    return {name for name in names if name.startswith("crosscloud-") and MARK not in name}


def remove(table: str) -> None:
    """Remove the table, of either family, if it is there."""
    there = _listing()
    script = "".join(f"delete table {family} {table}\n" for family in _FAMILIES if (family, table) in there)
    if script:
        apply(script, f"remove the nft table {table}")


def listen(network: Network, address: str, port: int, *, open_: bool) -> None:
    """Let the network's machines reach (or no longer reach) ``address:port`` on this host."""
    if network.table in tables():
        # Adding first makes deleting what is not there succeed.
        elements = listener(network, address, port)
        script = "".join(f"add {one}\n" + ("" if open_ else f"delete {one}\n") for one in elements)
        apply(script, f"set what the network {network.cidr} may reach")


def listener(network: Network, address: str, port: int) -> list[str]:
    """Return the elements of the network's table that stand for a load balancer."""
    return [
        f"element ip {network.table} listeners {{ {address} . {int(port)} }}",
        f"element ip {network.table} balancers {{ {address} }}",
    ]


def all_tables(family: str = "ip") -> set[str]:
    """Return the names of all tables of a family on this host, whoever they belong to."""
    return {name for this, name in _listing() if this == family}


def exists(network: Network) -> bool:
    """Tell whether the network has its tables: one, and a second for what stays on the bridge if it is guarded."""
    there = _listing()
    return all((family, network.table) in there for family in _FAMILIES[: 1 if network.guard is None else 2])


def _listing() -> set[tuple[str, str]]:
    if commands.find("nft") is None:
        return set()  # without it no machine was ever booted here
    listing = json.loads(commands.run(["nft", "-j", "list", "tables"], purpose="list the nft tables"))
    return {(item["table"]["family"], item["table"]["name"]) for item in listing["nftables"] if "table" in item}
