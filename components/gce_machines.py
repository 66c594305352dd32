"""What every machine of a cluster on Google Compute Engine is made of, control plane or worker."""

from typing import Any, Final

import pulumi_gcp as gcp
from pulumi import Output

from components.gce_place import Place
from components.self_managed import SelfManagedCluster
from crosscloud.config import GceStack

#: Families that take Hyperdisk alone; what is not listed here takes a balanced persistent disk.
#: https://cloud.google.com/compute/docs/disks/hyperdisks#machine-type-support
_HYPERDISK_FAMILIES = frozenset({"c4", "c4a", "c4d", "n4", "n4a", "n4d", "x4", "m4"})
#: What a machine's token is good for, if someone gives its account a role: to write its logs and metrics. As it is, the
#: accounts have no role in the project, since nothing on the machines asks Google for anything.
_SCOPES = ["https://www.googleapis.com/auth/logging.write", "https://www.googleapis.com/auth/monitoring.write"]
#: Shielded VM: only signed boot loaders and kernels run, measured in a virtual TPM, compared with the first boot.
SHIELDED: Final = {"enable_secure_boot": True, "enable_vtpm": True, "enable_integrity_monitoring": True}


def disk_type(size: str) -> str:
    """Return the kind of disk for a machine type. Google encrypts all of them at rest, always, with keys of its own."""
    return "hyperdisk-balanced" if size.partition("-")[0] in _HYPERDISK_FAMILIES else "pd-balanced"


def metadata(config: GceStack, user_data: Output[str]) -> dict[str, Any]:
    """Return a machine's metadata: its user-data, and that nobody but the configured key, if there is one, logs in.

    With OS Login on, keys in metadata count for nothing; a project's own keys never count.
    """
    key = config.admin_ssh_key
    return {
        "user-data": user_data,
        "block-project-ssh-keys": "true",
        "enable-oslogin": "false" if key else "true",
        "serial-port-enable": "false",
        **({"ssh-keys": f"{config.admin_username}:{key}"} if key else {}),
    }


class Account:
    """The service account of a role's machines: one of its own, without any role in the project."""

    def __init__(self, cluster: SelfManagedCluster, place: Place, role: str, short: str) -> None:
        """``short`` ends the account's id, of which Google takes 6 to 30 characters."""
        account = gcp.serviceaccount.Account(
            cluster.name(role),
            account_id=cluster.name(short),
            display_name=f"{cluster.config.name} {role}",
            description=f"The {role} machines of the Kubernetes cluster {cluster.config.name}; it has no roles",
            project=place.project,
            opts=cluster.opts,
        )
        self.email, self.scopes = account.email, _SCOPES
