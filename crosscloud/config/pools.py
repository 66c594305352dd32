"""How many machines a cluster has, and how large they are."""

from typing import Annotated, Any

from pydantic import AfterValidator, Field, WithJsonSchema

from crosscloud.config.values import Block, Text, filled

#: Control-plane counts that make sense: etcd stops when half of its members are gone, so an even one adds no safety,
#: and more than five members only slow its writes down (https://etcd.io/docs/v3.6/faq/).
CONTROL_PLANE_COUNTS = (1, 3, 5)


def _odd(count: int) -> int:
    if count not in CONTROL_PLANE_COUNTS:
        why = "is even, and etcd needs a majority" if count % 2 == 0 and count > 0 else "is no size for a control plane"
        raise ValueError(f"{why}; 1, 3 or 5")
    return count


ControlPlaneCount = Annotated[int, AfterValidator(_odd), WithJsonSchema({"enum": list(CONTROL_PLANE_COUNTS)})]
WorkerCount = Annotated[int, Field(ge=1)]
#: Typhoon's disk on every cloud; the images of a release and the support images take about 3 GB of it.
DiskGb = Annotated[int, Field(ge=20, le=2000)]


class ControlPlanes(Block):
    """The machines of the control plane, on a host that has no sizes to choose from."""

    count: ControlPlaneCount = Field(1, description="How many; 1, 3 or 5.")


class CloudControlPlanes(Block):
    """The machines of the control plane on a cloud."""

    count: ControlPlaneCount = Field(3, description="How many; 1, 3 or 5. Three survive the loss of one.")
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
