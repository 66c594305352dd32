"""`pulumi preview` of the local stack, beside one of a program that makes nothing; what `crosscloud preview` adds."""

from crosscloud import paths
from tests.bench.empty import empty_program
from tests.bench.figures import Figure, ratio, timed
from tests.cluster.project import TestStack


def figures(stack: TestStack, runs: int) -> list[Figure]:
    """Preview the unchanged stack and the empty program in turn."""
    ours, theirs, notes, held = [], [], [], []
    folder = str(stack.folder.parent / "previews")
    with empty_program(stack.folder.parent / "empty") as empty:
        for _ in range(runs + 1):
            ours.append(timed(lambda: stack.pulumi("preview")))
            theirs.append(timed(lambda: empty.pulumi("preview")))
            held.append(timed(lambda: stack.pulumi("preview", "--policy-pack", str(paths.ROOT / "policy"))))
            notes.append(timed(lambda: stack.crosscloud("preview", "--no-policies", "--output", folder)))
    ours, theirs, notes, held = ours[1:], theirs[1:], notes[1:], held[1:]  # the first ones compile Python's files
    return [
        Figure("`pulumi preview` of the local stack, no change", ours),
        Figure("`pulumi preview` of an empty program", theirs),
        ratio("preview: local stack / empty program", ours, theirs),
        Figure("what the policy pack adds to it", [pack - bare for pack, bare in zip(held, ours, strict=True)]),
        Figure("`crosscloud preview` of the local stack, with its note and review, without policies", notes),
        Figure("what that adds to `pulumi preview`", [note - bare for note, bare in zip(notes, ours, strict=True)]),
    ]
