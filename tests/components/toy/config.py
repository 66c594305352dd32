"""The toy cloud's block and stack: what `crosscloud/config/blocks.py` and `stacks.py` hold of every cloud."""

from typing import ClassVar, Literal

from pydantic import Field

from crosscloud.config import CloudStack
from crosscloud.config.blocks import NETWORK_CIDR, CloudBlock, Sizes
from crosscloud.config.values import Cidr, Text, filled


class Toy(CloudBlock):
    """A cloud of nothing but machines."""

    sizes: ClassVar[Sizes] = {"amd64": ("small", "large"), "arm64": ("small-arm", "large-arm")}
    zone_separator: ClassVar[str | None] = "-"

    region: Text = Field("moon", description="The region.")
    zones: tuple[Text, ...] = Field(("moon-a", "moon-b"), description="The zones to spread machines over.")
    network_cidr: Cidr = Field(NETWORK_CIDR, description="The network.")


class ToyStack(CloudStack):
    """A cluster on the toy cloud."""

    cloud: Literal["toy"]
    toy: Toy = filled("", "What only the toy cloud has.")
