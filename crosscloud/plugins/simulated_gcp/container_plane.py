"""The control plane of a simulated GKE cluster: a machine of Google's own, which is no record of the project.

It boots from the user-data that every other control plane of this project boots from; GKE's real ones are hidden behind
an endpoint. Here too: users reach it by a load balancer's address, on port 443, from authorized networks alone. What
differs, and shows, is that it is a node of the cluster, by which pods' network and its API server find each other, and
that its address is one of the nodes' network instead of the control plane's own range.
"""

import base64
import time
from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import Any

from crosscloud.bootstrap import ClusterSettings, ControlPlaneSecrets, control_plane_user_data
from crosscloud.plugins.base import Call, PluginError
from crosscloud.plugins.crosscloud import boot_log, discovery
from crosscloud.plugins.crosscloud.credentials import administrator_request, bootstrap_token
from crosscloud.plugins.simulated import Cloud, Record, fabric, faults, rehearsal
from crosscloud.plugins.simulated_gcp import container_api, container_tokens, wiring
from crosscloud.plugins.simulated_gcp.container_tokens import AccessToken
from crosscloud.plugins.simulated_gcp.container_versions import images_of

KIND = "ControlPlane"
#: GKE's endpoints listen on the usual port of HTTPS, its API server behind them on its own.
PUBLIC_PORT, PORT = 443, 6443
#: How long a control plane may take, and how long a machine that does not even run is waited for, in seconds.
_LIMIT, _DARK = 600.0, 20.0
_PAUSE = 0.5
#: What stands for a CA where no machine is booted that could have one.
_NO_CA = "-----BEGIN CERTIFICATE-----\nno machine was booted\n-----END CERTIFICATE-----\n"


@dataclass(frozen=True)
class Plane:
    """A control plane: where it is, and by what it is managed (secret)."""

    cluster: str
    name: str
    subnetwork: str
    address: str
    endpoint: str
    settings: dict[str, Any]
    ca: str = ""
    administrator: str = ""

    @property
    def ca_data(self) -> str:
        """The CA as Google gives it: base64 of PEM."""
        return base64.b64encode((self.ca or _NO_CA).encode()).decode()

    @property
    def cluster_settings(self) -> ClusterSettings:
        """What every node of the cluster is told."""
        return ClusterSettings(**{**self.settings, "images": images_of(self.settings["images"])})


def of(cloud: Cloud, cluster: str) -> Plane | None:
    """Return the control plane of a cluster (its id), or nothing."""
    record = cloud.get(KIND, cluster)
    return None if record is None else Plane(**record.outputs["plane"])


def every(cloud: Cloud) -> list[Plane]:
    """Return all control planes."""
    return [Plane(**record.outputs["plane"]) for record in cloud.records(KIND)]


def tell(cloud: Cloud, token: AccessToken) -> None:
    """Make a new access token known to every cluster that runs."""
    for plane in every(cloud):
        if plane.administrator and fabric.running(plane.cluster):
            container_api.know(plane.administrator, token)


def boot(cloud: Cloud, call: Call, cluster: str, subnetwork: Record, wanted: dict[str, str]) -> Plane:
    """Boot the control plane of a cluster, and return it once it answers and has what Google puts into it.

    ``wanted``: ``name``, ``version``, ``pods`` and ``services`` (CIDRs). Idempotent: what an interrupted run began goes
    on from there.
    """
    plane, secrets = _begun(cloud, cluster, subnetwork, wanted)
    delay = faults.load_balancer_delay()
    if delay:
        call.status(f"the endpoint takes {delay:.0f} s to come (the rehearsed fault slow-load-balancer)")
        time.sleep(delay)
    wiring.apply(cloud)
    real = rehearsal.machines()
    fabric.boot(
        cluster,
        subnetwork.id,
        hostname=f"gke-{plane.name}-control-plane",
        address=plane.address,
        user_data=_user_data(plane, secrets) if real else "",
        report=call.status,
    )
    if not real:
        return plane
    ca, certificate = _wait(call, plane, secrets["token"])
    config = container_api.administrators(plane.name, plane.address, ca, certificate, secrets["key"])
    token, _ = container_tokens.current(cloud)
    container_api.furnish(config, plane.settings["service_cidr"], token)
    return _kept(cloud, Plane(**{**vars(plane), "ca": ca, "administrator": config}), secrets)


def end(cloud: Cloud, cluster: str) -> None:
    """Remove a control plane with its endpoint; one that is gone already is no error."""
    fabric.halt(cluster)
    fabric.unbalance(cluster)
    cloud.drop(KIND, cluster)
    wiring.apply(cloud)


def _begun(cloud: Cloud, cluster: str, subnetwork: Record, wanted: dict[str, str]) -> tuple[Plane, dict[str, str]]:
    left = cloud.get(KIND, cluster)
    if left is not None:
        return Plane(**left.outputs["plane"]), dict(left.outputs["secrets"])
    network = IPv4Network(subnetwork.inputs["ipCidrRange"])
    # Nodes get addresses from the beginning of the range, load balancers those of its last quarter.
    address = str(network[network.num_addresses * 3 // 4 - 2])
    endpoint = fabric.balance(cluster, subnetwork.id, port=PUBLIC_PORT, targets=[address], target_port=PORT)
    key, request = administrator_request(wanted["name"])
    secrets = {"token": bootstrap_token(), "certificateKey": _certificate_key(), "key": key, "request": request}
    settings = {
        "name": wanted["name"],
        "endpoint": f"{address}:{PORT}",
        "public_endpoint": f"{endpoint}:{PUBLIC_PORT}",
        "pod_cidr": wanted["pods"],
        "service_cidr": wanted["services"],
        "dns_service_ip": str(IPv4Network(wanted["services"])[container_api.DNS]),
        "cluster_domain": "cluster.local",
        "bootstrap_token": secrets["token"],
        "images": wanted["version"],
    }
    plane = Plane(cluster, wanted["name"], subnetwork.id, address, endpoint, settings)
    return _kept(cloud, plane, secrets), secrets


def _kept(cloud: Cloud, plane: Plane, secrets: dict[str, str]) -> Plane:
    outputs = {"plane": vars(plane), "secrets": secrets}
    cloud.put(KIND, plane.cluster, {}, outputs, refers=[plane.subnetwork])
    return plane


def _user_data(plane: Plane, secrets: dict[str, str]) -> str:
    own = ControlPlaneSecrets(secrets["certificateKey"], secrets["request"])
    return control_plane_user_data(plane.cluster_settings, own, first=True)


def _certificate_key() -> str:
    import secrets

    return secrets.token_hex(32)


def _wait(call: Call, plane: Plane, token: str) -> tuple[str, str]:
    """Wait until the API answers; return the CA and the administrator's certificate."""
    limit, started, shown = call.timeout or _LIMIT, time.monotonic(), ""
    while True:
        try:
            ca = discovery.certificate_authority(f"{plane.address}:{PORT}", token)
            return ca, discovery.administrator_certificate(f"{plane.address}:{PORT}", ca, token)
        except discovery.DiscoveryError as error:
            last = str(error)
        waited, logs = time.monotonic() - started, {"the control plane": plane.address}
        if call.cancelled.is_set():
            raise PluginError(f"cancelled while waiting for the control plane of {plane.name}")
        dark = waited > _DARK and not fabric.running(plane.cluster)
        if dark or waited > limit or boot_log.failures(logs):
            raise PluginError(
                f"Error waiting for creating GKE cluster: the control plane of {plane.name} did not come up within "
                f"{waited:.0f} s ({'its machine does not run' if dark else last}). Run the same command again: GKE "
                f"makes it anew.\n{boot_log.excerpt(logs)}"
            )
        doing = boot_log.progress(plane.address) or "booting"
        if doing != shown:
            call.status(f"control plane: {doing}")
            shown = doing
        time.sleep(_PAUSE)
