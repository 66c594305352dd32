"""`pulumi preview` of the local stack, beside one of a program that makes nothing."""

import yaml

from tests.bench.figures import Figure, ratio, timed
from tests.cluster.project import TestStack


def figures(stack: TestStack, runs: int) -> list[Figure]:
    """Preview the unchanged stack and the empty program in turn."""
    empty = TestStack(stack.folder.parent / "empty", "empty")
    empty.folder.mkdir()
    program = {"name": "empty", "runtime": {"name": "python"}}
    (empty.folder / "Pulumi.yaml").write_text(yaml.safe_dump(program))
    (empty.folder / "__main__.py").write_text("import pulumi\n")
    empty.pulumi("stack", "init", "--no-select")
    try:
        ours, theirs = [], []
        for _ in range(runs + 1):
            ours.append(timed(lambda: stack.pulumi("preview")))
            theirs.append(timed(lambda: empty.pulumi("preview")))
    finally:
        empty.pulumi("stack", "rm", "--yes", "--force")
    ours, theirs = ours[1:], theirs[1:]  # the first ones compile Python's files
    return [
        Figure("`pulumi preview` of the local stack, no change", ours),
        Figure("`pulumi preview` of an empty program", theirs),
        ratio("preview: local stack / empty program", ours, theirs),
    ]
