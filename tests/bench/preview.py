"""`pulumi preview` of the local stack, beside one of a program that makes nothing."""

from tests.bench.empty import empty_program
from tests.bench.figures import Figure, ratio, timed
from tests.cluster.project import TestStack


def figures(stack: TestStack, runs: int) -> list[Figure]:
    """Preview the unchanged stack and the empty program in turn."""
    ours, theirs = [], []
    with empty_program(stack.folder.parent / "empty") as empty:
        for _ in range(runs + 1):
            ours.append(timed(lambda: stack.pulumi("preview")))
            theirs.append(timed(lambda: empty.pulumi("preview")))
    ours, theirs = ours[1:], theirs[1:]  # the first ones compile Python's files
    return [
        Figure("`pulumi preview` of the local stack, no change", ours),
        Figure("`pulumi preview` of an empty program", theirs),
        ratio("preview: local stack / empty program", ours, theirs),
    ]
