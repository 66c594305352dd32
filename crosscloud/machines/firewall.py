"""Get along with a firewall that the host has already (docker's, ufw's): its iptables chains may drop by default.

A packet has to be accepted by every table. Ours is exact about what a network's machines may do (see `nft`), so where
the host's own chains drop what they don't know, they are told to leave our bridges to it; others stay as they are.
"""

import subprocess
from pathlib import Path

from crosscloud.machines import commands, nft

#: Chain, and the options that match what comes from or goes to a bridge.
_RULES = (("INPUT", "-i"), ("FORWARD", "-i"), ("FORWARD", "-o"))
_LEGACY = Path("/proc/net/ip_tables_names")


def admit(bridge: str) -> None:
    """Have chains of the host that drop by default accept what concerns ``bridge``."""
    for chain, option in _RULES:
        listing = _list(chain)
        rule = [option, bridge, "-j", "ACCEPT"]
        if f"-P {chain} DROP" in listing and f"-A {chain} {' '.join(rule)}" not in listing:
            commands.run(
                ["iptables", "-w", "-I", chain, "1", *rule], purpose=f"let {bridge} through the host's firewall"
            )


def dismiss(prefix: str) -> list[str]:
    """Remove the rules of every bridge whose name starts with ``prefix``; return them."""
    removed = rules(prefix)
    for line in removed:
        commands.run(["iptables", "-w", "-D", *line.split()[1:]], purpose=f"remove the rule {line}")
    return removed


def rules(prefix: str) -> list[str]:
    """Return the rules that `admit` made for bridges whose name starts with ``prefix``."""
    return [
        line
        for chain in ("INPUT", "FORWARD")
        for line in _list(chain)
        if any(line.startswith(f"-A {chain} {option} {prefix}") for option in ("-i", "-o"))
    ]


def _list(chain: str) -> list[str]:
    """Return the chain's policy and rules; nothing where iptables isn't in use (asking it would put it in use)."""
    program = commands.find("iptables")
    if program is None:
        return []
    in_use = "filter" in nft.all_tables() or (_LEGACY.exists() and "filter" in _LEGACY.read_text().split())
    if not in_use:
        return []
    done = subprocess.run([program, "-w", "-S", chain], capture_output=True, text=True, check=False)
    return done.stdout.splitlines()
