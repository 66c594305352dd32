"""A cluster on Amazon Web Services: instances in a VPC, and network load balancers in front of their API."""

import base64

import pulumi_aws as aws
from pulumi import Output, ResourceOptions

from components.aws_access import CONTROL_PLANE, PRIVATE, PUBLIC, WORKER, AwsAccess
from components.aws_balancers import ApiBalancer
from components.aws_machines import AwsMachines, find_image
from components.aws_network import AwsNetwork, choose_zones, split
from components.self_managed import ControlPlane, Endpoints, SelfManagedCluster, Workers
from crosscloud.config import AwsStack
from crosscloud.errors import CrosscloudError
from crosscloud.release import Release


class AwsCluster(SelfManagedCluster):
    """A VPC over several zones, control planes spread over them, and workers in an auto-scaling group.

    Users reach the API by a load balancer that faces the Internet, nodes by an internal one. Machines have no public
    addresses but with ``natGateways: none``.
    """

    def __init__(self, config: AwsStack, release: Release) -> None:
        """Make the cluster that the stack's configuration describes, with the release's Kubernetes."""
        # What the configuration gets wrong is said before anything is made.
        _ensure_region(config)
        self.zones = choose_zones(config)
        blocks = split(config, self.zones)
        image = find_image(config)
        super().__init__("aws", config, release)
        self.aws_stack = config
        self.aws_network = AwsNetwork(self, config, blocks)
        self.aws_access = AwsAccess(self, config, self.aws_network.vpc)
        self.doors = {PUBLIC: self._door(PUBLIC), PRIVATE: self._door(PRIVATE)}
        self.aws_machines = AwsMachines(self, config, image)
        fixed = {"image": config.aws.image or ""}
        # Machines with and without public addresses are in different subnets.
        subnets = "public" if config.aws.nat_gateways == "none" else "private"
        self.assemble(
            Endpoints(internal=self.doors[PRIVATE].endpoint, public=self.doors[PUBLIC].endpoint),
            control_plane=self._control_plane,
            workers=self._workers,
            control_plane_shape={
                "size": config.control_planes.size,
                "diskGb": str(config.control_planes.disk_gb),
                "subnets": subnets,
                "zones": ",".join(self.zones),
                **fixed,
            },
            worker_shape={"size": config.workers.size, "diskGb": str(config.workers.disk_gb), **fixed},
            network_cidr=config.aws.network_cidr,
        )

    def _door(self, role: str) -> ApiBalancer:
        public = role == PUBLIC
        return ApiBalancer(
            self,
            role,
            internal=not public,
            vpc=self.aws_network.vpc,
            subnets=self.aws_network.ids(self.aws_network.public if public else self.aws_network.machines),
            group=self.aws_access.groups[role],
            after=[self.aws_network.gateway],
        )

    def _control_plane(self, index: int, user_data: Output[str], opts: ResourceOptions) -> ControlPlane:
        zone = self.zone_of(index, self.zones)
        machine = self.aws_machines.control_plane(
            index,
            _base64(user_data),
            self.aws_network.machines[zone],
            self.aws_access.groups[CONTROL_PLANE].id,
            self._reachable(opts),
        )
        for door in self.doors.values():
            door.attach(index, machine)
        return ControlPlane(machine, machine.id, machine.private_ip, self._console(machine.id))

    def _workers(self, user_data: Output[str], opts: ResourceOptions) -> Workers:
        group = self.aws_machines.workers(
            _base64(user_data),
            self.aws_network.ids(self.aws_network.machines),
            self.aws_access.groups[WORKER].id,
            self._reachable(opts),
        )
        newest = Output.concat(
            f"$(aws autoscaling describe-auto-scaling-groups --region {self.aws_stack.aws.region} --output text ",
            "--query 'AutoScalingGroups[0].Instances[-1].InstanceId' --auto-scaling-group-names ",
            group.name,
            ")",
        )
        return Workers(group, group.id, self._console(newest))

    def _reachable(self, opts: ResourceOptions) -> ResourceOptions:
        """Let a machine boot only when it can reach what it needs then: the way out, the rules, the doors."""
        doors = [door.listener for door in self.doors.values()]
        needed = [*self.aws_network.ways_out, *self.aws_access.rules, *doors]
        return ResourceOptions.merge(opts, ResourceOptions(depends_on=needed))

    def _console(self, identity: Output[str]) -> Output[str]:
        ask = f"aws ec2 get-console-output --region {self.aws_stack.aws.region} --latest --output text --instance-id "
        return Output.concat(ask, identity)


def _base64(user_data: Output[str]) -> Output[str]:
    return user_data.apply(lambda text: base64.b64encode(text.encode()).decode())


def _ensure_region(config: AwsStack) -> None:
    """Raise unless the provider works in the region that the configuration names."""
    found = aws.config.region
    if found != config.aws.region:
        wrong = f"is {found}" if found else "is not set"
        raise CrosscloudError(
            f"aws:region {wrong}, and crosscloud:aws.region is {config.aws.region}; "
            f"pulumi config set aws:region {config.aws.region}"
        )
