"""What a preview found, in terms of our own: whatever shows it knows nothing of the engine's events."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

#: What stands for a value that only the change itself will tell.
UNKNOWN = "(known after the change)"
#: What stands for a secret, as the engine writes it.
SECRET = "[secret]"  # noqa: S105 - it hides one


class Op(StrEnum):
    """What happens to a resource."""

    CREATE = "create"
    UPDATE = "update"
    REPLACE = "replace"
    DELETE = "delete"
    IMPORT = "import"
    READ = "read"
    REFRESH = "refresh"
    SAME = "same"


#: What changes something in the cloud or in the state, in the order in which it is shown: the gravest first.
CHANGING = (Op.DELETE, Op.REPLACE, Op.UPDATE, Op.CREATE, Op.IMPORT)


@dataclass(frozen=True)
class Difference:
    """One property (``values.image.tag``) before and after, ``None`` where it is not there; ``replaces``: the cause."""

    path: str
    old: Any
    new: Any
    replaces: bool = False


@dataclass(frozen=True)
class Change:
    """What happens to one resource. ``causes`` are the properties that replace it: none if it goes with another."""

    op: Op
    type: str
    name: str
    urn: str
    old: Mapping[str, Any] = field(default_factory=dict)
    new: Mapping[str, Any] = field(default_factory=dict)
    differences: tuple[Difference, ...] = ()
    causes: tuple[str, ...] = ()

    def touches(self, path: str) -> bool:
        """Tell whether a property, or something within it, is another afterwards."""
        return any(one.path == path or one.path.startswith((f"{path}.", f"{path}[")) for one in self.differences)


@dataclass(frozen=True)
class Finding:
    """What a policy has to say. A mandatory finding keeps the change from being applied."""

    policy: str
    message: str
    mandatory: bool
    resource: str = ""

    @property
    def resource_name(self) -> str:
        """The resource's name, or nothing."""
        return self.resource.rpartition("::")[2]


@dataclass(frozen=True)
class Diagnostic:
    """An error or a warning of the engine, the program or a provider; ``resource`` is a URN, or empty."""

    message: str
    resource: str = ""

    @property
    def name(self) -> str:
        """The resource's name."""
        return self.resource.rpartition("::")[2]


@dataclass(frozen=True)
class Advice:
    """What is known of an error: what it means, and what to try."""

    about: str
    says: str
    steps: Sequence[str] = ()


@dataclass(frozen=True)
class Counts:
    """How many resources are to be made, updated, replaced and deleted, and how many stay."""

    create: int = 0
    update: int = 0
    replace: int = 0
    delete: int = 0
    same: int = 0

    def __bool__(self) -> bool:
        return any((self.create, self.update, self.replace, self.delete))

    def __str__(self) -> str:
        return f"+{self.create} ~{self.update} ±{self.replace} −{self.delete}"  # noqa: RUF001 - as wide as the plus


@dataclass(frozen=True)
class Preview:
    """All that a preview found. ``failed`` is the engine's own word: it may fail on a mandatory finding alone.

    ``config`` and ``outputs`` are the stack's before and after; before is empty where nothing is known of it. ``fresh``
    stacks are in no backend yet. ``seconds`` is the time from asking to knowing.
    """

    stack: str
    changes: tuple[Change, ...] = ()
    findings: tuple[Finding, ...] = ()
    errors: tuple[Diagnostic, ...] = ()
    warnings: tuple[str, ...] = ()
    advice: tuple[Advice, ...] = ()
    config: tuple[Mapping[str, Any], Mapping[str, Any]] = ({}, {})
    outputs: tuple[Mapping[str, Any], Mapping[str, Any]] = ({}, {})
    policies: bool = False
    failed: bool = False
    fresh: bool = False
    rehearsed: bool = False
    seconds: float = 0.0
    commit: str = ""

    @property
    def changed(self) -> list[Change]:
        """What changes something, the gravest first, then by type and name: the engine's order is never the same."""
        found = [one for one in self.changes if one.op in CHANGING]
        return sorted(found, key=lambda one: (CHANGING.index(one.op), one.type, one.name))

    @property
    def counts(self) -> Counts:
        """The numbers of the headline; an import is as good as a creation there."""
        found = Counter(change.op for change in self.changes)
        made = found[Op.CREATE] + found[Op.IMPORT]
        return Counts(made, found[Op.UPDATE], found[Op.REPLACE], found[Op.DELETE], found[Op.SAME])

    @property
    def mandatory(self) -> list[Finding]:
        """The findings that keep the change from being applied."""
        return [finding for finding in self.findings if finding.mandatory]

    @property
    def advisory(self) -> list[Finding]:
        """The findings that only tell."""
        return [finding for finding in self.findings if not finding.mandatory]
