"""The project of a cell: the program of the checkout, and the stack's own file with the cell's release in it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crosscloud import config, paths, provenance
from crosscloud.cells.cell import Cell, CellError
from crosscloud.config import StackConfig
from crosscloud.config.document import stack_document
from crosscloud.rehearsal.simulations import Simulation
from crosscloud.stacks.pulumi import Stack
from crosscloud.stacks.up import stack_values

RELEASE = "release.env"
#: https://www.pulumi.com/docs/iac/concepts/projects/stack-settings-file/
_ENCRYPTION = ("secretsprovider", "encryptedkey", "encryptionsalt")


@dataclass(frozen=True)
class Ready:
    """A cell that can be worked on: its Pulumi stack, what the file says, and what simulates its cloud, if anything."""

    cell: Cell
    stack: Stack
    config: StackConfig
    simulation: Simulation | None = None


def prepare(cell: Cell, release: Path | None = None, overrides: Mapping[str, Any] | None = None) -> Ready:
    """Write the cell's project and return it; ``overrides`` are settings (``crosscloud:…``) on top of the stack's.

    ``release`` is kept with the cell, and used again where none is named. Raises everything that is wrong with the
    stack's file or the release.
    """
    base = Stack(cell.stack)
    values = stack_values(base)
    own = config.load(values, stack=base.name, stack_file=base.file, files=False)
    built = paths.home() / RELEASE  # what a rehearsal runs, too: the release that was made on this machine
    _keep_release(cell, release, built if cell.rehearsed and built.exists() else Path(own.release_file))
    settings = {**_absolute(values), "crosscloud:releaseFile": str(cell.place.project / RELEASE), **(overrides or {})}
    _write(cell, settings)
    if cell.rehearsed:
        return _rehearsed(cell, overrides or {})
    read = config.load(settings, stack=cell.name, stack_file=cell.own.file)
    return Ready(cell, cell.own, read)


def prepared(cell: Cell) -> Stack:
    """Return the cell's Pulumi stack with no more than its destruction needs: its release may never have been there."""
    if not cell.own.file.exists():
        _write(cell, _absolute(stack_values(Stack(cell.stack))))
    return cell.own


def _rehearsed(cell: Cell, overrides: Mapping[str, Any]) -> Ready:
    from crosscloud.rehearsal.project import Sizes
    from crosscloud.rehearsal.project import prepare as prepare_rehearsal

    release = {"crosscloud:releaseFile": str(cell.place.project / RELEASE)}
    made = prepare_rehearsal(cell.own, Sizes(), overrides={**release, **overrides})
    return Ready(cell, made.stack, made.config, made.simulation)


def _keep_release(cell: Cell, release: Path | None, own: Path) -> None:
    """Copy the release, and what is known of where it comes from, to the cell."""
    kept = cell.place.project / RELEASE
    if release is None:
        if kept.exists():
            return
        release = own
    if not release.is_file():
        raise CellError(
            f"cell {cell.name}: there is no release {release}; `crosscloud artifacts collect --channel {cell.channel} "
            "--output FILE` makes one, for --release"
        )
    cell.place.project.mkdir(parents=True, exist_ok=True, mode=0o700)
    if release.resolve() == kept.resolve():
        return
    provenance.copy(release, kept)


def _absolute(values: Mapping[str, object]) -> dict[str, Any]:
    """Return a stack's settings with the paths in them absolute, since the file moves."""
    settings: dict[str, Any] = dict(values)
    charts = settings.get("crosscloud:chartSource")
    if isinstance(charts, dict) and charts.get("path"):
        folder = (paths.project() / str(charts["path"])).resolve()
        settings["crosscloud:chartSource"] = {**charts, "path": str(folder)}
    return settings


def _write(cell: Cell, settings: Mapping[str, Any]) -> None:
    from ruamel.yaml import YAML

    yaml = YAML(typ="safe")
    yaml.default_flow_style = False
    yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]  # the library leaves it untyped
    program = {
        "name": Stack(cell.stack).workspace.name,
        "description": f"A cell of the release pipeline: {cell.stack} at {cell.channel}",
        "main": str(paths.ROOT),
        "runtime": {"name": "python", "options": {"virtualenv": str(paths.ROOT / ".venv")}},
        "plugins": {
            "providers": [{"name": "crosscloud", "path": str(paths.ROOT / "crosscloud" / "plugins" / "crosscloud")}]
        },
    }
    cell.place.project.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (cell.place.project / "Pulumi.yaml").open("w") as handle:
        yaml.dump(program, handle)
    document = {**_encryption(cell), "config": dict(settings)}
    with cell.own.file.open("w") as handle:
        yaml.dump(document, handle)


def _encryption(cell: Cell) -> dict[str, Any]:
    """Return how the secrets of the cell's state are encrypted.

    That is in the cell's file, in that of its stack, whose own secrets can be read by it then, or in the state, where a
    job on another machine made it.
    """
    for file in (cell.own.file, Stack(cell.stack).file):
        document = stack_document(file)
        if found := {key: document[key] for key in _ENCRYPTION if key in document}:
            return found
    if cell.rehearsed or not cell.own.exists():
        return {}
    state = (cell.own.deployment().get("secrets_providers") or {}).get("state") or {}
    return {"encryptionsalt": state["salt"]} if state.get("salt") else {}
