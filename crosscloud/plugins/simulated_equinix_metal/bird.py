"""The configuration of the routers' BGP daemon: what a device with a session may announce, and how it is reached."""

import subprocess
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

from crosscloud.machines import commands
from crosscloud.plugins.base import PluginError
from crosscloud.plugins.simulated_equinix_metal.account import ASN, PEER_ASN, PEERS

FILE, CONTROL = "bird.conf", "bird.ctl"

#: Several devices that announce an address share what comes for it, as at Equinix. A block that nobody announces is
#: unreachable, and not sent out by the default route.
_HEAD = """\
log stderr all;
router id {router_id};
protocol device {{ scan time 5; }}
protocol direct {{ ipv4; interface "eth0"; }}
protocol kernel {{ ipv4 {{ import none; export where source != RTS_DEVICE; }}; merge paths yes; }}
protocol static nobody {{ ipv4 {{ preference 1; }};{unreachable} }}
filter reserved {{ {accept}reject; }}
template bgp customer {{
  multihop;
  passive;
  ipv4 {{ import filter reserved; export none; }};
}}
"""


def render(neighbours: Sequence[str], blocks: Sequence[str]) -> str:
    """Return the configuration: only ``neighbours`` are talked to, only ``blocks`` and parts of them taken."""
    ranges = [f"{IPv4Network(block)}+" for block in blocks]
    text = _HEAD.format(
        router_id=PEERS[0],
        unreachable="".join(f" route {IPv4Network(block)} unreachable;" for block in blocks),
        accept=f"if net ~ [ {', '.join(ranges)} ] then accept; " if ranges else "",
    )
    for number, neighbour in enumerate(neighbours):
        for router, peer in enumerate(PEERS):
            text += (
                f"protocol bgp session_{number}_{router} from customer "
                f"{{ local {peer} as {PEER_ASN}; neighbor {IPv4Address(neighbour)} as {ASN}; }}\n"
            )
    return text


def reload(folder: Path) -> None:
    """Have the daemon read its configuration again; sessions that stay the same go on."""
    program = commands.find("birdc") or "birdc"
    # By its folder: the path of a socket may have no more than 108 characters.
    done = subprocess.run(
        [program, "-s", CONTROL, "configure"], cwd=folder, capture_output=True, text=True, check=False
    )
    if done.returncode != 0 or "Reconfigur" not in done.stdout:
        raise PluginError(f"the metro's routers refuse their configuration: {done.stdout}{done.stderr}")
