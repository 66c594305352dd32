"""The workers of a cluster on Azure: a scale set that rolls, repairs itself and, between limits, grows and shrinks."""

from pulumi import Input, Output, ResourceOptions
from pulumi_azure_native import compute, monitor
from pulumi_azure_native.resources import ResourceGroup

from components.azure_machines import WORKER_DISK, MachineKind, encoded
from components.azure_network import AzureNetwork
from components.self_managed import SelfManagedCluster
from crosscloud.config import AzureStack

#: A machine that is not healthy this long is replaced: time enough to boot, join, and survive a restart of the API.
_REPAIR_AFTER = "PT30M"
#: A share of the machines, at least one, is replaced at a time; new ones come before old ones go.
_BATCH_PERCENT = 20
#: Autoscaling by the processors' load: more machines above, fewer below, of the average over some minutes.
_BUSY, _IDLE = 75, 25


class AzureWorkers:
    """Makes the scale set, and its autoscaling where ``min`` and ``max`` differ.

    A uniform set with rolling upgrades by surge: a new model, be it of size, disk, image or user-data, brings new
    machines, and old ones go when those are healthy. Without surge Azure would change machines in place, where
    user-data that is new is never run.
    https://learn.microsoft.com/azure/virtual-machine-scale-sets/virtual-machine-scale-sets-maxsurge
    """

    def __init__(
        self, cluster: SelfManagedCluster, config: AzureStack, group: ResourceGroup, net: AzureNetwork
    ) -> None:
        """Take what the scale set is made in."""
        self._cluster, self._config, self._group, self._net = cluster, config, group, net
        self._name = cluster.name("workers")
        workers = config.workers
        self._fewest, self._most = workers.min or workers.count, workers.max or workers.count

    def make(
        self, kind: MachineKind, identity: Input[str], user_data: Output[str], opts: ResourceOptions
    ) -> compute.VirtualMachineScaleSet:
        """Make the scale set, whose machines run as ``identity``."""
        config, zones = self._config, self._config.azure.zones_used
        scales = self._fewest < self._most
        # Another set has the name of this one, so it comes when this one is gone: where it is not rolled, it is because
        # the cluster itself is another.
        own = ResourceOptions(ignore_changes=["sku.capacity"] if scales else [], delete_before_replace=True)
        made = compute.VirtualMachineScaleSet(
            self._name,
            resource_group_name=self._group.name,
            vm_scale_set_name=self._name,
            location=config.azure.location,
            sku=compute.SkuArgs(name=config.workers.size, tier="Standard", capacity=config.workers.count),
            orchestration_mode="Uniform",
            overprovision=False,  # machines that are too many would join the cluster and vanish
            single_placement_group=False,
            zones=list(zones) or None,
            zone_balance=False if zones else None,
            platform_fault_domain_count=1 if zones else 5,
            identity=compute.VirtualMachineScaleSetIdentityArgs(
                type=compute.ResourceIdentityType.USER_ASSIGNED, user_assigned_identities=[identity]
            ),
            upgrade_policy=_rolling(),
            automatic_repairs_policy=compute.AutomaticRepairsPolicyArgs(
                enabled=True, grace_period=_REPAIR_AFTER, repair_action="Replace"
            ),
            virtual_machine_profile=self._profile(kind, user_data),
            tags=self._cluster.tags,
            opts=ResourceOptions.merge(opts, own),
        )
        if scales:
            self._autoscale(made)
        return made

    def _profile(self, kind: MachineKind, user_data: Output[str]) -> compute.VirtualMachineScaleSetVMProfileArgs:
        config = self._config
        return compute.VirtualMachineScaleSetVMProfileArgs(
            os_profile=compute.VirtualMachineScaleSetOSProfileArgs(
                computer_name_prefix=self._cluster.name("worker", ""),
                admin_username=config.admin_username,
                custom_data=encoded(user_data),
                linux_configuration=kind.linux(),
            ),
            storage_profile=compute.VirtualMachineScaleSetStorageProfileArgs(
                image_reference=kind.image(),
                os_disk=compute.VirtualMachineScaleSetOSDiskArgs(
                    create_option="FromImage",
                    caching=compute.CachingTypes.READ_WRITE,
                    disk_size_gb=config.workers.disk_gb,
                    managed_disk=compute.VirtualMachineScaleSetManagedDiskParametersArgs(
                        storage_account_type=WORKER_DISK
                    ),
                ),
            ),
            network_profile=compute.VirtualMachineScaleSetNetworkProfileArgs(
                network_interface_configurations=[
                    compute.VirtualMachineScaleSetNetworkConfigurationArgs(
                        name="primary",
                        primary=True,
                        ip_configurations=[
                            compute.VirtualMachineScaleSetIPConfigurationArgs(
                                name="primary",
                                primary=True,
                                subnet=compute.ApiEntityReferenceArgs(id=self._net.workers.id),
                            )
                        ],
                    )
                ]
            ),
            security_profile=kind.security(),
            diagnostics_profile=kind.diagnostics(),
            extension_profile=kind.health(),
        )

    def _autoscale(self, made: compute.VirtualMachineScaleSet) -> None:
        """Let Azure keep the number of machines between the limits, by their load."""
        capacity = monitor.ScaleCapacityArgs(
            minimum=str(self._fewest), maximum=str(self._most), default=str(self._config.workers.count)
        )
        compare, direction = monitor.ComparisonOperationType, monitor.ScaleDirection
        rules = [
            _scale(made, compare.GREATER_THAN, _BUSY, direction.INCREASE),
            _scale(made, compare.LESS_THAN, _IDLE, direction.DECREASE),
        ]
        monitor.AutoscaleSetting(
            self._name,
            resource_group_name=self._group.name,
            autoscale_setting_name=self._name,
            location=self._config.azure.location,
            enabled=True,
            target_resource_uri=made.id,
            profiles=[monitor.AutoscaleProfileArgs(name="load", capacity=capacity, rules=rules)],
            tags=self._cluster.tags,
            opts=self._cluster.opts,
        )


def _rolling() -> compute.UpgradePolicyArgs:
    """Return the policy of upgrades: as many unhealthy machines as there are may be replaced, but by healthy ones."""
    return compute.UpgradePolicyArgs(
        mode=compute.UpgradeMode.ROLLING,
        rolling_upgrade_policy=compute.RollingUpgradePolicyArgs(
            max_surge=True,
            max_batch_instance_percent=_BATCH_PERCENT,
            max_unhealthy_instance_percent=100,
            max_unhealthy_upgraded_instance_percent=_BATCH_PERCENT,
            pause_time_between_batches="PT0S",
            prioritize_unhealthy_instances=True,
        ),
    )


def _scale(
    made: compute.VirtualMachineScaleSet,
    operator: monitor.ComparisonOperationType,
    threshold: int,
    direction: monitor.ScaleDirection,
) -> monitor.ScaleRuleArgs:
    return monitor.ScaleRuleArgs(
        metric_trigger=monitor.MetricTriggerArgs(
            metric_name="Percentage CPU",
            metric_resource_uri=made.id,
            time_grain="PT1M",
            time_window="PT10M",
            statistic=monitor.MetricStatisticType.AVERAGE,
            time_aggregation=monitor.TimeAggregationType.AVERAGE,
            operator=operator,
            threshold=threshold,
        ),
        scale_action=monitor.ScaleActionArgs(
            direction=direction, type=monitor.ScaleType.CHANGE_COUNT, value="1", cooldown="PT10M"
        ),
    )
