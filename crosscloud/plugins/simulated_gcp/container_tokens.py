"""Access tokens, as Google gives them to whoever is logged in: good for an hour, and for every simulated cluster.

The real ones are known to Google alone, whom GKE's API servers ask. A rehearsal's API servers know a token by a Secret
in the cluster, as kubeadm's bootstrap tokens are known, with an end and with a group that is bound to cluster-admin.
"""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from crosscloud.machines.store import write_private
from crosscloud.plugins.base import Call, Secret, Values
from crosscloud.plugins.crosscloud.credentials import bootstrap_token
from crosscloud.plugins.simulated import Cloud, rehearsal

#: The group that a token's holder is in; ``templates/gke.yaml.j2`` binds it to cluster-admin.
GROUP = "system:bootstrappers:google-access-token"
#: How long a token is good for, and what has to be left of that for it to be handed out again, in seconds: Google's
#: own libraries ask for another one in the last minutes too. https://cloud.google.com/docs/authentication/token-types
LIFETIME, LEAST = 3600, 300
_FILE = "access-token.json"


@dataclass(frozen=True)
class AccessToken:
    """A token and its end, in seconds since 1970."""

    value: str
    ends: float

    @property
    def secret(self) -> dict[str, Any]:
        """The Secret by which an API server knows it."""
        name, _, secret = self.value.partition(".")
        end = datetime.fromtimestamp(self.ends, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return {
            "apiVersion": "v1",
            "kind": "Secret",
            "type": "bootstrap.kubernetes.io/token",
            "metadata": {"name": f"bootstrap-token-{name}", "namespace": "kube-system"},
            "stringData": {
                "token-id": name,
                "token-secret": secret,
                "expiration": end,
                "usage-bootstrap-authentication": "true",
                "auth-extra-groups": GROUP,
            },
        }


def current(cloud: Cloud) -> tuple[AccessToken, bool]:
    """Return the token that is handed out, and whether it is a new one.

    It is kept in a file for its owner alone (0600), and is no record: nobody who is logged in is a thing in the cloud.
    """
    file = rehearsal.folder() / _FILE
    with cloud.transaction():
        kept = AccessToken(**json.loads(file.read_text())) if file.exists() else None
        if kept is not None and kept.ends - time.time() > LEAST:
            return kept, False
        made = AccessToken(bootstrap_token(), time.time() + LIFETIME)
        write_private(file, json.dumps(asdict(made)))
    return made, True


def client_config(
    cloud: Cloud, config: Callable[[], Mapping[str, Any]], tell: Callable[[Cloud, AccessToken], None]
) -> Callable[[Call, Values], Mapping[str, Any]]:
    """Return what answers ``gcp:organizations/getClientConfig``; ``tell`` makes a new token known to the clusters.

    ``config`` returns the provider's own configuration.
    """

    def answer(_call: Call, _arguments: Values) -> Mapping[str, Any]:
        own = config()
        token, new = current(cloud)
        if new:
            tell(cloud, token)
        return {
            "id": f"projects/{own.get('project') or ''}",
            "project": own.get("project") or "",
            "region": own.get("region") or "",
            "zone": own.get("zone") or "",
            "accessToken": Secret(token.value),
            "defaultLabels": {},
        }

    return answer
