"""A cluster on Google Compute Engine: instances over a region's zones, and workers in a managed group."""

import pulumi_gcp as gcp
from pulumi import Output, ResourceOptions

from components.gce_balancers import GceBalancers
from components.gce_machines import SHIELDED, Account, disk_type, metadata
from components.gce_network import GceNetwork
from components.gce_place import place_of
from components.gce_workers import GceWorkers
from components.self_managed import ControlPlane, SelfManagedCluster, Workers
from crosscloud.config import GceStack
from crosscloud.release import Release

#: What makes a control plane another machine, though Google would change it in place: user-data is read at the first
#: boot alone, and for another size every machine would be stopped, without waiting for the others to come back.
_REPLACING = ["machineType", 'metadata["user-data"]', "bootDisk.initializeParams.size"]


class GceCluster(SelfManagedCluster):
    """A network of its own, control planes spread over zones, and workers in a regional managed instance group.

    No machine has a public address. Users reach the API by a passthrough load balancer, machines by a proxy inside.
    """

    def __init__(self, config: GceStack, release: Release) -> None:
        """Make the cluster that the stack's configuration describes, with the release's Kubernetes."""
        place = place_of(config)
        super().__init__("gce", config, release)
        self._gce, self._place = config, place
        self._network = GceNetwork(self, config, self._place)
        self._balancers = GceBalancers(self, self._place, self._network)
        self._account = Account(self, self._place, "control-plane", "ctrl")
        self.assemble(
            self._balancers.endpoints,
            control_plane=self._control_plane,
            workers=self._workers,
            control_plane_shape={
                "size": config.control_planes.size,
                "diskGb": str(config.control_planes.disk_gb),
                "image": config.gce.image,
                "zones": ",".join(self._place.zones),
            },
            worker_shape={
                "size": config.workers.size,
                "diskGb": str(config.workers.disk_gb),
                "image": config.gce.image,
            },
            network_cidr=config.gce.network_cidr,
        )

    def _control_plane(self, index: int, user_data: Output[str], opts: ResourceOptions) -> ControlPlane:
        config, zone = self._gce, self.zone_of(index, self._place.zones)
        name, size = self.name("control-plane", str(index)), config.control_planes.size
        disk = gcp.compute.InstanceBootDiskInitializeParamsArgs(
            image=config.gce.image, size=config.control_planes.disk_gb, type=disk_type(size), labels=self.tags
        )
        instance = gcp.compute.Instance(
            name,
            zone=zone,
            machine_type=size,
            boot_disk=gcp.compute.InstanceBootDiskArgs(auto_delete=True, initialize_params=disk),
            network_interfaces=[{"subnetwork": self._network.subnetwork.id}],
            tags=[self._network.control_plane],
            labels=self.tags,
            metadata=metadata(config, user_data),
            service_account={"email": self._account.email, "scopes": self._account.scopes},
            shielded_instance_config=gcp.compute.InstanceShieldedInstanceConfigArgs(**SHIELDED),
            desired_status="RUNNING",  # one that was stopped is started by the next `up`
            project=self._place.project,
            opts=ResourceOptions.merge(self._reachable(opts), ResourceOptions(replace_on_changes=_REPLACING)),
        )
        self._balancers.admit(name, instance, zone)
        if index == 0:
            self._first_machine = instance.instance_id
        address = instance.network_interfaces[0].network_ip
        log = f"gcloud compute instances get-serial-port-output --zone {zone} "
        return ControlPlane(instance, instance.instance_id, address, Output.concat(log, instance.name))

    def _workers(self, user_data: Output[str], opts: ResourceOptions) -> Workers:
        opts = self._reachable(opts)
        if opts.replace_with:
            # With another machine for its only control plane it is another cluster. What is replaced with a machine
            # goes before it does, all at once; Google keeps a group as long as it has an autoscaler, so that has to go
            # first. Replaced by itself, the group comes anew before the old one goes, in order.
            opts.replace_with, opts.replacement_trigger = None, self._first_machine
        workers = GceWorkers(
            self,
            self._gce,
            self._place,
            subnetwork=self._network.subnetwork.id,
            tag=self._network.worker,
            user_data=user_data,
            opts=opts,
        )
        errors = f"gcloud compute instance-groups managed list-errors --region {self._place.region} "
        return Workers(workers.group, workers.group.id, Output.concat(errors, workers.group.name))

    def _reachable(self, opts: ResourceOptions) -> ResourceOptions:
        """Let a machine boot only when it can reach what it needs then, and be reached: the ways out and the doors."""
        needed = [*self._network.ways, *self._balancers.ways]
        return ResourceOptions.merge(opts, ResourceOptions(depends_on=needed))
