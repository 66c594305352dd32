"""The variables of the original cross-cloud and their place here, for the documentation and for hints."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class OldName:
    """A variable of the original: its names and its defaults there, and what there is now in its place (in Markdown).

    ``defaults`` are those of 2017, then those of the last generation where they changed.
    """

    names: tuple[str, ...]
    defaults: str
    now: str


_KUBERNETES = "of `crosscloud:releaseFile`"

#: What the modules of every cloud shared.
SHARED = (
    OldName(("name",), "the cloud's name", "`crosscloud:clusterName`"),
    OldName(
        ("data_dir",), "`/cncf/data/<cloud>`", "`$CROSSCLOUD_HOME`, else `.crosscloud/`; the kubeconfig is an output"
    ),
    OldName(("cloud_provider",), "the cloud's name", "`crosscloud:cloud`"),
    OldName(
        ("cloud_config",), "empty, or a path on the machine", "nothing: no cloud's credentials are on the machines"
    ),
    OldName(("admin_username",), "`core`, on Azure `cncf`", "`crosscloud:adminUsername`"),
    OldName(("arch",), "", "`crosscloud:arch`"),
    OldName(("cluster_domain",), "`cluster.local`", "`crosscloud:clusterDomain`"),
    OldName(("internal_tld",), "`<cloud>.cncf.demo`", "nothing: machines find each other by address"),
    OldName(("vpc_cidr", "cidr"), "`10.0.0.0/16`, later others", "`networkCidr` in the cloud's block"),
    OldName(("pod_cidr",), "`10.2.0.0/16`, later `100.96.0.0/11`", "`crosscloud:podCidr`"),
    OldName(("service_cidr",), "`10.0.0.0/24` or `10.3.0.0/24`, later `100.64.0.0/13`", "`crosscloud:serviceCidr`"),
    OldName(("non_masquerade_cidr",), "`100.64.0.0/10`", "`crosscloud:podCidr`: all that leaves it is masqueraded"),
    OldName(("k8s_service_ip",), "the first of `service_cidr`", "the same, always"),
    OldName(("dns_service_ip",), "the tenth of `service_cidr`", "`crosscloud:dnsServiceIp`"),
    OldName(("master_node_count",), "3", "`crosscloud:controlPlanes.count`"),
    OldName(("worker_node_count",), "3, later 1", "`crosscloud:workers.count`"),
    OldName(("worker_node_min",), "3", "`crosscloud:workers.min`"),
    OldName(("worker_node_max",), "5", "`crosscloud:workers.max`"),
    OldName(("master_vm_size", "aws_master_vm_size"), "by cloud", "`crosscloud:controlPlanes.size`"),
    OldName(("worker_vm_size", "aws_worker_vm_size"), "by cloud", "`crosscloud:workers.size`"),
    OldName(
        ("bastion_vm_size", "aws_bastion_vm_size"), "by cloud", "nothing: there is no bastion, and no need to log in"
    ),
    OldName(("kubelet_image_url",), "hyperkube", f"`KUBERNETES_IMAGE` {_KUBERNETES}"),
    OldName(("kubelet_image_tag",), "a version", f"`KUBERNETES_TAG` {_KUBERNETES}"),
    OldName(
        (
            "kubelet_artifact",
            "kube_apiserver_artifact",
            "kube_controller_manager_artifact",
            "kube_scheduler_artifact",
            "kube_proxy_artifact",
            "kube_proxy_image",
            "kube_proxy_tag",
        ),
        "one address each",
        f"`KUBERNETES_IMAGE` and `KUBERNETES_TAG` {_KUBERNETES}: one image holds them all",
    ),
    OldName(("etcd_artifact",), "an address", "`crosscloud:images.etcd`"),
    OldName(("cni_artifact", "cni_plugins_artifact"), "one address each", "`crosscloud:images.flannelCni`"),
    OldName(("etcd_endpoint",), "`127.0.0.1`", "nothing: etcd runs on the control planes"),
    OldName(("etcd_server", "discovery_nameserver"), "a shared server", "nothing: no stack depends on a shared server"),
)

#: What only one cloud had.
OF_ONE_CLOUD = (
    OldName(("aws_region",), "`ap-southeast-2`", "`crosscloud:aws.region`"),
    OldName(("aws_azs", "aws_availability_zone"), "all three, later one", "`crosscloud:aws.zones`"),
    OldName(("aws_image_ami",), "an AMI of CoreOS", "`crosscloud:aws.image`"),
    OldName(("aws_key_name",), "`aws`, later `cross-cloud`", "`crosscloud:adminSshKey`"),
    OldName(("allow_ssh_cidr",), "`0.0.0.0/0`", "`crosscloud:sshAccessCidrs`, empty by default"),
    OldName(("location",), "`westus`", "`crosscloud:azure.location`"),
    OldName(
        ("image_publisher", "image_offer", "image_sku", "image_version"), "CoreOS's", "`crosscloud:azure.image`, as one"
    ),
    OldName(("image_id",), "an image of CoreOS", "`crosscloud:gce.image`"),
    OldName(("disk_size",), "50", "`crosscloud:controlPlanes.diskGb`, `crosscloud:workers.diskGb`"),
    OldName(("project", "google_project"), "", "`crosscloud:gce.project`, `crosscloud:gke.project`"),
    OldName(("region",), "`us-central1`", "`crosscloud:gce.region`, `crosscloud:gke.region`"),
    OldName(("zone",), "`us-central1-a`", "`crosscloud:gce.zones`, `crosscloud:gke.zones`"),
    OldName(("node_count", "node_pool_count"), "3, later 1", "`crosscloud:workers.count`, in the whole cluster"),
    OldName(("vm_size",), "`n1-standard-1`, later `n1-standard-32`", "`crosscloud:workers.size`"),
    OldName(
        ("node_version", "min_master_version"),
        "a version of GKE's",
        "the version offered that is nearest to the release's",
    ),
    OldName(("master_user", "master_password"), "in the file", "nothing: GKE has no passwords any more"),
    OldName(("packet_project_id",), "", "`crosscloud:packet.projectId`"),
    OldName(("packet_api_key",), "", "`$METAL_AUTH_TOKEN`, or the provider's own setting"),
    OldName(("packet_facility",), "`sjc1`", "`crosscloud:packet.metro`, since facilities are gone"),
    OldName(
        ("packet_operating_system",), "`coreos_stable`, later `ubuntu_18_04`", "`crosscloud:packet.operatingSystem`"
    ),
    OldName(("packet_master_device_plan",), "`baremetal_0`, later `c1.small.x86`", "`crosscloud:controlPlanes.size`"),
    OldName(("packet_worker_device_plan",), "`baremetal_0`, later `m2.xlarge.x86`", "`crosscloud:workers.size`"),
    OldName(("packet_billing_cycle",), "`hourly`", "the same, always"),
    OldName(("domain",), "`cncf.ci`", "nothing: a cluster is reached by its load balancer's address"),
)

BY_NAME: dict[str, OldName] = {name: row for row in (*SHARED, *OF_ONE_CLOUD) for name in row.names}
