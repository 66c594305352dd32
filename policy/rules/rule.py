"""What a rule is, and what it is asked about: a resource (type, name and values) and the stack's configuration."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from fnmatch import fnmatchcase
from typing import Any

Values = Mapping[str, Any]
#: Every cloud that a stack can be on.
ALL_CLOUDS = ("aws", "azure", "gce", "gke", "packet", "local", "existing")


class Level(Enum):
    """What a finding does: a mandatory one stops ``preview`` and ``up``, an advisory one is only told."""

    MANDATORY = "mandatory"
    ADVISORY = "advisory"


@dataclass(frozen=True)
class Resource:
    """A resource: its type's token, name and values.

    Reading an unknown value of ``props`` raises the SDK's ``UnknownValueError``, which the engine shows as a finding
    that can't be told before ``up``. ``shown`` are the same values with secrets left out, unknown ones as the engine's
    markers. ``needs`` are, for each of its properties, the types of the resources that it is made from; known only for
    a whole stack.
    """

    type: str
    name: str
    props: Values
    shown: Values = field(default_factory=dict)
    urn: str = ""
    needs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """The type's own name: ``Instance``."""
        return self.type.rpartition(":")[2]

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


@dataclass(frozen=True)
class Known:
    """What a stack's configuration says about who may reach what.

    ``api`` and ``ssh`` are CIDRs; ``inside`` are those of the cluster's own machines.
    """

    api: frozenset[str] = frozenset()
    ssh: frozenset[str] = frozenset()
    inside: frozenset[str] = frozenset()
    anywhere: bool = False

    @classmethod
    def of(cls, values: Mapping[str, str], *, stack: str) -> "Known":
        """Return what the engine's ``values`` of a stack say: strings, JSON for blocks and lists.

        Files that they name are not looked for: the program does that. Raises ``ConfigErrors`` as the program does.
        """
        from crosscloud import config

        read = config.load(values, stack=stack, files=False)
        block = getattr(read, read.cloud)
        own = {getattr(block, name, None) for name in ("network_cidr", "control_plane_cidr")}
        return cls(
            api=frozenset(map(str, getattr(read, "api_access_cidrs", ()))),
            ssh=frozenset(map(str, getattr(read, "ssh_access_cidrs", ()))),
            inside=frozenset(str(cidr) for cidr in own if cidr),
            anywhere=getattr(read, "api_access_from_anywhere", False),
        )


@dataclass(frozen=True)
class Rule:
    """A rule of the pack.

    ``line`` is its line of the security checklist, ``says`` what has to hold, ``mend`` the sentence that every finding
    ends with. ``key`` is the key of the stack's file that mends it, or empty where only the program itself can break
    the rule. ``clouds`` are those whose resources it looks at.
    """

    name: str
    line: int
    level: Level
    clouds: tuple[str, ...]
    says: str
    mend: str
    key: str = ""

    def message(self, finding: str) -> str:
        """Return a finding's text: what is wrong, and what mends it."""
        return f"{finding}. {self.mend}"


def by_program(what: str, *files: str) -> str:
    """Return the sentence that mends what only the program can break, in one of these files."""
    return f"No key of the stack's file changes this: mend {what} in {' or '.join(files)}"


@dataclass(frozen=True, kw_only=True)
class ResourceRule(Rule):
    """A rule about each resource by itself, asked before the resource is made: ``types`` are patterns of tokens."""

    types: tuple[str, ...]
    check: Callable[[Resource, Known], Iterator[str]]

    def concerns(self, token: str) -> bool:
        """Tell whether the rule is about resources of a type."""
        return any(fnmatchcase(token, pattern) for pattern in self.types)


@dataclass(frozen=True, kw_only=True)
class StackRule(Rule):
    """A rule about a stack's resources together, with their outputs."""

    check: Callable[[Sequence[Resource], Known], Iterator[tuple[Resource, str]]]
