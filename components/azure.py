"""A cluster on Microsoft Azure's machines."""

from pulumi import Input, Output, ResourceOptions
from pulumi_azure_native import compute, network
from pulumi_azure_native.managedidentity import UserAssignedIdentity
from pulumi_azure_native.resources import ResourceGroup

from components.azure_balancer import AzureBalancer
from components.azure_machines import CONTROL_PLANE_DISK, MachineKind, encoded
from components.azure_network import AzureNetwork
from components.azure_rules import API_PORT
from components.azure_workers import AzureWorkers
from components.resources import LockedSshKey
from components.self_managed import ControlPlane, Endpoints, SelfManagedCluster, Workers
from crosscloud.config import AzureStack
from crosscloud.release import Release

#: What Azure can't change on a machine, or only by stopping it: another value makes another machine.
_FIXED = ["osProfile", "storageProfile", "hardwareProfile", "securityProfile", "availabilitySet", "zones"]
#: Two fault domains are what every location has; some have three.
#: https://learn.microsoft.com/azure/virtual-machines/availability-set-overview
_FAULT_DOMAINS, _UPDATE_DOMAINS = 2, 5


class AzureCluster(SelfManagedCluster):
    """A resource group with network, load balancer, control planes in zones, and a scale set of workers."""

    def __init__(self, config: AzureStack, release: Release) -> None:
        """Make the cluster that the stack's configuration describes, with the release's Kubernetes."""
        super().__init__("azure", config, release)
        self.azure = config
        self.group = self._resource_group()
        # What is replaced is so because its group is: in the new one it comes first, and what uses it moves over.
        self.inside = ResourceOptions.merge(self.opts, ResourceOptions(delete_before_replace=False))
        self.network = AzureNetwork(self, config, self.group, self.inside)
        public = self.network.public_address("api")
        self.balancer = AzureBalancer(self, config, self.group, public, self.inside)
        self.kind = MachineKind(config, self._ssh_key())
        self.together = self._availability_set()
        # An identity for each role, without any rights: who gives it one gives it to that role alone.
        self.control_plane_identity = self._identity("control-planes")
        self.worker_identity = self._identity("workers")
        endpoint = Output.concat(self.balancer.address, f":{API_PORT}")
        block, control_planes, workers = config.azure, config.control_planes, config.workers
        self.assemble(
            Endpoints(internal=endpoint, public=endpoint),
            control_plane=self._control_plane,
            workers=self._workers,
            control_plane_shape={
                "size": control_planes.size,
                "diskGb": str(control_planes.disk_gb),
                "image": block.image,
                "encryptionAtHost": str(block.encryption_at_host).lower(),
            },
            worker_shape={
                "size": workers.size,
                "diskGb": str(workers.disk_gb),
                "image": block.image,
                "encryptionAtHost": str(block.encryption_at_host).lower(),
            },
            network_cidr=block.network_cidr,
        )

    def _resource_group(self) -> ResourceGroup:
        """Make what holds everything; its name has to be unique in a subscription, so Pulumi adds to it.

        Azure refuses other addresses for a network that is used, and other zones for a public address: where such a
        change is insisted on, all is made anew in another group.
        """
        block = self.azure.azure
        opts = ResourceOptions(replacement_trigger=[block.network_cidr, block.spread])
        return ResourceGroup(
            self.config.name,
            location=block.location,
            tags=self.tags,
            opts=ResourceOptions.merge(self.opts, opts),
        )

    def _ssh_key(self) -> Input[str]:
        """Return the configured key, or one that nobody has the private half of: Azure wants a key or a password."""
        if self.azure.admin_ssh_key:
            return self.azure.admin_ssh_key
        return LockedSshKey(self.config.name, opts=self.opts).public_key

    def _identity(self, role: str) -> UserAssignedIdentity:
        name = self.name(role)
        return UserAssignedIdentity(
            name,
            resource_group_name=self.group.name,
            resource_name_=name,
            location=self.azure.azure.location,
            tags=self.tags,
            opts=self.inside,
        )

    def _availability_set(self) -> compute.AvailabilitySet | None:
        """Make what keeps control planes apart in a location without zones."""
        if self.azure.azure.spread == "zones":
            return None
        name = self.name("control-planes")
        return compute.AvailabilitySet(
            name,
            resource_group_name=self.group.name,
            availability_set_name=name,
            location=self.azure.azure.location,
            sku=compute.SkuArgs(name="Aligned"),  # of managed disks
            platform_fault_domain_count=_FAULT_DOMAINS,
            platform_update_domain_count=_UPDATE_DOMAINS,
            tags=self.tags,
            opts=self.inside,
        )

    def _control_plane(self, index: int, user_data: Output[str], opts: ResourceOptions) -> ControlPlane:
        address = self.network.blocks.control_plane(index)
        machine = self._machine(index, user_data, self._interface(index, address), opts)
        return ControlPlane(
            machine=machine,
            identity=machine.vm_id,
            address=Output.from_input(address),
            console=Output.concat("az vm boot-diagnostics get-boot-log --ids ", machine.id),
        )

    def _interface(self, index: int, address: str) -> network.NetworkInterface:
        """Make the interface in the load balancer's pool; it stays, with its address, when its machine is replaced."""
        name = self.name("control-plane", str(index))
        return network.NetworkInterface(
            name,
            resource_group_name=self.group.name,
            network_interface_name=name,
            location=self.azure.azure.location,
            ip_configurations=[
                network.NetworkInterfaceIPConfigurationArgs(
                    name="primary",
                    primary=True,
                    subnet=network.SubnetArgs(id=self.network.control_planes.id),
                    private_ip_allocation_method="Static",
                    private_ip_address=address,
                    load_balancer_backend_address_pools=[network.BackendAddressPoolArgs(id=self.balancer.pool)],
                )
            ],
            tags=self.tags,
            opts=self.inside,
        )

    def _machine(
        self, index: int, user_data: Output[str], interface: network.NetworkInterface, opts: ResourceOptions
    ) -> compute.VirtualMachine:
        config, name = self.azure, self.name("control-plane", str(index))
        zones = config.azure.zones_used
        return compute.VirtualMachine(
            name,
            resource_group_name=self.group.name,
            vm_name=name,
            location=config.azure.location,
            zones=[self.zone_of(index, zones)] if zones else None,
            availability_set=compute.SubResourceArgs(id=self.together.id) if self.together else None,
            hardware_profile=compute.HardwareProfileArgs(vm_size=config.control_planes.size),
            identity=compute.VirtualMachineIdentityArgs(
                type=compute.ResourceIdentityType.USER_ASSIGNED,
                user_assigned_identities=[self.control_plane_identity.id],
            ),
            network_profile=compute.NetworkProfileArgs(
                network_interfaces=[
                    compute.NetworkInterfaceReferenceArgs(id=interface.id, primary=True, delete_option="Detach")
                ]
            ),
            os_profile=compute.OSProfileArgs(
                computer_name=name,
                admin_username=config.admin_username,
                custom_data=encoded(user_data),
                linux_configuration=self.kind.linux(),
            ),
            storage_profile=compute.StorageProfileArgs(
                image_reference=self.kind.image(),
                os_disk=compute.OSDiskArgs(
                    create_option="FromImage",
                    delete_option="Delete",
                    caching=compute.CachingTypes.READ_WRITE,
                    disk_size_gb=config.control_planes.disk_gb,
                    managed_disk=compute.ManagedDiskParametersArgs(storage_account_type=CONTROL_PLANE_DISK),
                ),
            ),
            security_profile=self.kind.security(),
            diagnostics_profile=self.kind.diagnostics(),
            tags=self.tags,
            opts=ResourceOptions.merge(opts, ResourceOptions(replace_on_changes=_FIXED)),
        )

    def _workers(self, user_data: Output[str], opts: ResourceOptions) -> Workers:
        group = AzureWorkers(self, self.azure, self.group, self.network).make(
            self.kind, self.worker_identity.id, user_data, opts
        )
        console = Output.concat("az vmss list-instances --ids ", group.id, " --expand instanceView --output table")
        return Workers(group=group, identity=group.id, console=console)
