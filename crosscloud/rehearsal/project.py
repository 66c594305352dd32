"""The project of a rehearsal: the program of the checkout, the simulated plugin, and the user's stack file, adapted."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crosscloud import config, paths
from crosscloud.config import StackConfig
from crosscloud.config.document import stack_document
from crosscloud.config.stacks import STACKS
from crosscloud.rehearsal import isolation, networks
from crosscloud.rehearsal.place import PROJECT, place_of, rehearsed
from crosscloud.rehearsal.simulations import Simulation, simulation_of
from crosscloud.stacks.pulumi import Stack
from crosscloud.stacks.up import stack_values

#: What a provider's own settings may tell a rehearsal: where things are, and never who one is there.
_PLACES = ("region", "location", "project", "zone", "metro", "subscriptionId", "tenantId")
#: Minutes that machines have to boot in: minutes in a cloud, seconds here, and a third for a host that is busy.
BOOT_MINUTES = 5
_CLUSTER_ALONE = Path(__file__).parent / "cluster_alone"


@dataclass(frozen=True)
class Sizes:
    """How many machines a rehearsal boots; ``None`` for as many as the stack's file says."""

    control_planes: int | None = 1
    workers: int | None = 1


@dataclass(frozen=True)
class Prepared:
    """A rehearsal that can be run: its stack, what the stack's file says, and what was adapted, in words."""

    stack: Stack
    config: StackConfig
    simulation: Simulation
    adapted: list[str]


def prepare(own: Stack, sizes: Sizes, *, machines: bool = True, overrides: Mapping[str, Any] | None = None) -> Prepared:
    """Write the project of the rehearsal of a stack; ``overrides`` are settings (``crosscloud:…``) of its own.

    Without ``machines`` nothing is deployed into the cluster that there won't be.

    Raises what is wrong with the user's file, as `up` would.
    """
    given = stack_values(own)
    own_config = config.load(given, stack=own.name, stack_file=own.file, files=False)
    simulation = simulation_of(own_config.cloud)
    stack = rehearsed(own.name)
    values, adapted = _settings(given, own_config, simulation, sizes)
    adapted += networks.choose(values, own_config, place_of(own.name).folder / "networks.json")
    values |= overrides or {}
    _write(stack, simulation, values, paths.ROOT if machines else _CLUSTER_ALONE)
    return Prepared(
        stack, config.load(values, stack=stack.name, stack_file=stack.file, files=False), simulation, adapted
    )


def _settings(
    given: Mapping[str, Any], own: StackConfig, simulation: Simulation, sizes: Sizes
) -> tuple[dict[str, Any], list[str]]:
    """Return the settings of the rehearsal, and in words what of the user's is not the same in it."""
    values: dict[str, Any] = dict(simulation.defaults)
    left_out = []
    for key, value in given.items():
        namespace, _, name = key.rpartition(":")
        if namespace not in ("", "crosscloud") and name not in _PLACES:
            left_out.append(key)
        else:
            values[f"{namespace or 'crosscloud'}:{name}"] = value
    release = paths.home() / "release.env"
    values["crosscloud:releaseFile"] = str(release if release.exists() else own.release_file)
    values["crosscloud:chartSource"] = {"kind": "bundled"}
    if "boot_timeout_minutes" in STACKS[own.cloud].model_fields:
        values["crosscloud:bootTimeoutMinutes"] = BOOT_MINUTES
    for pool, key, count in (
        ("control_planes", "crosscloud:controlPlanes", sizes.control_planes),
        ("workers", "crosscloud:workers", sizes.workers),
    ):
        if count is not None and hasattr(own, pool):
            rest = {name: value for name, value in (values.get(key) or {}).items() if name not in ("min", "max")}
            values[key] = {**rest, "count": count}
    adapted = [f"not taken from your stack's file: {', '.join(left_out)}"] if left_out else []
    return values, adapted


def _write(stack: Stack, simulation: Simulation, values: Mapping[str, Any], main: Path) -> None:
    from ruamel.yaml import YAML

    plugins = paths.ROOT / "crosscloud" / "plugins"
    program = {
        "name": PROJECT,
        "description": "A rehearsal: the cloud is simulated",
        "main": str(main),
        "runtime": {"name": "python", "options": {"virtualenv": str(paths.ROOT / ".venv")}},
        "plugins": {
            "providers": [
                {"name": "crosscloud", "path": str(plugins / "crosscloud")},
                {"name": simulation.provider, "path": str(simulation.folder)},
            ]
        },
    }
    place = place_of(stack.name)
    place.project.mkdir(parents=True, exist_ok=True, mode=0o700)
    place.remember({isolation.MACHINES: "no" if main == _CLUSTER_ALONE else "yes"})
    document: dict[str, Any] = {"config": dict(values)}
    if salt := _salt(stack):
        document = {"encryptionsalt": salt, **document}
    yaml = YAML(typ="safe")
    yaml.default_flow_style = False
    yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]  # the library leaves it untyped
    for file, content in ((place.project / "Pulumi.yaml", program), (stack.file, document)):
        with file.open("w") as handle:
            yaml.dump(content, handle)


def _salt(stack: Stack) -> str | None:
    """Return the encryption salt that the engine wrote into the file of a rehearsal that is there."""
    return stack_document(stack.file).get("encryptionsalt")
