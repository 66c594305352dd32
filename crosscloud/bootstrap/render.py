"""Rendering of the cloud-init user-data that makes a machine a control plane or a worker.

The scripts and manifests are the files in ``templates``. The same document serves AWS, Azure, GCE, Packet and the
machines on this host: what differs between them is found out on the machine (cgroup version, capabilities, addresses).
"""

import base64
import bz2
import hashlib
import io
import re
import shlex
import tarfile
from dataclasses import dataclass
from pathlib import Path

from crosscloud.errors import CrosscloudError

#: EC2's limit of user-data in bytes, before base64; Azure and GCE allow more.
#: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/user-data.html
USER_DATA_LIMIT = 16384
#: The group of the administrator's certificate: bound to cluster-admin by RBAC, so that it can be revoked, which
#: ``system:masters`` can't.
ADMINISTRATOR_GROUP = "crosscloud:administrators"

_TEMPLATES = Path(__file__).parent / "templates"
_WORKER_FILES = ("lib.sh", "runtime.sh", "node.sh", "worker.sh")
_CONTROL_PLANE_FILES = ("lib.sh", "runtime.sh", "node.sh", "control-plane.sh", "authentication.yaml", "audit.yaml")
#: On bare metal, where the API's address is an elastic IP, and no packet is filtered but by the machine itself.
_METAL_FILES = ("elastic-ip.sh", "host-firewall.sh", "metadata.py")
_KEEPER_FILES = ("elastic-ip-keeper.sh",)


class UserDataTooLargeError(CrosscloudError):
    """The rendered user-data is over what every cloud accepts."""


@dataclass(frozen=True)
class NodeImages:
    """Full references of the images that a node runs beside the cluster's workload."""

    kubernetes: str
    etcd: str
    pause: str
    flannel: str
    flannel_cni: str


@dataclass(frozen=True)
class ClusterSettings:
    """What every node of a cluster is told.

    ``endpoint`` is ``host:port`` of the API; ``registry_mirror`` a URL that all images are pulled through, or empty;
    ``join_timeout`` the seconds after which a machine gives up and says why in its boot log. ``public_endpoint`` is
    another ``host:port`` that the API's certificate is to be good for. ``node_network`` (CIDR) holds the node's address
    where a machine has several; ``elastic_ip`` is the API's address, announced by the control planes; ``generation``
    is a label that workers register with. These four may be empty. ``patience`` is how many seconds after the start
    of a control plane a load balancer may still lead to the one whose place it takes.
    """

    name: str
    endpoint: str
    pod_cidr: str
    service_cidr: str
    dns_service_ip: str
    cluster_domain: str
    bootstrap_token: str
    images: NodeImages
    registry_mirror: str = ""
    join_timeout: int = 600
    public_endpoint: str = ""
    node_network: str = ""
    elastic_ip: str = ""
    generation: str = ""
    patience: int = 0


@dataclass(frozen=True)
class ControlPlaneSecrets:
    """What only control planes are told: the key that the joining ones decrypt the cluster's certificates with (64 hex
    digits), and the administrator's certificate request (PEM), which is public."""

    certificate_key: str
    administrator_request: str


def control_plane_user_data(cluster: ClusterSettings, secrets: ControlPlaneSecrets, *, first: bool) -> str:
    """Render the user-data of a control plane; the ``first`` one makes the cluster unless it already answers."""
    role = "first-control-plane" if first else "control-plane"
    extra = {"CERTIFICATE_KEY": secrets.certificate_key}
    metal = (*_METAL_FILES, *_KEEPER_FILES) if cluster.elastic_ip else ()
    files = _templates(*_CONTROL_PLANE_FILES, *metal)
    if first:
        files["cluster.yaml"] = _manifests(cluster, secrets)
    return _document(_environment(cluster, role, extra), files, "control-plane.sh")


def worker_user_data(cluster: ClusterSettings) -> str:
    """Render the user-data of a worker."""
    metal = _METAL_FILES if cluster.elastic_ip else ()
    return _document(_environment(cluster, "worker", {}), _templates(*_WORKER_FILES, *metal), "worker.sh")


def first_boot_digest(*, metal: bool) -> str:
    """Return a digest of the scripts that control planes boot with: another one is other user-data for all of them."""
    more = (*_METAL_FILES, *_KEEPER_FILES) if metal else ()
    files = _templates(*_CONTROL_PLANE_FILES, *more, "cluster.yaml.j2")
    return hashlib.sha256(_archive(files).encode()).hexdigest()[:10]


def _templates(*names: str) -> dict[str, str]:
    """Return templates without the lines that are comments alone: those are for readers of the source."""
    texts = {name: (_TEMPLATES / name).read_text() for name in names}
    return {name: re.sub(r"(?m)^ *#[^\n]*\n", "", text) for name, text in texts.items()}


def _environment(cluster: ClusterSettings, role: str, extra: dict[str, str]) -> str:
    public_host = cluster.public_endpoint.rpartition(":")[0]
    values = {
        "ROLE": role,
        "CLUSTER_NAME": cluster.name,
        "ENDPOINT": cluster.endpoint,
        "POD_CIDR": cluster.pod_cidr,
        "SERVICE_CIDR": cluster.service_cidr,
        "DNS_SERVICE_IP": cluster.dns_service_ip,
        "CLUSTER_DOMAIN": cluster.cluster_domain,
        "KUBERNETES_IMAGE": cluster.images.kubernetes,
        "ETCD_IMAGE": cluster.images.etcd,
        "PAUSE_IMAGE": cluster.images.pause,
        "FLANNEL_IMAGE": cluster.images.flannel,
        "FLANNEL_CNI_IMAGE": cluster.images.flannel_cni,
        "REGISTRY_MIRROR": cluster.registry_mirror,
        "JOIN_TIMEOUT": str(cluster.join_timeout),
        "BOOTSTRAP_TOKEN": cluster.bootstrap_token,
        **extra,
    }
    optional = {
        "PUBLIC_HOST": "" if public_host == cluster.endpoint.rpartition(":")[0] else public_host,
        "NODE_NETWORK": cluster.node_network,
        "ELASTIC_IP": cluster.elastic_ip,
        "GENERATION": cluster.generation,
        "PATIENCE": str(cluster.patience or ""),
    }
    values |= {name: value for name, value in optional.items() if value}
    return "".join(f"{name}={shlex.quote(value)}\n" for name, value in values.items())


def _manifests(cluster: ClusterSettings, secrets: ControlPlaneSecrets) -> str:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701  # YAML for kubectl, not HTML
    )
    return environment.get_template("cluster.yaml.j2").render(
        administrator_request=base64.b64encode(secrets.administrator_request.encode()).decode(),
        administrator_group=ADMINISTRATOR_GROUP,
        pod_cidr=cluster.pod_cidr,
        flannel_image=cluster.images.flannel,
    )


def _archive(files: dict[str, str]) -> str:
    """Pack what is no secret, nearly the same in every cluster, so that the whole stays below the limit.

    bzip2 and not gzip: its output has not changed in decades, while gzip's differs between zlib and zlib-ng, and
    another output on another machine would mean other user-data, and so the replacement of every machine.
    """
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, text in files.items():
            content = text.encode()
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            entry.mode = 0o600
            archive.addfile(entry, io.BytesIO(content))
    return base64.b64encode(bz2.compress(buffer.getvalue(), 9)).decode()


def _document(environment: str, files: dict[str, str], start: str) -> str:
    """Compose the cloud-config; cloud-init itself needs Python, so Python can be relied on to unpack the scripts."""
    folder = "/usr/local/lib/crosscloud"
    lines = [
        "#cloud-config",
        "write_files:",
        "- path: /etc/crosscloud/cluster.env",
        "  permissions: '0600'",
        "  content: |",
        *(f"    {line}" for line in environment.splitlines()),
        f"- path: {folder}/scripts.tar.bz2",
        "  permissions: '0600'",
        "  encoding: b64",
        f"  content: {_archive(files)}",
        "runcmd:",
        f"- [python3, -c, \"import tarfile; tarfile.open('{folder}/scripts.tar.bz2').extractall('{folder}')\"]",
        f"- [bash, {folder}/{start}]",
    ]
    document = "\n".join(lines) + "\n"
    size = len(document.encode())
    if size > USER_DATA_LIMIT:
        raise UserDataTooLargeError(
            f"the user-data has {size} bytes; clouds accept {USER_DATA_LIMIT}. "
            "Shorten the names of the images or of the cluster"
        )
    return document
