"""What keeps a rehearsal and the real thing apart: the variables that it runs with."""

import os
import re
import secrets
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from crosscloud.engine.environment import pulumi_environment
from crosscloud.plugins.simulated import faults, rehearsal

#: Names the folder of the rehearsal that runs; the simulated plugins refuse to start without it.
REHEARSAL = rehearsal.FOLDER
#: The fault that strikes in this run of the engine.
FAULT = faults.VARIABLE
#: ``no`` boots no machines: for what is to be seen of a stack without a cluster.
MACHINES = rehearsal.MACHINES

#: What reaches an account of a cloud, or a backend with real stacks: none of it gets into a rehearsal.
_REAL = re.compile(
    r"^(AWS|AZURE|ARM|GOOGLE|GCP|GCLOUD|CLOUDSDK|GOOGLE_CLOUD|USE_GKE|METAL|PACKET|EQUINIX)_"
    r"|^PULUMI_(ACCESS_TOKEN|BACKEND_URL|CONFIG|CONFIG_PASSPHRASE|CONFIG_PASSPHRASE_FILE|STACK|PROJECT|ORG)$"
    r"|^(KUBECONFIG|BOTO_CONFIG)$"
)


def is_real(variable: str) -> bool:
    """Tell whether a variable of this name leads to something real."""
    return bool(_REAL.match(variable))


def environment(folder: Path, base: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the variables that the engine runs with in the rehearsal of this folder.

    Credentials that lie in files are out of reach too: the clouds' tools are told to look in an empty folder.
    """
    found = os.environ if base is None else base
    clean = {name: value for name, value in found.items() if not is_real(name)}
    nothing = folder / "no-credentials"
    state = folder / "state"
    for place in (nothing, state):
        place.mkdir(parents=True, exist_ok=True, mode=0o700)
    clean |= {
        REHEARSAL: str(folder),
        "CROSSCLOUD_PROJECT": str(folder / "project"),
        "PULUMI_BACKEND_URL": f"file://{quote(str(state))}",
        "PULUMI_CONFIG_PASSPHRASE_FILE": str(_passphrase(folder)),
        "AWS_CONFIG_FILE": str(nothing / "aws"),
        "AWS_SHARED_CREDENTIALS_FILE": str(nothing / "aws"),
        "AWS_EC2_METADATA_DISABLED": "true",
        "AZURE_CONFIG_DIR": str(nothing / "azure"),
        "CLOUDSDK_CONFIG": str(nothing / "gcloud"),
    }
    return pulumi_environment(clean)


def _passphrase(folder: Path) -> Path:
    """Return the file of the passphrase of the rehearsal's own state, made once, for the owner alone."""
    path = folder / "passphrase"
    if not path.exists():
        with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(32))
    return path
