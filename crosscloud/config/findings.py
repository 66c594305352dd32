"""What is wrong with a stack's values, before anyone has looked up where in the file they stand."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from crosscloud.problems import ProblemsError

#: The namespace of our keys in a stack file: the project's name in Pulumi.yaml.
NAMESPACE = "crosscloud"

#: Where a value stands: ``("workers", "count")``, ``("aws", "zones", 0)``.
Path = tuple[str | int, ...]


class ConfigErrors(ProblemsError):  # noqa: N818  # the plural says what it holds
    """A stack's configuration is refused; ``problems`` says with file, line and key all that is wrong with it."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong with the value at ``path``, which may be a missing one.

    ``about`` are the other values that it was judged by: if one of them is wrong itself, this says nothing.
    """

    path: Path
    wrong: str
    allowed: str = ""
    about: tuple[Path, ...] = ()

    def depends_on(self, other: "Finding") -> bool:
        """Say whether this judges by a value that the other finding refuses, or by a block that holds it."""
        return any(_is_within(path, other.path) or _is_within(other.path, path) for path in (self.path, *self.about))


def _is_within(path: Path, block: Path) -> bool:
    return path[: len(block)] == block


def key_of(path: Path) -> str:
    """Return the full key of a path as the file and the Pulumi command write it: ``crosscloud:aws.zones[0]``."""
    first, *rest = path or ("",)
    return f"{NAMESPACE}:{first}" + "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in rest)


def value_at(values: Any, path: Path) -> Any:
    """Return the value at a path, or ``None`` if there is nothing."""
    for part in path:
        if isinstance(values, Mapping):
            values = values.get(part)
        elif isinstance(values, list | tuple) and isinstance(part, int) and part < len(values):
            values = values[part]
        else:
            return None
    return values
