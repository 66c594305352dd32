"""The variables of the original cross-cloud and their place here, for the documentation and for hints."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class OldName:
    """A variable of the original, with its default there, and what there is now in its place (in Markdown)."""

    name: str
    default: str
    now: str


_ROWS = (
    OldName("name", "", "`crosscloud:name`"),
    OldName("data_dir", "`/cncf/data/<name>`", "`$CROSSCLOUD_HOME`, else `.crosscloud/`; the kubeconfig is an output"),
    OldName("cloud_provider", "by module", "`crosscloud:cloud`"),
    OldName("cloud_config", "by module", "nothing: no cloud's credentials are on the machines"),
    OldName("admin_username", "`core`, `ubuntu`", "`crosscloud:adminUsername`"),
    OldName("arch", "`amd64`", "`crosscloud:arch`"),
    OldName("cluster_domain", "`cluster.local`", "`crosscloud:clusterDomain`"),
    OldName("pod_cidr", "`10.2.0.0/16`, later `100.96.0.0/11`", "`crosscloud:podCidr`"),
    OldName("service_cidr", "`10.3.0.0/24`, later `100.64.0.0/13`", "`crosscloud:serviceCidr`"),
    OldName("non_masquerade_cidr", "`100.64.0.0/10`", "`crosscloud:podCidr`: all that leaves it is masqueraded"),
    OldName("k8s_service_ip", "`10.3.0.1`", "always the first address of `crosscloud:serviceCidr`"),
    OldName("dns_service_ip", "`10.3.0.10`", "`crosscloud:dnsServiceIp`"),
    OldName("master_node_count", "3", "`crosscloud:controlPlanes.count`"),
    OldName("worker_node_count", "3, later 1", "`crosscloud:workers.count`"),
    OldName("worker_node_min", "3", "`crosscloud:workers.min`"),
    OldName("worker_node_max", "5", "`crosscloud:workers.max`"),
    OldName("master_vm_size", "by module", "`crosscloud:controlPlanes.size`"),
    OldName("worker_vm_size", "by module", "`crosscloud:workers.size`"),
    OldName("bastion_vm_size", "by module", "nothing: there is no bastion, machines need no SSH"),
    OldName("kubelet_image_url", "`$KUBERNETES_IMAGE`", "`KUBERNETES_IMAGE` of `crosscloud:releaseFile`"),
    OldName("kubelet_image_tag", "`$KUBERNETES_TAG`", "`KUBERNETES_TAG` of `crosscloud:releaseFile`"),
    OldName(
        "kubelet_artifact",
        "a URL for each component",
        "`KUBERNETES_IMAGE` of `crosscloud:releaseFile`, which holds every component",
    ),
    OldName("etcd_artifact", "a URL", "`crosscloud:images.etcd`"),
    OldName("aws_region", "`ap-southeast-2`", "`crosscloud:aws.region`"),
    OldName("aws_azs", "a list", "`crosscloud:aws.zones`"),
    OldName("location", "`westus`", "`crosscloud:azure.location`"),
    OldName("image_publisher", "`CoreOS`", "`crosscloud:azure.image`"),
    OldName("project_id", "", "`crosscloud:packet.projectId`"),
    OldName("packet_project_id", "", "`crosscloud:packet.projectId`"),
    OldName("packet_facility", "`sjc1`", "`crosscloud:packet.metro`; facilities are gone from Equinix Metal's API"),
    OldName("packet_master_device_plan", "`baremetal_0`", "`crosscloud:controlPlanes.size`"),
    OldName("packet_worker_device_plan", "`baremetal_0`", "`crosscloud:workers.size`"),
    OldName("node_count", "1 a zone", "`crosscloud:workers.count`, in the whole cluster"),
    OldName("vm_size", "`n1-standard-1`", "`crosscloud:workers.size`"),
    OldName("node_version", "a version of GKE's", "the offered version nearest to `KUBERNETES_TAG`"),
)

OLD_NAMES: dict[str, OldName] = {row.name: row for row in _ROWS}
