"""The first boot of self-managed nodes, as Pulumi outputs: one cloud-init for every cloud that boots machines."""

from dataclasses import dataclass

from pulumi import Input, Output

from components.resources import ClusterCredentials
from crosscloud.bootstrap import (
    ClusterSettings,
    ControlPlaneSecrets,
    control_plane_user_data,
    node_images,
    worker_user_data,
)
from crosscloud.config import SelfManagedStack
from crosscloud.release import Release


@dataclass(frozen=True)
class Bootstrap:
    """What the machines of one cluster boot with.

    ``endpoint`` is ``host:port`` of the API; ``registry_mirror`` a URL that machines pull all images through, or empty.
    """

    config: SelfManagedStack
    release: Release
    credentials: ClusterCredentials
    endpoint: Input[str]
    registry_mirror: Input[str] = ""

    def control_plane(self, index: int) -> Output[str]:
        """Return the secret user-data of the control plane of this index; the one of index 0 makes the cluster."""
        secrets = Output.all(self.credentials.certificate_key, self.credentials.administrator_request)
        rendered = Output.all(self._settings(), secrets).apply(
            lambda both: control_plane_user_data(both[0], ControlPlaneSecrets(*both[1]), first=index == 0)
        )
        return Output.secret(rendered)

    def worker(self) -> Output[str]:
        """Return the secret user-data of every worker."""
        return Output.secret(self._settings().apply(worker_user_data))

    def _settings(self) -> Output[ClusterSettings]:
        token = self.credentials.bootstrap_token
        return Output.all(self.endpoint, self.registry_mirror, token).apply(lambda known: self._with(*known))

    def _with(self, endpoint: str, registry_mirror: str, token: str) -> ClusterSettings:
        config = self.config
        return ClusterSettings(
            name=config.name,
            endpoint=endpoint,
            pod_cidr=str(config.pod_cidr),
            service_cidr=str(config.service_cidr),
            dns_service_ip=str(config.dns_service_ip),
            cluster_domain=config.cluster_domain,
            bootstrap_token=token,
            images=node_images(config, self.release),
            registry_mirror=registry_mirror,
        )
