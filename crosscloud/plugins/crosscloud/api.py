"""A Kubernetes API client from a kubeconfig's text.

The client library keeps certificates and keys in files, which is what TLS takes them from, and removes them when the
process ends as usual; a plugin does not. So they lie in a folder of this process, for its owner alone, which `forget`
removes, and the next plugin does after one that was killed.
"""

import os
import shutil
import time
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from crosscloud import paths

#: Seconds after which the folder of a process that is gone is removed: a container's processes have their own numbers.
_STALE = 3600.0


def client(config: str) -> Any:
    """Return a ``kubernetes.client.ApiClient`` for the current context of a kubeconfig's text."""
    from kubernetes import config as loader

    loading: Any = loader  # the stubs lack this function
    return loading.new_client_from_config_dict(yaml.safe_load(config), temp_file_path=str(_folder()))


def core(config: str) -> Any:
    """Return the core/v1 API of the cluster of a kubeconfig's text."""
    from kubernetes.client import CoreV1Api

    return CoreV1Api(client(config))


def forget() -> None:
    """Remove the keys of this process; its clients make no further connection."""
    if _folder.cache_info().currsize:
        shutil.rmtree(_folder(), ignore_errors=True)
        _folder.cache_clear()


@cache
def _folder() -> Path:
    folder = paths.home() / "keys" / str(os.getpid())
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for other in folder.parent.iterdir():
        if not Path("/proc", other.name).exists() and time.time() - other.stat().st_mtime > _STALE:
            shutil.rmtree(other, ignore_errors=True)
    return folder
