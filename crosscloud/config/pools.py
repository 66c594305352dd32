"""How many machines a cluster has, and how large they are."""

from typing import Annotated, Any

from pydantic import AfterValidator, ConfigDict, Field, WithJsonSchema

from crosscloud.config.values import Block, Text, filled

#: More than five members only slow etcd's writes down (https://etcd.io/docs/v3.6/faq/); even counts are a matter of
#: ``allowEven``.
_MOST_CONTROL_PLANES = 5


def _few(count: int) -> int:
    if not 1 <= count <= _MOST_CONTROL_PLANES:
        raise ValueError("is no size for a control plane; 1, 3 or 5")
    return count


ControlPlaneCount = Annotated[
    int, AfterValidator(_few), WithJsonSchema({"type": "integer", "minimum": 1, "maximum": _MOST_CONTROL_PLANES})
]
AllowEven = Annotated[
    bool,
    Field(description="Insists on 2 or 4 control planes, which survive no more losses than one fewer would."),
]
WorkerCount = Annotated[int, Field(ge=1)]
#: Typhoon's disk on every cloud; the images of a release and the support images take about 3 GB of it.
DiskGb = Annotated[int, Field(ge=20, le=2000)]


#: The same in JSON Schema, for editors.
_ODD_OR_INSISTED: dict[str, Any] = {
    "if": {"properties": {"count": {"enum": [2, 4]}}, "required": ["count"]},
    "then": {"properties": {"allowEven": {"const": True}}, "required": ["allowEven"]},
}


class ControlPlanes(Block):
    """The machines of the control plane, on a host that has no sizes to choose from."""

    model_config = ConfigDict(json_schema_extra=_ODD_OR_INSISTED)

    count: ControlPlaneCount = Field(1, description="How many; 1, 3 or 5.")
    allow_even: AllowEven = False


class CloudControlPlanes(Block):
    """The machines of the control plane on a cloud."""

    model_config = ConfigDict(json_schema_extra=_ODD_OR_INSISTED)

    count: ControlPlaneCount = Field(3, description="How many; 1, 3 or 5. Three survive the loss of one.")
    allow_even: AllowEven = False
    size: Text = filled("by cloud and `arch`, see the table of sizes", "The cloud's name for the machine's size.")
    disk_gb: DiskGb = Field(30, description="The disk, in GB.")


class Workers(Block):
    """The worker machines, on a host that has no sizes to choose from."""

    count: WorkerCount = Field(1, description="How many.")


class CloudWorkers(Workers):
    """The worker machines on a cloud."""

    size: Text = filled("by cloud and `arch`, see the table of sizes", "The cloud's name for the machine's size.")
    disk_gb: DiskGb = Field(30, description="The disk, in GB.")


class ScalingWorkers(CloudWorkers):
    """The worker machines on a cloud with groups that grow and shrink."""

    min: WorkerCount | None = Field(None, description="The fewest the group may shrink to; left out, `count`.")
    max: WorkerCount | None = Field(None, description="The most the group may grow to; left out, `count`.")


def nodes_at_most(stack: Any) -> int:
    """Return how many nodes a stack's cluster may come to have."""
    control_planes = getattr(getattr(stack, "control_planes", None), "count", 0)
    workers = stack.workers
    return int(control_planes) + int(getattr(workers, "max", None) or workers.count)
