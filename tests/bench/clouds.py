"""The clouds' stacks in the engine, the clouds simulated and without machines: what programs and engine cost."""

from pathlib import Path

from crosscloud.rehearsal.simulations import SIMULATIONS
from tests.bench import sdk
from tests.bench.empty import empty_program
from tests.bench.figures import Figure, ratio, timed
from tests.cluster.project import TestStack
from tests.rehearsal.harness import rehearsal

#: The cloud whose workers are resources one by one, and how many of them.
_EACH, _COUNTS = "packet", (1, 10, 50, 200)


def figures(stack: TestStack, runs: int) -> list[Figure]:
    """Measure each cloud with one control plane and one worker beside an empty program, then the growth of one."""
    folder = stack.folder.parent
    found = []
    with empty_program(folder / "empty beside clouds") as empty:
        for cloud in SIMULATIONS:
            found += _cloud(cloud, folder / cloud, empty, runs)
    return [*found, *_growth(folder / "growth", runs)]


def _cloud(cloud: str, folder: Path, empty: TestStack, runs: int) -> list[Figure]:
    with rehearsal(cloud, folder, name=f"bench-{cloud}") as made:
        first = timed(made.up)
        resources = len([one for one in made.state() if one.get("custom")])
        previews, empties, again, imports = [], [], [], []
        modules = sdk.modules(cloud)
        for _ in range(runs + 1):
            previews.append(timed(lambda: made.pulumi("preview", *made.leaving_out)))
            empties.append(timed(lambda: empty.pulumi("preview")))
            imports.append(sdk.seconds(modules))
            again.append(timed(made.up))
    # the first ones compile Python's files
    previews, empties, again, imports = previews[1:], empties[1:], again[1:], imports[1:]
    allowed = [2 * empty + import_ for empty, import_ in zip(empties, imports, strict=True)]
    return [
        Figure(f"{cloud}: resources", [resources], ""),
        Figure(f"{cloud}: `pulumi up` from nothing", [first]),
        Figure(f"{cloud}: `pulumi up`, no change", again),
        Figure(f"{cloud}: `pulumi preview`, no change", previews),
        Figure(f"{cloud}: import of its SDK alone", imports),
        ratio(f"{cloud}: preview / that of an empty program", previews, empties),
        ratio(f"{cloud}: preview / (twice an empty program's + the SDK's import)", previews, allowed),
    ]


def _growth(folder: Path, runs: int) -> list[Figure]:
    found = []
    with rehearsal(_EACH, folder, name="bench-growth") as made:
        for count in _COUNTS:
            made.configure(workers={"count": count})
            grown = timed(made.up)
            previews = [timed(lambda: made.pulumi("preview", *made.leaving_out)) for _ in range(runs)]
            found += [
                Figure(f"{_EACH}: `pulumi up` to {count} workers", [grown]),
                Figure(f"{_EACH}: `pulumi preview` with {count} workers, no change", previews),
            ]
        made.configure()
    return found
