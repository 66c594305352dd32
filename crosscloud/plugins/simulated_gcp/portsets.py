"""Sets of protocols and ports: what the rules of a firewall are about."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Interval = tuple[int, int]
_ALL: Interval = (0, 65535)
#: The protocols that the host's filters tell apart; Google knows them by name or number.
Protocol = Literal["tcp", "udp", "icmp"]
PROTOCOLS: tuple[Protocol, ...] = ("tcp", "udp", "icmp")
_NUMBERS = {"1": "icmp", "6": "tcp", "17": "udp"}


@dataclass(frozen=True)
class PortSet:
    """Ports by protocol, as sorted intervals that don't touch each other; ``icmp`` has all "ports" or none."""

    intervals: Mapping[str, Sequence[Interval]]

    @classmethod
    def everything(cls) -> "PortSet":
        """Return all ports of all protocols."""
        return cls({protocol: [_ALL] for protocol in PROTOCOLS})

    @classmethod
    def nothing(cls) -> "PortSet":
        """Return the empty set."""
        return cls({})

    @classmethod
    def of_rule(cls, entries: Sequence[Mapping[str, Any]]) -> "PortSet":
        """Return what a rule's ``allows`` or ``denies`` name: ``{protocol: tcp, ports: ["22", "8000-8080"]}``."""
        found = cls.nothing()
        for entry in entries:
            given = str(entry["protocol"]).lower()
            protocol = _NUMBERS.get(given, given)
            if protocol == "all":
                return cls.everything()
            if protocol in PROTOCOLS:
                ports = [_interval(one) for one in entry.get("ports") or []] or [_ALL]
                found = found | cls({protocol: ports})
        return found

    def __or__(self, other: "PortSet") -> "PortSet":
        both = {*self.intervals, *other.intervals}
        return PortSet({one: _merged([*self.intervals.get(one, []), *other.intervals.get(one, [])]) for one in both})

    def __and__(self, other: "PortSet") -> "PortSet":
        return PortSet(
            {
                one: [
                    (max(a, c), min(b, d))
                    for a, b in self.intervals[one]
                    for c, d in other.intervals.get(one, [])
                    if max(a, c) <= min(b, d)
                ]
                for one in self.intervals
            }
        )

    def __sub__(self, other: "PortSet") -> "PortSet":
        rest: dict[str, list[Interval]] = {}
        for protocol, intervals in self.intervals.items():
            left = list(intervals)
            for cut in other.intervals.get(protocol, []):
                left = [part for one in left for part in _without(one, cut)]
            rest[protocol] = left
        return PortSet(rest)

    def __contains__(self, item: tuple[str, int]) -> bool:
        protocol, port = item
        return any(first <= port <= last for first, last in self.intervals.get(protocol, []))

    def __iter__(self) -> Iterator[tuple[Protocol, Interval | None]]:
        """Yield each protocol with each interval; None where it is all of them."""
        for protocol in PROTOCOLS:
            for interval in self.intervals.get(protocol, []):
                yield protocol, None if interval == _ALL else interval


def _interval(text: str) -> Interval:
    first, _, last = str(text).partition("-")
    return int(first), int(last or first)


def _merged(intervals: Sequence[Interval]) -> list[Interval]:
    found: list[Interval] = []
    for first, last in sorted(intervals):
        if found and first <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(last, found[-1][1]))
        else:
            found.append((first, last))
    return found


def _without(one: Interval, cut: Interval) -> Iterator[Interval]:
    if one[0] < cut[0]:
        yield one[0], min(one[1], cut[0] - 1)
    if one[1] > cut[1]:
        yield max(one[0], cut[1] + 1), one[1]
