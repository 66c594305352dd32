"""The configuration of the routers' BGP daemons: what a device with a session may announce, and how it is reached.

A metro has two routers, and a daemon talks with a neighbour only once: so there are two, each with a routing table of
its own. What the first doesn't know goes by the second's.
"""

import subprocess
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

from crosscloud.machines import commands
from crosscloud.plugins.base import PluginError
from crosscloud.plugins.simulated_equinix_metal.account import ASN, PEER_ASN, PEERS

#: The kernel's tables, in the order in which they are asked: the routers', and what nobody announces.
TABLES = (101, 102, 103)

#: Several devices that announce an address share what comes for it, as at Equinix.
_HEAD = """\
log stderr all;
router id {peer};
protocol device {{ scan time 5; }}
protocol direct {{ ipv4; interface "eth0"; }}
protocol kernel {{ kernel table {table}; ipv4 {{ import none; export where source = RTS_BGP; }}; merge paths yes; }}
filter reserved {{ {accept}reject; }}
template bgp customer {{
  local {peer} as {peer_as};
  multihop;
  strict bind yes;
  passive;
  ipv4 {{ import filter reserved; export none; }};
}}
"""
#: A block that nobody announces is unreachable, and not sent out by the default route.
_NOBODY = """\
ipv4 table nobody;
protocol static {{ ipv4 {{ table nobody; }};{routes} }}
protocol kernel {{ kernel table {table}; ipv4 {{ table nobody; import none; export all; }}; }}
"""


def file(router: int) -> str:
    """Return the name of a router's configuration."""
    return f"bird-{router}.conf"


def control(router: int) -> str:
    """Return the name of a router's control socket."""
    return f"bird-{router}.ctl"


def render(router: int, neighbours: Sequence[str], blocks: Sequence[str]) -> str:
    """Return a router's configuration: only ``neighbours`` are talked to, only ``blocks`` and parts of them taken."""
    ranges = [f"{IPv4Network(block)}+" for block in blocks]
    text = _HEAD.format(
        peer=PEERS[router],
        peer_as=PEER_ASN,
        table=TABLES[router],
        accept=f"if net ~ [ {', '.join(ranges)} ] then accept; " if ranges else "",
    )
    if router == 0:
        routes = "".join(f" route {IPv4Network(block)} unreachable;" for block in blocks)
        text += _NOBODY.format(routes=routes, table=TABLES[-1])
    return text + "".join(
        f"protocol bgp session_{number} from customer {{ neighbor {IPv4Address(neighbour)} as {ASN}; }}\n"
        for number, neighbour in enumerate(neighbours)
    )


def reload(folder: Path) -> None:
    """Have the daemons read their configurations again; sessions that stay the same go on."""
    program = commands.find("birdc") or "birdc"
    for router in range(len(PEERS)):
        # By its folder: the path of a socket may have no more than 108 characters.
        command = [program, "-s", control(router), "configure"]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        if done.returncode != 0 or "Reconfigur" not in done.stdout:
            raise PluginError(f"a router of the metro refuses its configuration: {done.stdout}{done.stderr}")
