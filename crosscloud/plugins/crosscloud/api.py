"""A Kubernetes API client from a kubeconfig's text, which is never written to a file that others can read."""

from typing import Any

import yaml


def client(config: str) -> Any:
    """Return a ``kubernetes.client.ApiClient`` for the current context of a kubeconfig's text."""
    from kubernetes import config as loader

    loading: Any = loader  # the stubs lack this function
    return loading.new_client_from_config_dict(yaml.safe_load(config))


def core(config: str) -> Any:
    """Return the core/v1 API of the cluster of a kubeconfig's text."""
    from kubernetes.client import CoreV1Api

    return CoreV1Api(client(config))
