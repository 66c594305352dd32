"""The toy cloud's cluster: what `components/<cloud>.py` holds."""

from collections.abc import Mapping
from typing import Any

import pulumi
from pulumi import Output, ResourceOptions

from components.self_managed import ControlPlane, Endpoints, SelfManagedCluster, Workers
from crosscloud.errors import CrosscloudError
from crosscloud.release import Release

from .config import ToyStack


class _Resource(pulumi.CustomResource):
    address: Output[str]

    def __init__(self, kind: str, name: str, inputs: Mapping[str, Any], opts: ResourceOptions) -> None:
        super().__init__(f"toy:index:{kind}", name, {"address": None, **inputs}, opts)


class ToyCluster(SelfManagedCluster):
    """A load balancer, machines in zones, and a group of them."""

    def __init__(self, config: ToyStack, release: Release) -> None:
        super().__init__("toy", config, release)
        self.toy = config
        if config.toy.region == "sun":
            raise CrosscloudError("crosscloud:toy.region: nothing lives on the sun; moon")
        balancer = _Resource("Balancer", self.name("api"), {"tags": self.tags}, self.opts)
        door = Output.concat(balancer.address, ":6443")
        self.assemble(
            Endpoints(internal=door, public=door),
            control_plane=self._control_plane,
            workers=self._workers,
            control_plane_shape={"size": config.control_planes.size},
            worker_shape={"size": config.workers.size},
            network_cidr=config.toy.network_cidr,
        )

    def _control_plane(self, index: int, user_data: Output[str], opts: ResourceOptions) -> ControlPlane:
        inputs = {
            "size": self.toy.control_planes.size,
            "zone": self.zone_of(index, self.toy.toy.zones),
            "userData": user_data,
            "tags": self.tags,
        }
        machine = _Resource("Machine", self.name("control-plane", str(index)), inputs, opts)
        return ControlPlane(machine, machine.id, machine.address, Output.concat("toy console ", machine.id))

    def _workers(self, user_data: Output[str], opts: ResourceOptions) -> Workers:
        inputs = {
            "size": self.toy.workers.size,
            "count": self.toy.workers.count,
            "userData": user_data,
            "tags": self.tags,
        }
        group = _Resource("Group", self.name("workers"), inputs, opts)
        return Workers(group, group.id)
