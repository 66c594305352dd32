"""The one schema of all stacks: what every cloud shares, and a stack's model for each cloud.

``StackConfig`` is their union, told apart by ``cloud``. Attributes are the file's keys in snake_case.
"""

from typing import Annotated, ClassVar, Literal, get_args

from pydantic import Field

from crosscloud.config import blocks
from crosscloud.config.pools import CloudControlPlanes, CloudWorkers, ControlPlanes, ScalingWorkers, Workers
from crosscloud.config.values import (
    Address,
    Block,
    Cidr,
    ClusterName,
    Domain,
    FilePath,
    FolderPath,
    ImageReference,
    IsoDate,
    SshPublicKey,
    TagKey,
    TagValue,
    UserName,
    filled,
)

_TENTH = "the tenth address of `serviceCidr`"
_DNS = "The service address of the cluster's DNS, where CoreDNS answers."


class ChartSource(Block):
    """Where the charts of CoreDNS and Prometheus come from."""

    kind: Literal["upstream", "bundled", "path"] = filled(
        "`bundled` for local, else `upstream`",
        "The projects' own chart repositories, the charts that come with crosscloud, or a folder of charts.",
    )
    path: FolderPath | None = Field(None, description="The folder that holds the charts; for kind `path` alone.")


class Images(Block):
    """The images beside the release's own that a cluster needs.

    The defaults are what upstream publishes: etcd and pause as kubeadm 1.37 names them (its ``constants.go``), flannel
    as its v0.26.7 manifest does.
    """

    etcd: ImageReference = Field("registry.k8s.io/etcd:3.7.0-0", description="etcd, on the control planes.")
    pause: ImageReference = Field("registry.k8s.io/pause:3.10.2", description="The pods' sandbox.")
    flannel: ImageReference = Field("ghcr.io/flannel-io/flannel:v0.26.7", description="The pod network's daemon.")
    flannel_cni: ImageReference = Field(
        "ghcr.io/flannel-io/flannel-cni-plugin:v1.6.2-flannel1", description="The pod network's CNI plugin."
    )


class Stack(Block):
    """What every stack has, whatever runs its cluster."""

    #: Whether the program reaches its cluster by a token that ends within hours: the one that is kept of an earlier run
    #: is of no use then, not even for a refresh.
    access_ends: ClassVar[bool] = False

    cloud: str
    # Not `crosscloud:name`: the engine gives a plugin the settings of its namespace, and takes that one for its name.
    name: ClusterName = filled(
        "the stack's name", "The cluster's name, the beginning of every resource's name.", alias="clusterName"
    )
    cluster_domain: Domain = Field("cluster.local", description="The domain that the cluster's DNS answers for.")
    release_file: FilePath = Field(
        "release.env",
        validate_default=True,
        description="The images under test; relative to the stack file.",
    )
    chart_source: ChartSource = filled("", "Where the charts come from.")


class ClusterStack(Stack):
    """A cluster that this program makes.

    Pods and services get what kind gives them: 10.244.0.0/16 is also flannel's own default (256 nodes of a /24 each),
    and 10.96.0.0/16 the beginning of kubeadm's default, small enough to leave 10.97.0.0 and above to others.
    """

    arch: Literal["amd64", "arm64"] = Field("amd64", description="The machines' processor architecture.")
    pod_cidr: Cidr = Field("10.244.0.0/16", description="The pods' addresses; each node takes a /24 of them.")
    service_cidr: Cidr = Field("10.96.0.0/16", description="The services' addresses; the API server takes the first.")
    dns_service_ip: Address = filled(_TENTH, _DNS)


class SelfManagedStack(ClusterStack):
    """A cluster whose control plane is made of our own machines."""

    images: Images = Field(default_factory=Images, description="Images beside the release's own.")


class CloudSettings(ClusterStack):
    """What every public cloud asks for."""

    api_access_cidrs: Annotated[tuple[Cidr, ...], Field(min_length=1)] = Field(
        description="The networks that may reach the Kubernetes API, yours and your CI's among them.",
        examples=[["203.0.113.7/32"]],
    )
    api_access_from_anywhere: bool = Field(
        False, description="Insists that `apiAccessCidrs` may hold the whole Internet, 0.0.0.0/0."
    )
    owner: TagValue = Field("unassigned", description="Whose cluster it is: the tag `owner` of every cloud resource.")
    expiry: IsoDate | None = Field(
        None, description="The day after which it may be destroyed, such as 2026-12-31: the tag `expiry`."
    )
    tags: dict[TagKey, TagValue] = Field(
        default_factory=dict, description="Further tags or labels of every cloud resource."
    )
    allow_cluster_replacement: bool = Field(
        False, description="Insists on a change that replaces the whole cluster, with all that is in it."
    )
    boot_timeout_minutes: Annotated[int, Field(ge=1, le=120)] = Field(
        15, description="How long to wait for the cluster to answer, and then for its nodes to be Ready."
    )


class CloudStack(CloudSettings, SelfManagedStack):
    """A cluster on a cloud's machines."""

    control_planes: CloudControlPlanes = filled("", "The machines that run the control plane and etcd.")
    workers: CloudWorkers = filled("", "The machines that run what is deployed.")
    admin_username: UserName = Field("crosscloud", description="The user with sudo on the machines.")
    admin_ssh_key: SshPublicKey | None = Field(
        None, description="The public key that user logs in with; left out, nobody can log in, and nothing needs to."
    )
    ssh_access_cidrs: tuple[Cidr, ...] = Field(
        (), description="The networks that may reach port 22; empty keeps it closed."
    )


class LocalStack(SelfManagedStack):
    """A cluster of machines on this host."""

    cloud: Literal["local"]
    control_planes: ControlPlanes = Field(default_factory=ControlPlanes, description="The control plane's machines.")
    workers: Workers = Field(default_factory=Workers, description="The machines that run what is deployed.")
    local: blocks.Local = Field(default_factory=blocks.Local, description="What only a local cluster has.")


class ExistingStack(Stack):
    """A cluster that is already there: nothing is made but the deployments."""

    cloud: Literal["existing"]
    dns_service_ip: Address | None = Field(
        None, description="The service address to give CoreDNS; left out, the cluster chooses a free one."
    )
    existing: blocks.Existing = filled("", "How to reach the cluster.")


class AwsStack(CloudStack):
    """A cluster on Amazon Web Services."""

    cloud: Literal["aws"]
    workers: ScalingWorkers = filled("", "The machines that run what is deployed.")
    aws: blocks.Aws = Field(default_factory=blocks.Aws, description="What only AWS has.")


class AzureStack(CloudStack):
    """A cluster on Microsoft Azure."""

    cloud: Literal["azure"]
    workers: ScalingWorkers = filled("", "The machines that run what is deployed.")
    azure: blocks.Azure = filled("", "What only Azure has.")


class GceStack(CloudStack):
    """A cluster on Google Compute Engine."""

    cloud: Literal["gce"]
    workers: ScalingWorkers = filled("", "The machines that run what is deployed.")
    gce: blocks.Gce = filled("", "What only Google Compute Engine has.")


class GkeStack(CloudSettings):
    """A cluster on Google Kubernetes Engine, whose control plane is Google's."""

    access_ends: ClassVar[bool] = True

    cloud: Literal["gke"]
    dns_service_ip: Address = filled(
        "the eleventh address of `serviceCidr`", f"{_DNS} GKE's own DNS holds the tenth address."
    )
    workers: ScalingWorkers = filled("", "The nodes, in the whole cluster.")
    gke: blocks.Gke = Field(default_factory=blocks.Gke, description="What only GKE has.")


class PacketStack(CloudStack):
    """A cluster on Equinix Metal, formerly Packet."""

    cloud: Literal["packet"]
    workers: CloudWorkers = filled("", "The machines that run what is deployed.")
    packet: blocks.Packet = Field(description="What only Equinix Metal has.")


#: One line for all clouds: what knows them by name is made from it.
StackConfig = Annotated[
    LocalStack | ExistingStack | AwsStack | AzureStack | GceStack | GkeStack | PacketStack, Field(discriminator="cloud")
]

#: The stack's model by the name of its cloud, in the order that documents list them.
STACKS: dict[str, type[Stack]] = {
    get_args(model.model_fields["cloud"].annotation)[0]: model for model in get_args(get_args(StackConfig)[0])
}


def block_of(cloud: str) -> type[Block]:
    """Return the model of a cloud's own block, which has the cloud's name."""
    block: type[Block] = STACKS[cloud].model_fields[cloud].annotation  # type: ignore[assignment]  # blocks are classes
    return block
