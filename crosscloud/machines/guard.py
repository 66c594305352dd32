"""Packet filters of a guarded network: what passes between its machines, its load balancers and this host.

Between two machines packets stay on the bridge, where many kernels track no connections. So the rules there are
stateless, as a network ACL's are: what does not begin a TCP connection passes, and of other protocols the reverse of a
rule does. Between machines and this host (its load balancers, whoever runs programs on it) connections are tracked.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from ipaddress import IPv4Network
from typing import Any

#: This host itself, as the source of a rule: what it sends under none of its load balancers' addresses.
OPERATOR = "operator"


@dataclass(frozen=True)
class Rule:
    """What may pass; addresses or ranges, "tcp", "udp", "icmp" or "any", the first and last port (None: all)."""

    source: str
    destination: str
    protocol: str
    ports: tuple[int, int] | None = None


@dataclass(frozen=True)
class Guard:
    """All that may pass, and the machines that reach the ports of this host that the gateway leads to."""

    rules: Sequence[Rule] = field(default_factory=tuple)
    internet: Sequence[str] = field(default_factory=tuple)

    def to_record(self) -> dict[str, Any]:
        """Return it as a record keeps it."""
        return {"rules": [asdict(rule) for rule in self.rules], "internet": list(self.internet)}

    @classmethod
    def from_record(cls, kept: dict[str, Any]) -> "Guard":
        """Return what `to_record` kept."""
        rules = [Rule(**{**rule, "ports": tuple(rule["ports"]) if rule["ports"] else None}) for rule in kept["rules"]]
        return cls(rules, kept["internet"])

    @property
    def operator(self) -> list[str]:
        """Rules for what this host sends, without a verdict."""
        return [_match("", rule.destination, rule) for rule in self.rules if rule.source == OPERATOR]

    @property
    def others(self) -> list[str]:
        """Rules for what machines and load balancers send, without a verdict."""
        return [_match(rule.source, rule.destination, rule) for rule in self._between()]

    @property
    def replies(self) -> list[str]:
        """Rules for replies where no connections are tracked; those of TCP need none."""
        return [
            _match(rule.destination, rule.source, rule, port="sport")
            for rule in self._between()
            if rule.protocol != "tcp"
        ]

    def _between(self) -> list[Rule]:
        return [rule for rule in self.rules if rule.source != OPERATOR]


def render(table: str, cidr: str, links: Iterable[str], guard: Guard) -> str:
    """Return the nft script that replaces the table of family bridge; ``links`` are the machines' on the bridge."""
    ports = ", ".join(f'"{link}"' for link in links)
    lines = [
        f"table bridge {table}",
        f"delete table bridge {table}",
        f"table bridge {table} {{",
        "  chain between {",
        "    ether type arp accept",
        "    ip frag-off & 0x1fff != 0 accept",  # its first part has the ports, and was let through or not
        "    tcp flags & (fin | syn | rst | ack) != syn accept",
        *(f"    {match} accept" for match in [*guard.others, *guard.replies]),
        "    counter drop",
        "  }",
        "  chain forward {",
        "    type filter hook forward priority filter; policy accept;",
        # Bridges can't be told by name in every kernel: by addresses, and by links where these are foreign ones.
        f"    ip saddr {cidr} jump between",
        f"    ip daddr {cidr} jump between",
        *([f"    iifname {{ {ports} }} jump between"] if ports else []),
        "  }",
        "}",
    ]
    return "\n".join(lines) + "\n"


def _match(source: str, destination: str, rule: Rule, port: str = "dport") -> str:
    parts = [_address("saddr", source), _address("daddr", destination)]
    if rule.protocol in ("tcp", "udp"):
        first, last = rule.ports or (0, 65535)
        parts.append(f"{rule.protocol} {port} {int(first)}-{int(last)}")
    elif rule.protocol == "icmp":
        parts.append("ip protocol icmp")
    return " ".join(part for part in parts if part)


def _address(side: str, text: str) -> str:
    """Return nothing for any address; a range that is none is an error here rather than of nft's."""
    if not text:
        return ""
    network = IPv4Network(text)
    return f"ip {side} {network}" if network.prefixlen else ""
