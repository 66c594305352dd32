"""A program that makes nothing: what every preview costs at least."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import yaml

from tests.cluster.project import TestStack


@contextmanager
def empty_program(folder: Path) -> Iterator[TestStack]:
    """Make the stack of an empty program in a folder, and take it away again."""
    empty = TestStack(folder, "empty")
    empty.folder.mkdir()
    (empty.folder / "Pulumi.yaml").write_text(yaml.safe_dump({"name": "empty", "runtime": {"name": "python"}}))
    (empty.folder / "__main__.py").write_text("import pulumi\n")
    empty.pulumi("stack", "init", "--no-select")
    try:
        yield empty
    finally:
        empty.pulumi("stack", "rm", "--yes", "--force")
