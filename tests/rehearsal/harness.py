"""A cloud's stack in the genuine engine with the cloud simulated, for tests.

    with rehearsal("azure", tmp_path) as stack:          # one control plane, one worker, no machines
        stack.up()                                       # everything but what needs a cluster that answers
        assert stack.changes() == []                     # a second up would change nothing
        stack.configure(azure={"networkCidr": "10.9.0.0/16"})
        steps = stack.changes()                          # what a preview says: Step(op, type, name, reasons)

Everything is taken away at the end. With ``machines=True`` the machines are real, and ``up`` ends in a cluster.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from crosscloud.rehearsal.engine import without_cluster
from crosscloud.rehearsal.place import place_of, rehearsed
from crosscloud.rehearsal.project import Sizes, prepare
from crosscloud.rehearsal.services import start_service, stop_service
from crosscloud.rehearsal.simulations import simulation_of
from crosscloud.stacks.pulumi import Stack
from crosscloud.stacks.workspace import Workspace
from tests.processes import finished, start

#: Where the program's user is in every test: an address of a documentation range.
OPERATOR = "203.0.113.7/32"
#: Seconds after which a run of the engine is taken for stuck.
_PATIENCE = 600.0
#: What a stack has to say beyond what all clouds ask for.
_NEEDED: dict[str, dict[str, Any]] = {
    "aws": {"aws:region": "us-east-1"},
    "azure": {"azure-native:location": "eastus2"},
    "gce": {"gcp:region": "us-central1"},
    "gke": {"gcp:region": "us-central1"},
    "packet": {"crosscloud:packet": {"projectId": "11111111-2222-3333-4444-555555555555"}},
}


@dataclass(frozen=True)
class Step:
    """What a preview says of one resource: ``reasons`` are the paths of the properties that change it."""

    op: str
    type: str
    name: str
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True)
class Project(Workspace):
    """A user's project in a test's own folder."""

    folder: Path

    @property
    def project(self) -> Path:
        return self.folder


def write_stack(folder: Path, cloud: str, name: str, values: Mapping[str, Any]) -> Stack:
    """Write a user's stack file with these values and what can't be left out; return the user's stack."""
    own = {"cloud": cloud, "apiAccessCidrs": [OPERATOR], **values}
    config = {**_NEEDED.get(cloud, {}), **{f"crosscloud:{key}": value for key, value in own.items()}}
    stack = Stack(name, Project(folder))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "Pulumi.yaml").write_text("name: crosscloud\nruntime: python\n")
    stack.file.write_text(yaml.safe_dump({"config": config}))
    return stack


@dataclass
class Rehearsal:
    """A rehearsal of a test's own stack; see the module's example."""

    folder: Path
    cloud: str
    name: str
    machines: bool = False
    values: dict[str, Any] = field(default_factory=dict)

    def configure(self, **values: Any) -> None:
        """Write the user's stack file with these values (``controlPlanes={"count": 3}``) on top of one of each.

        A rehearsal runs the release that was built; ``releaseFile`` insists on another.
        """
        counts = {} if self.cloud == "gke" else {"controlPlanes": {"count": 1}}
        own = write_stack(
            self.folder, self.cloud, self.name, {"workers": {"count": 1}, **counts, **self.values, **values}
        )
        release = {"crosscloud:releaseFile": values["releaseFile"]} if "releaseFile" in values else None
        prepare(own, Sizes(None, None), machines=self.machines, overrides=release)

    def pulumi(self, *arguments: str, check: bool = True, variables: Mapping[str, str] | None = None) -> str:
        """Run a pulumi command on the stack of the rehearsal, and return all that it printed."""
        process = start(
            ["pulumi", *arguments, "--stack", self.name, "--non-interactive"],
            place_of(self.name).project,
            {**self.environment, **(variables or {})},
        )
        return finished(process, timeout=_PATIENCE, check=check)

    @property
    def environment(self) -> dict[str, str]:
        return {**place_of(self.name).environment(), "COLUMNS": "160"}

    @property
    def leaving_out(self) -> tuple[str, ...]:
        """The arguments that leave out of ``up`` and ``preview`` what needs a cluster, where there is none."""
        return () if self.machines else without_cluster()

    def up(self, *, check: bool = True, variables: Mapping[str, str] | None = None) -> str:
        """Bring the stack up, as far as that goes without machines; ``variables`` are environment variables."""
        arguments = ("--yes", "--skip-preview", "--suppress-progress", *self.leaving_out)
        return self.pulumi("up", *arguments, check=check, variables=variables)

    def steps(self) -> list[Step]:
        """Return what a preview says of every resource that is part of the stack as far as it is up."""
        found = json.loads(self.pulumi("preview", "--json", *self.leaving_out))["steps"]
        return [_step(each) for each in found]

    def changes(self) -> list[Step]:
        """Return those steps of a preview that change something, the parts of a replacement as one ``replace``."""
        skipped = ("same", "create-replacement", "delete-replaced", "read", "refresh")
        return [step for step in self.steps() if step.op not in skipped]

    def state(self) -> list[dict[str, Any]]:
        """Return the resources of the stack's state, secrets in the clear."""
        exported = json.loads(self.pulumi("stack", "export", "--show-secrets"))
        found: list[dict[str, Any]] = exported["deployment"].get("resources") or []
        return found

    def outputs(self) -> dict[str, Any]:
        """Return the stack's outputs, secrets in the clear."""
        found: dict[str, Any] = json.loads(self.pulumi("stack", "output", "--json", "--show-secrets"))
        return found

    def resources(self, kind: str) -> dict[str, dict[str, Any]]:
        """Return the outputs of the stack's resources of a type (``aws:ec2/vpc:Vpc``), by name."""
        return {each["urn"].rpartition("::")[2]: each["outputs"] for each in self.state() if each["type"] == kind}

    def destroy(self) -> str:
        """Destroy everything; return what the engine printed."""
        return self.pulumi("destroy", "--yes", "--skip-preview", "--suppress-progress")


def _step(step: dict[str, Any]) -> Step:
    parts = step["urn"].split("::")
    reasons = step.get("replaceReasons") or step.get("diffReasons") or ()
    return Step(step["op"], parts[2].rpartition("$")[2], parts[3], tuple(sorted(reasons)))


@contextmanager
def rehearsal(
    cloud: str, folder: Path, *, name: str = "", machines: bool = False, **values: Any
) -> Iterator[Rehearsal]:
    """Make the stack of a rehearsal, not yet up, and take everything of it away at the end.

    ``name`` is the stack's, by default ``test-`` and the cloud: tests that run at once need different ones.
    """
    made = Rehearsal(folder, cloud, name or f"test-{cloud}", machines, values)
    place, simulation = place_of(made.name), simulation_of(cloud)
    made.configure()
    start_service(simulation, place)
    rehearsed(made.name).create()
    try:
        yield made
        made.destroy()
    finally:
        from crosscloud.rehearsal.down import remove

        stop_service(simulation, place)
        remove(place)
