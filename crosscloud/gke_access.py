"""How a GKE cluster is reached: two kubeconfigs, one for its users and one for the program that made it.

GKE knows nobody by a client certificate: whoever calls shows an access token of Google's, which ends within the hour.
Its users' kubeconfig has Google's own plugin fetch one for each call, under the name that they are logged in with; it
holds no secret of its own. The program holds a token already, and needs no plugin.
https://cloud.google.com/kubernetes-engine/docs/how-to/cluster-access-for-kubectl
"""

import base64
from collections.abc import Mapping

from crosscloud import kubeconfig

#: Google's credential plugin for kubectl, which comes with the gcloud command or as a package of its own.
PLUGIN = "gke-gcloud-auth-plugin"
_HINT = (
    f"Install {PLUGIN}: `gcloud components install {PLUGIN}`, or the package google-cloud-cli-{PLUGIN}; see "
    "https://cloud.google.com/kubernetes-engine/docs/how-to/cluster-access-for-kubectl#install_plugin"
)


def users_kubeconfig(name: str, address: str, ca: str) -> str:
    """Return the text of the kubeconfig for users; ``ca`` is base64 of a PEM file, as Google gives it."""
    user = {
        "exec": {
            "apiVersion": "client.authentication.k8s.io/v1beta1",
            "command": PLUGIN,
            "installHint": _HINT,
            "provideClusterInfo": True,
            "interactiveMode": "IfAvailable",
        }
    }
    return _text(name, address, ca, user)


def program_kubeconfig(name: str, address: str, ca: str, token: str) -> str:
    """Return the text of the kubeconfig for the program, with an access token that ends within the hour."""
    return _text(name, address, ca, {"token": token})


def _text(name: str, address: str, ca: str, user: Mapping[str, object]) -> str:
    pem = base64.b64decode(ca).decode()
    return kubeconfig.build_for(name, server=f"https://{address}", ca=pem, user=user).text
