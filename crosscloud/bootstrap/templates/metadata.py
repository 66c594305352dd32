"""Tells the shell what Equinix Metal's metadata service says of this machine: ``metadata.py WHAT``.

``id``: the device's; ``gateway``: of the private network; ``networks KEY``: those of the tags ``KEY=NETWORK``, with
commas between them; ``bird ADDRESS``: the configuration of the BGP daemon that announces the address. It fails while
the service does not know it: a BGP session is made after its device.
https://deploy.equinix.com/developers/docs/metal/server-metadata/metadata
"""

import ipaddress
import json
import sys
import urllib.request
from collections.abc import Callable
from typing import Any

URL = "https://metadata.platformequinix.com/metadata"
#: The routers leave a control plane that died when they have not heard of it for this many seconds.
HOLD_TIME = 9
_IPV4 = 4

_BIRD = """\
log stderr all;
router id {customer_ip};
protocol device {{ }}
protocol static elastic_ip {{ disabled yes; ipv4; route {address}/32 blackhole; }}
template bgp metal {{
  local {customer_ip} as {customer_as};
  multihop;{password}
  hold time {hold}; keepalive time {keepalive};
  connect delay time 1; connect retry time 5; error wait time 1, 5;
  ipv4 {{ import none; export where net = {address}/32; next hop self; }};
}}
"""


def bird(known: dict[str, Any], address: str) -> str:
    """Return the configuration, with the address not announced yet: that is ``birdc enable elastic_ip``."""
    session = next(one for one in known["bgp_neighbors"] or [] if one["address_family"] == _IPV4)
    password = session["md5_password"] if session.get("md5_enabled") else ""
    text = _BIRD.format(
        customer_ip=session["customer_ip"],
        customer_as=session["customer_as"],
        address=ipaddress.IPv4Address(address),
        password=f'\n  password "{password}";' if password else "",
        hold=HOLD_TIME,
        keepalive=HOLD_TIME // 3,
    )
    peers = enumerate(session["peer_ips"])
    return text + "".join(
        f"protocol bgp router_{number} from metal {{ neighbor {peer} as {session['peer_as']}; }}\n"
        for number, peer in peers
    )


def gateway(known: dict[str, Any]) -> str:
    """Return the address of the private network's router."""
    private = (one for one in known["network"]["addresses"] if one["address_family"] == _IPV4 and not one["public"])
    return str(next(private)["gateway"])


def networks(known: dict[str, Any], key: str) -> str:
    """Return the networks of the device's tags of this key."""
    tagged = [tag.removeprefix(f"{key}=") for tag in known["tags"] if tag.startswith(f"{key}=")]
    return ", ".join(str(ipaddress.IPv4Network(one)) for one in tagged)


def identity(known: dict[str, Any]) -> str:
    """Return the device's id."""
    return str(known["id"])


WORDS: dict[str, Callable[..., str]] = {"bird": bird, "gateway": gateway, "networks": networks, "id": identity}

if __name__ == "__main__":
    try:
        with urllib.request.urlopen(URL, timeout=5) as answer:
            found = json.load(answer)
        print(WORDS[sys.argv[1]](found, *sys.argv[2:]))
    except (OSError, ValueError, KeyError, StopIteration) as error:
        sys.exit(f"{URL} has no {sys.argv[1]} (yet): {type(error).__name__}: {error}")
