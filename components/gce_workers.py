"""The workers of a cluster on Google Compute Engine: a managed group over zones, and what it is made from."""

import pulumi_gcp as gcp
from pulumi import Input, Output, ResourceOptions

from components.gce_machines import SHIELDED, Account, disk_type, metadata
from components.gce_place import Place
from components.self_managed import SelfManagedCluster
from crosscloud.config import GceStack

#: An autoscaler takes one worker away in this many seconds at most: nothing drains it, its pods start elsewhere.
_SCALE_IN_SECONDS = 600
#: What a machine takes to boot and join: seconds until a new worker's load counts, and until an old one goes for it.
_WARM_UP_SECONDS = 180
#: The part of its processors that the autoscaler keeps a worker at; its own default.
_CPU_TARGET = 0.6


class GceWorkers:
    """A regional managed instance group, its template, and its autoscaler where ``min`` and ``max`` differ.

    The group itself puts back a machine that dies or stops, and rolls over all of them when the template changes.
    """

    def __init__(  # noqa: PLR0913 - what machines are made of
        self,
        cluster: SelfManagedCluster,
        config: GceStack,
        place: Place,
        *,
        subnetwork: Input[str],
        tag: str,
        user_data: Output[str],
        opts: ResourceOptions,
    ) -> None:
        """Make the group with ``opts``: its machines are in ``subnetwork``, under the network tag ``tag``."""
        self._cluster, self._config, self._place, self._opts = cluster, config, place, opts
        self._template = self._make_template(subnetwork, tag, user_data)
        workers = config.workers
        fewest, most = workers.min or workers.count, workers.max or workers.count
        self.group = self._make_group(scales=fewest != most)
        if fewest != most:
            self._make_scaler(fewest, most)

    def _make_template(self, subnetwork: Input[str], tag: str, user_data: Output[str]) -> gcp.compute.InstanceTemplate:
        config, labels = self._config, self._cluster.tags
        account = Account(self._cluster, self._place, "worker", "work")
        disk = gcp.compute.InstanceTemplateDiskArgs(
            boot=True,
            auto_delete=True,
            source_image=config.gce.image,
            disk_size_gb=config.workers.disk_gb,
            disk_type=disk_type(config.workers.size),
            labels=labels,
        )
        return gcp.compute.InstanceTemplate(
            self._cluster.name("worker"),
            machine_type=config.workers.size,
            disks=[disk],
            network_interfaces=[{"subnetwork": subnetwork}],
            tags=[tag],
            labels=labels,
            metadata=metadata(config, user_data),
            service_account={"email": account.email, "scopes": account.scopes},
            shielded_instance_config=gcp.compute.InstanceTemplateShieldedInstanceConfigArgs(**SHIELDED),
            project=self._place.project,
            # A group that is replaced with its cluster takes the template that there is.
            opts=self._cluster.opts,
        )

    def _make_group(self, *, scales: bool) -> gcp.compute.RegionInstanceGroupManager:
        zones = self._place.zones
        # The autoscaler says how many there are; the program's count is where it begins.
        own = ResourceOptions(ignore_changes=["targetSize"] if scales else None)
        return gcp.compute.RegionInstanceGroupManager(
            self._cluster.name("workers"),
            base_instance_name=self._cluster.name("worker"),
            versions=[{"instance_template": self._template.self_link_unique}],
            target_size=self._config.workers.count,
            distribution_policy_zones=list(zones),
            # Spread as evenly as the zones' room allows, which asks for no redistribution: no worker is taken from its
            # pods for evenness alone.
            distribution_policy_target_shape="BALANCED",
            update_policy={
                "type": "PROACTIVE",
                "minimal_action": "REPLACE",
                "instance_redistribution_type": "NONE",
                # New machines come first. Of a group over zones Google takes 0 or at least their number.
                "max_surge_fixed": len(zones),
                "max_unavailable_fixed": 0,
                "min_ready_sec": _WARM_UP_SECONDS,
            },
            **self._place.regional,
            opts=ResourceOptions.merge(self._opts, own),
        )

    def _make_scaler(self, fewest: int, most: int) -> None:
        gcp.compute.RegionAutoscaler(
            self._cluster.name("workers"),
            target=self.group.id,
            autoscaling_policy={
                "min_replicas": fewest,
                "max_replicas": most,
                "cooldown_period": _WARM_UP_SECONDS,
                "cpu_utilization": {"target": _CPU_TARGET},
                "scale_in_control": {
                    "max_scaled_in_replicas": {"fixed": 1},
                    "time_window_sec": _SCALE_IN_SECONDS,
                },
            },
            **self._place.regional,
            # Google deletes no group that has an autoscaler: another group gets another, and the old one goes first.
            opts=ResourceOptions.merge(self._cluster.opts, ResourceOptions(replace_on_changes=["target"])),
        )
