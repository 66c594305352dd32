"""What the fabric is asked for, and the two ways of doing it: on the host, or in notes alone (see `fabric`)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

#: Whoever runs the program, as the source of an `Allow`.
OPERATOR = "operator"


@dataclass(frozen=True)
class Allow:
    """What may pass: new connections (and the replies to them) from one address or range to another.

    ``source`` may be `OPERATOR`; ``ports`` are the first and the last one, None for all. A balancer's connections to
    its targets come from its own address.
    """

    source: str
    destination: str
    protocol: Literal["tcp", "udp", "icmp", "any"]
    ports: tuple[int, int] | None = None


@dataclass(frozen=True)
class MachineSpec:
    """A machine to boot; ``report`` is told what takes long; ``files`` are texts by path that it finds on its disk."""

    hostname: str
    address: str
    user_data: str | bytes = field(repr=False)
    report: Callable[[str], None] = lambda _line: None
    files: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class BalancerSpec:
    """A balancer of TCP ``port``; without ``address`` it gets a free one."""

    port: int
    targets: Sequence[str]
    target_port: int
    address: str | None = None


class Fabric(Protocol):
    """What the functions of `fabric` do, by the names that they have there."""

    def network(self, key: str, cidr: str) -> None:
        """Make a network."""

    def remove_network(self, key: str) -> None:
        """Remove a network."""

    def boot(self, key: str, network: str, spec: MachineSpec) -> None:
        """Boot a machine."""

    def running(self, key: str) -> bool:
        """Tell whether a machine runs."""

    def halt(self, key: str) -> None:
        """Remove a machine."""

    def machines(self, network: str) -> list[str]:
        """Return the keys of a network's machines."""

    def balance(self, key: str, network: str, spec: BalancerSpec) -> str:
        """Make a balancer, or change it; return its address."""

    def unbalance(self, key: str) -> None:
        """Remove a balancer."""

    def guard(self, network: str, allows: Sequence[Allow], internet: Sequence[str]) -> None:
        """Replace a network's packet filter."""

    def lead(self, network: str, ways: Mapping[str, Mapping[str, str]]) -> None:
        """Replace the addresses outside of a network that lead into it."""

    def purge(self) -> list[str]:
        """Remove everything of this rehearsal."""

    def leftovers(self) -> list[str]:
        """Return what there is of this rehearsal."""
