"""The clouds' own blocks: what only one cloud knows. What they share is in ``stacks``."""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import Field, WithJsonSchema

from crosscloud.config.values import Block, Cidr, FilePath, Text, filled, matching

#: The same network on every cloud; Typhoon's ``host_cidr``. It leaves 10.96.0.0 and 10.244.0.0 to services and pods.
NETWORK_CIDR = "10.0.0.0/16"
_UUID = "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"
_ZONES = "The zones to spread machines over; empty takes {}."


#: The sizes of control planes and of workers by architecture.
Sizes = Mapping[str, tuple[str, str]]


class CloudBlock(Block):
    """A public cloud's block, with what else is the cloud's own: the defaults that depend on the architecture.

    Sizes: kubeadm's preflight asks for 2 processors and 1.7 GB for a control plane, and a whole cluster of two nodes
    was seen to use 1.3 GB; so 2 processors and 4 to 8 GB, in each cloud's current family for loads that come and go.
    """

    #: A size is empty where the cloud chooses it.
    sizes: ClassVar[Sizes] = {}
    #: The machines' images by architecture, where ``image`` is to be filled in.
    images: ClassVar[Mapping[str, str]] = {}
    #: What stands between a region's name and the rest of its zones' names; nothing where they do not begin with it.
    zone_separator: ClassVar[str | None] = None
    #: Which address of the service network the cluster's DNS gets.
    dns_index: ClassVar[int] = 10


class Local(Block):
    """Machines on this host."""

    network_cidr: Cidr | None = Field(None, description="The machines' network; left out, a free /24 is chosen.")
    outbound: bool = Field(True, description="Whether the machines reach the outside, through this host's address.")
    registry_port: Annotated[int, Field(ge=1024, le=65535)] = Field(
        5001, description="The loopback port of the registry that holds the built images."
    )


class Existing(Block):
    """A cluster that is already there."""

    kubeconfig: FilePath = filled("`$KUBECONFIG`, else `~/.kube/config`", "The kubeconfig that reaches the cluster.")
    context: Text | None = Field(None, description="The context to use; left out, the kubeconfig's current one.")


class Aws(CloudBlock):
    """Amazon Web Services."""

    #: https://aws.amazon.com/ec2/instance-types/t3/
    sizes: ClassVar[Sizes] = {"amd64": ("t3.medium", "t3.large"), "arm64": ("t4g.medium", "t4g.large")}
    zone_separator = ""

    region: Text = Field("us-east-1", description="The region; the AWS provider's own setting must agree with it.")
    zones: tuple[Text, ...] = Field((), description=_ZONES.format("the region's first three"))
    network_cidr: Cidr = Field(NETWORK_CIDR, description="The VPC's network.")
    nat_gateways: Literal["none", "one", "perZone"] = Field(
        "one",
        description="How private machines reach the outside: by one NAT gateway, by one a zone (which survives the "
        "loss of a zone, at its price), or, with none, on public subnets behind their security groups.",
    )
    image: (
        Annotated[str, matching("^ami-[0-9a-f]{8,17}$", "is not an AMI's id; ami- and hexadecimal digits")] | None
    ) = Field(None, description="The AMI; left out, the newest Debian 12 of Debian's own account (136693071363).")


_AzureZone = Annotated[
    str, matching("^[123]$", "is no zone of Azure; 1, 2 or 3"), WithJsonSchema({"enum": ["1", "2", "3", 1, 2, 3]})
]


class Azure(CloudBlock):
    """Microsoft Azure."""

    #: https://learn.microsoft.com/azure/virtual-machines/sizes/general-purpose/b-family
    sizes: ClassVar[Sizes] = {"amd64": ("Standard_B2s_v2",) * 2, "arm64": ("Standard_B2ps_v2",) * 2}
    #: Ubuntu is what https://learn.microsoft.com/azure/virtual-machines/linux/using-cloud-init takes.
    images: ClassVar[Mapping[str, str]] = {
        "amd64": "Canonical:ubuntu-24_04-lts:server:latest",
        "arm64": "Canonical:ubuntu-24_04-lts:server-arm64:latest",
    }

    location: Text = Field("eastus2", description="The location; one with availability zones.")
    zones: tuple[_AzureZone, ...] = Field((), description=_ZONES.format("all three"))
    spread: Literal["zones", "availabilitySet"] = Field(
        "zones",
        description="What keeps control planes apart: zones, or, in a location without them, an availability set.",
    )
    network_cidr: Cidr = Field(NETWORK_CIDR, description="The virtual network's addresses.")
    encryption_at_host: bool = Field(
        False,
        description="Encrypts temporary disks and caches too, which the subscription's feature EncryptionAtHost "
        "allows; disks are encrypted in any case.",
    )
    image: Annotated[str, matching(r"^[^:\s]+(:[^:\s]+){3}$", "is not an image's URN; publisher:offer:sku:version")] = (
        filled(
            "`Canonical:ubuntu-24_04-lts:server:latest`, or its `server-arm64`",
            "The machines' image, as `az vm create --image` takes it.",
        )
    )

    @property
    def zones_used(self) -> tuple[str, ...]:
        """The zones that machines are spread over; none with an availability set."""
        return () if self.spread == "availabilitySet" else self.zones or ("1", "2", "3")


class Gce(CloudBlock):
    """Google Compute Engine."""

    #: https://cloud.google.com/compute/docs/general-purpose-machines
    sizes: ClassVar[Sizes] = {"amd64": ("e2-standard-2",) * 2, "arm64": ("t2a-standard-2",) * 2}
    #: Google's Debian images have no cloud-init (https://cloud.google.com/compute/docs/images/os-details).
    images: ClassVar[Mapping[str, str]] = {
        "amd64": "ubuntu-os-cloud/ubuntu-2404-lts-amd64",
        "arm64": "ubuntu-os-cloud/ubuntu-2404-lts-arm64",
    }
    zone_separator = "-"

    project: Text | None = Field(None, description="The project; left out, the Google provider's own setting.")
    region: Text = Field("us-central1", description="The region.")
    zones: tuple[Text, ...] = Field((), description=_ZONES.format("the region's first three that have both sizes"))
    network_cidr: Cidr = Field(
        NETWORK_CIDR,
        description="The network's addresses: the first half is the machines', the end the load balancer's proxies'.",
    )
    image: Text = filled(
        "`ubuntu-os-cloud/ubuntu-2404-lts-amd64`, or its `-arm64`",
        "The machines' image or image family; one with cloud-init, which Google's Debian images lack.",
    )


class Gke(CloudBlock):
    """Google Kubernetes Engine: Google runs the control plane."""

    sizes: ClassVar[Sizes] = {arch: ("", workers) for arch, (_, workers) in Gce.sizes.items()}
    zone_separator = "-"
    dns_index = 11

    project: Text | None = Field(None, description="The project; left out, the Google provider's own setting.")
    region: Text = Field("us-central1", description="The region.")
    zones: tuple[Text, ...] = Field(
        (), description=_ZONES.format("the region's first three that have the workers' size")
    )
    network_cidr: Cidr = Field(NETWORK_CIDR, description="The nodes' network.")
    control_plane_cidr: Cidr = Field(
        "172.16.0.0/28", description="The addresses of Google's control plane as the nodes see it; a /28 of its own."
    )
    release_channel: Literal["rapid", "regular", "stable", "extended"] = Field(
        "rapid",
        description="The channel that versions are taken from; rapid has the newest, hence the one nearest to a "
        "release's Kubernetes.",
    )
    deletion_protection: bool = Field(
        False, description="Refuses to destroy or replace the cluster until this is false again, and `up` has run."
    )


class Packet(CloudBlock):
    """Equinix Metal, formerly Packet."""

    #: Metal has no small machines; these every metro keeps on demand: https://docs.equinix.com/metal/locations/capacity
    sizes: ClassVar[Sizes] = {"amd64": ("m3.small.x86",) * 2, "arm64": ("c3.large.arm64",) * 2}

    project_id: Annotated[str, matching(_UUID, "is not a project's id; a UUID, as the project's settings show it")] = (
        Field(description="The project's id, a UUID.", examples=["11111111-2222-3333-4444-555555555555"])
    )
    metro: Annotated[str, matching("^[a-z]{2}$", "is not a metro's code; two lower-case letters, such as da")] = Field(
        "da", description="The metro's code; Dallas is one of those with expanded on-demand capacity."
    )
    operating_system: Text = Field("debian_12", description="The operating system's slug.")
