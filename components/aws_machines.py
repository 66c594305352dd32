"""The machines of a cluster on AWS: instances for the control planes, an auto-scaling group for the workers."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

import pulumi_aws as aws
from pulumi import Input, Output, ResourceOptions

from components.self_managed import SelfManagedCluster
from crosscloud.config import AwsStack
from crosscloud.errors import CrosscloudError

#: Debian's own account and the names that it gives to its images: https://wiki.debian.org/Cloud/AmazonEC2Image/Bookworm
DEBIAN = "136693071363"
_DEBIAN_NAME = "debian-12-{}-*"
_ARCHITECTURES = {"amd64": "x86_64", "arm64": "arm64"}
#: Seconds that a new worker takes to become a node, with room to spare: a refresh goes on to the next one after them.
_WARMUP = 180


@dataclass(frozen=True)
class MachineImage:
    """An AMI, and the name that it gives to its root device."""

    id: str
    root_device: str


def find_image(config: AwsStack) -> MachineImage:
    """Return the configured AMI, or Debian's newest for the architecture; raise if it is for another architecture."""
    architecture = _ARCHITECTURES[config.arch]
    if config.aws.image:
        wanted = aws.ec2.GetAmiFilterArgs(name="image-id", values=[config.aws.image])
        found = aws.ec2.get_ami(filters=[wanted])
        if found.architecture != architecture:
            raise CrosscloudError(
                f"crosscloud:aws.image: {config.aws.image} is for {found.architecture}, and crosscloud:arch is "
                f"{config.arch}; an AMI for {architecture}"
            )
    else:
        filters = {
            "name": _DEBIAN_NAME.format(config.arch),
            "architecture": architecture,
            "virtualization-type": "hvm",
            "root-device-type": "ebs",
        }
        found = aws.ec2.get_ami(
            owners=[DEBIAN],
            most_recent=True,
            filters=[aws.ec2.GetAmiFilterArgs(name=name, values=[value]) for name, value in filters.items()],
        )
    return MachineImage(found.id, found.root_device_name)


class AwsMachines:
    """What the machines of both roles share: image, key, metadata service, disks, and an identity without any right."""

    def __init__(self, cluster: SelfManagedCluster, config: AwsStack, image: MachineImage) -> None:
        """Make what the machines need beforehand, as children of ``cluster``."""
        self._config, self._image, self._tags = config, image, cluster.tags
        self._opts, self._name = cluster.opts, cluster.name
        self._profiles = {role: self._profile(role) for role in ("control-plane", "worker")}
        # A new Debian must not replace machines by itself: the image they were made of is kept.
        self._kept_image = not config.aws.image
        self._key: aws.ec2.KeyPair | None = None
        if config.admin_ssh_key:
            self._key = aws.ec2.KeyPair(
                config.name, public_key=config.admin_ssh_key, tags=self._tagged(), opts=self._opts
            )

    def control_plane(
        self, index: int, user_data: Output[str], subnet: aws.ec2.Subnet, group: Input[str], opts: ResourceOptions
    ) -> aws.ec2.Instance:
        """Make a control plane's machine; ``user_data`` is in base64."""
        tagged = self._tagged("control-plane", str(index))
        own = ResourceOptions(
            ignore_changes=["ami"] if self._kept_image else [],
            # AWS would stop the machine for it, and the next one before this one's etcd is back.
            replace_on_changes=["instanceType", "rootBlockDevice.volumeSize"],
        )
        return aws.ec2.Instance(
            self._name("control-plane", str(index)),
            ami=self._image.id,
            instance_type=self._config.control_planes.size,
            subnet_id=subnet.id,
            vpc_security_group_ids=[group],
            associate_public_ip_address=self._config.aws.nat_gateways == "none",
            iam_instance_profile=self._profiles["control-plane"].name,
            key_name=self._key.key_name if self._key else None,
            user_data_base64=user_data,
            user_data_replace_on_change=True,
            metadata_options=aws.ec2.InstanceMetadataOptionsArgs(
                http_endpoint="enabled", http_tokens="required", http_put_response_hop_limit=1
            ),
            root_block_device=aws.ec2.InstanceRootBlockDeviceArgs(
                volume_type="gp3",
                volume_size=self._config.control_planes.disk_gb,
                encrypted=True,
                delete_on_termination=True,
                tags=tagged,
            ),
            tags=tagged,
            opts=ResourceOptions.merge(opts, own),
        )

    def workers(
        self, user_data: Output[str], subnets: Sequence[Input[str]], group: Input[str], opts: ResourceOptions
    ) -> aws.autoscaling.Group:
        """Make the workers' group; ``user_data`` is in base64. Another launch template renews its members in turn."""
        workers = self._config.workers
        # A group that is replaced with its cluster takes the template that there is.
        template = self._template(user_data, group, self._opts)
        return aws.autoscaling.Group(
            self._name("worker"),
            min_size=workers.min or workers.count,
            max_size=workers.max or workers.count,
            desired_capacity=workers.count,
            vpc_zone_identifiers=list(subnets),
            health_check_type="EC2",
            health_check_grace_period=_WARMUP,
            default_instance_warmup=_WARMUP,
            launch_template=aws.autoscaling.GroupLaunchTemplateArgs(
                id=template.id, version=template.latest_version.apply(str)
            ),
            # One more is launched before one is ended, so that a group of one is never empty.
            instance_refresh=aws.autoscaling.GroupInstanceRefreshArgs(
                strategy="Rolling",
                preferences=aws.autoscaling.GroupInstanceRefreshPreferencesArgs(
                    min_healthy_percentage=100, max_healthy_percentage=110
                ),
            ),
            tags=[
                aws.autoscaling.GroupTagArgs(key=key, value=value, propagate_at_launch=True)
                for key, value in self._tagged("worker").items()
            ],
            opts=opts,
        )

    def _template(self, user_data: Output[str], group: Input[str], opts: ResourceOptions) -> aws.ec2.LaunchTemplate:
        tagged = self._tagged("worker")
        kept = ["imageId"] if self._kept_image else []
        disk = aws.ec2.LaunchTemplateBlockDeviceMappingEbsArgs(
            volume_type="gp3",
            volume_size=self._config.workers.disk_gb,
            encrypted="true",
            delete_on_termination="true",
        )
        return aws.ec2.LaunchTemplate(
            self._name("worker"),
            update_default_version=True,
            image_id=self._image.id,
            instance_type=self._config.workers.size,
            vpc_security_group_ids=[group],
            iam_instance_profile=aws.ec2.LaunchTemplateIamInstanceProfileArgs(arn=self._profiles["worker"].arn),
            key_name=self._key.key_name if self._key else None,
            user_data=user_data,
            metadata_options=aws.ec2.LaunchTemplateMetadataOptionsArgs(
                http_endpoint="enabled", http_tokens="required", http_put_response_hop_limit=1
            ),
            block_device_mappings=[
                aws.ec2.LaunchTemplateBlockDeviceMappingArgs(device_name=self._image.root_device, ebs=disk)
            ],
            # The group tags its instances; their disks and addresses have the tags from here.
            tag_specifications=[
                aws.ec2.LaunchTemplateTagSpecificationArgs(resource_type=kind, tags=tagged)
                for kind in ("volume", "network-interface")
            ],
            tags=tagged,
            opts=ResourceOptions.merge(opts, ResourceOptions(ignore_changes=kept)),
        )

    def _profile(self, role: str) -> aws.iam.InstanceProfile:
        """Make an identity for machines, with no policy: no node calls AWS, since no cloud controller runs on it.

        Whoever needs one (Systems Manager, a storage driver) attaches a policy to the role; no machine is replaced.
        """
        trust = {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
            ],
        }
        made = aws.iam.Role(
            self._name(role),
            description=f"The {role} machines of the cluster {self._config.name}",
            assume_role_policy=json.dumps(trust),
            tags=self._tagged(role),
            opts=self._opts,
        )
        return aws.iam.InstanceProfile(self._name(role), role=made.name, tags=self._tagged(role), opts=self._opts)

    def _tagged(self, *parts: str) -> dict[str, str]:
        return {**self._tags, "Name": self._name(*parts)}
