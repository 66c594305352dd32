"""What is written into a machine's disk before it boots: its name, its address, and cloud-init's seed."""

import json
from collections.abc import Mapping
from ipaddress import IPv4Network
from pathlib import Path

from crosscloud.machines.store import Machine, Network, write_private

_RESOLVERS = (Path("/run/systemd/resolve/resolv.conf"), Path("/etc/resolv.conf"))
_LOOPBACK = "127."


def write(
    upper: Path, machine: Machine, network: Network, user_data: str | bytes, files: Mapping[str, str] | None = None
) -> None:
    """Fill the machine's own layer; the user-data (it holds secrets) is readable by root alone.

    ``files`` are others that it finds at its first boot, by their paths without the first slash; ``etc/hosts`` holds
    names beside its own.
    """
    prefix, name = IPv4Network(network.cidr).prefixlen, machine.hostname or machine.id
    names = name if "." not in name else f"{name} {name.partition('.')[0]}"
    others = dict(files or {})
    more = others.pop("etc/hosts", "")
    for path, text in others.items():
        _put(upper, path, text)
    _put(upper, "etc/hostname", f"{name}\n")
    _put(upper, "etc/machine-id", f"{machine.machine_id}\n")
    _put(upper, "etc/hosts", f"127.0.0.1 localhost\n{machine.address} {names}\n::1 localhost ip6-localhost\n{more}")
    _put(upper, "etc/resolv.conf", resolver() if network.inputs["outbound"] else "")
    _put(
        upper,
        "etc/crosscloud-machine/network",
        f"LINK=host0\nADDRESS={machine.address}/{prefix}\nGATEWAY={network.gateway}\n",
    )
    folder = upper / "var/lib/cloud/seed/nocloud"
    folder.mkdir(parents=True)
    folder.chmod(0o700)
    identity = {"instance-id": machine.machine_id, "local-hostname": name}
    write_private(folder / "meta-data", json.dumps(identity))
    write_private(folder / "user-data", user_data)


def resolver() -> str:
    """Return a resolv.conf with the host's name servers, without those on its loopback, which a machine can't reach."""
    for source in _RESOLVERS:
        if source.exists():
            lines = source.read_text().splitlines()
            kept = [line for line in lines if line.startswith(("nameserver", "search", "options"))]
            usable = [line for line in kept if not line.split()[1].startswith(_LOOPBACK)]
            if any(line.startswith("nameserver") for line in usable):
                return "\n".join(usable) + "\n"
    return ""


def _put(root: Path, name: str, text: str) -> None:
    file = root / name
    for parent in reversed(file.relative_to(root).parents):
        (root / parent).mkdir(exist_ok=True)
        (root / parent).chmod(0o755)
    file.write_text(text)
    file.chmod(0o644)
