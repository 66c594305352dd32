"""The API of a simulated cluster, as Google's own management reaches it: by the administrator's certificate."""

import time
from collections.abc import Callable, Iterator
from importlib.resources import files
from ipaddress import IPv4Network
from typing import Any, TypeVar

from crosscloud import kubeconfig
from crosscloud.plugins.base import PluginError
from crosscloud.plugins.crosscloud import node_state
from crosscloud.plugins.crosscloud.api import client, core
from crosscloud.plugins.simulated_gcp import container_tokens
from crosscloud.plugins.simulated_gcp.container_tokens import AccessToken
from crosscloud.plugins.simulated_gcp.container_versions import dns_image

#: Which address of the services GKE gives to its own DNS.
DNS = 10
#: How long a new API server may refuse what comes too early, in seconds.
_PATIENCE, _PAUSE = 60.0, 0.5
_EXISTS = 409
T = TypeVar("T")


def administrators(name: str, address: str, ca: str, certificate: str, key: str) -> str:
    """Return the kubeconfig's text by which the simulation manages the cluster at ``address``."""
    server = f"https://{address}:6443"
    return kubeconfig.build(name, server=server, ca=ca, certificate=certificate, key=key).text


def furnish(config: str, services: str, token: AccessToken) -> None:
    """Put into a new cluster what Google puts into its own."""
    for manifest in _manifests(services):
        _patiently(lambda manifest=manifest: _create(config, manifest))  # type: ignore[misc]  # bound at once
    know(config, token)


def know(config: str, token: AccessToken) -> None:
    """Make an access token known to a cluster."""
    _patiently(lambda: _create(config, token.secret))


def label(config: str, node: str, labels: dict[str, str]) -> None:
    """Label a node."""
    _patiently(lambda: core(config).patch_node(node, {"metadata": {"labels": labels}}))


def forget(config: str, node: str) -> None:
    """Take a node whose machine is gone out of the cluster, as Google's controllers do; do nothing if there is none."""
    found = node_state.by_name(config, node)
    if found is not None:
        node_state.remove(core(config), node, found.metadata.uid)


def _manifests(services: str) -> Iterator[dict[str, Any]]:
    import yaml
    from jinja2 import Environment, StrictUndefined

    source = (files(__package__) / "templates" / "gke.yaml.j2").read_text()
    environment = Environment(undefined=StrictUndefined, autoescape=False)  # noqa: S701  # YAML, not HTML
    text = environment.from_string(source).render(
        group=container_tokens.GROUP, dns_image=dns_image(), dns_address=str(IPv4Network(services)[DNS])
    )
    yield from yaml.safe_load_all(text)


def _create(config: str, manifest: dict[str, Any]) -> None:
    """Create an object; one that is there already is what an interrupted run made."""
    from kubernetes.utils import FailToCreateError, create_from_dict

    try:
        create_from_dict(client(config), manifest)  # type: ignore[no-untyped-call]  # its stubs say nothing of it
    except FailToCreateError as error:
        if any(each.status != _EXISTS for each in error.api_exceptions):
            raise


def _patiently(do: Callable[[], T]) -> T:
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            return do()
        except Exception as error:  # a new API server refuses things in many ways until all of it has started
            if time.monotonic() > deadline:
                raise PluginError(f"the simulated cluster refuses what Google puts into it: {error}") from error
        time.sleep(_PAUSE)
