"""The first boot of self-managed nodes, as Pulumi outputs: one cloud-init for every cloud that boots machines."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace

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

#: How much of a hash tells generations of nodes apart.
_GENERATION_DIGITS = 10


@dataclass(frozen=True)
class Bootstrap:
    """What the machines of one cluster boot with.

    ``endpoint`` is ``host:port`` of the API as the machines reach it, ``public_endpoint`` the same as everyone else
    does (empty: no other); ``registry_mirror`` a URL that machines pull all images through, or empty. ``node_network``
    (CIDR) chooses among several addresses of a machine, ``elastic_ip`` is the address of the API that control planes
    announce themselves. ``worker_shape`` is what else than their user-data replaces workers when it changes; without
    it workers get no generation. ``patience`` is for how many seconds a load balancer may lead to a control
    plane that is gone.
    """

    config: SelfManagedStack
    release: Release
    credentials: ClusterCredentials
    endpoint: Input[str]
    registry_mirror: Input[str] = ""
    public_endpoint: Input[str] = ""
    node_network: str = ""
    elastic_ip: Input[str] = ""
    worker_shape: Mapping[str, Input[str]] | None = None
    patience: int = 0

    def control_plane(self, index: int) -> Output[str]:
        """Return the secret user-data of the control plane of this index; the one of index 0 makes the cluster."""
        secrets = Output.all(self.credentials.certificate_key, self.credentials.administrator_request)
        rendered = Output.all(self._with_token(), secrets).apply(
            lambda both: control_plane_user_data(both[0], ControlPlaneSecrets(*both[1]), first=index == 0)
        )
        return Output.secret(rendered)

    def worker(self) -> Output[str]:
        """Return the secret user-data of every worker."""
        rendered = Output.all(self._with_token(), self.generation).apply(
            lambda both: worker_user_data(replace(both[0], generation=both[1]))
        )
        return Output.secret(rendered)

    @property
    def generation(self) -> Output[str]:
        """The generation of workers: another one when their user-data (its secrets aside) or their shape is another."""
        if self.worker_shape is None:
            return Output.from_input("")
        return Output.all(self._settings(), Output.from_input(dict(self.worker_shape))).apply(lambda both: _hash(*both))

    def _with_token(self) -> Output[ClusterSettings]:
        return Output.all(self._settings(), self.credentials.bootstrap_token).apply(
            lambda both: replace(both[0], bootstrap_token=both[1])
        )

    def _settings(self) -> Output[ClusterSettings]:
        return Output.all(self.endpoint, self.registry_mirror, self.public_endpoint, self.elastic_ip).apply(
            lambda known: self._known(*known)
        )

    def _known(self, endpoint: str, registry_mirror: str, public_endpoint: str, elastic_ip: str) -> ClusterSettings:
        config = self.config
        return ClusterSettings(
            name=config.name,
            endpoint=endpoint,
            pod_cidr=str(config.pod_cidr),
            service_cidr=str(config.service_cidr),
            dns_service_ip=str(config.dns_service_ip),
            cluster_domain=config.cluster_domain,
            bootstrap_token="",
            images=node_images(config, self.release),
            registry_mirror=registry_mirror,
            public_endpoint=public_endpoint,
            node_network=self.node_network,
            elastic_ip=elastic_ip,
            patience=self.patience,
        )


def _hash(settings: ClusterSettings, shape: Mapping[str, str]) -> str:
    text = worker_user_data(settings) + json.dumps(dict(shape), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:_GENERATION_DIGITS]
