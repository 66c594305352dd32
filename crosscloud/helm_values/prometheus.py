"""Prometheus of the release with its Alertmanager and node-exporter, of which the chart makes one helm release."""

import hashlib
import json
from typing import TYPE_CHECKING, Any

from crosscloud.helm_values import alerting, scrape
from crosscloud.helm_values import images as image_values
from crosscloud.helm_values.deployment import Deployment
from crosscloud.helm_values.pods import container_security, pod_security, resources

if TYPE_CHECKING:
    from crosscloud.config import StackConfig
    from crosscloud.release import Image, Release

#: In a namespace of its own, not in ``default`` as in earlier generations: node-exporter needs the node's file system
#: and network, which a cluster may well refuse elsewhere, and one namespace can be removed whole.
DEPLOYMENT = Deployment(
    name="prometheus",
    namespace="monitoring",
    chart="prometheus",
    repository="https://prometheus-community.github.io/helm-charts",
    version="29.27.0",
    own_namespace=True,
)

#: The server's service and port, as both charts make them of the names above.
SERVER_SERVICE, SERVER_PORT = "prometheus-server", 80

#: What the node-exporter chart is told where a tag (``ci-master…``) tells no version: that of the chart's own image.
UNTOLD_VERSION = "1.12.1"

#: What the chart could deploy too, but of which a release holds no image.
NOT_IN_A_RELEASE = ("kube-state-metrics", "prometheus-pushgateway")


def images(release: "Release") -> "dict[str, Image]":
    """Return the three images of this project."""
    return {
        "prometheus": release.prometheus,
        "alertmanager": release.alertmanager,
        "node_exporter": release.node_exporter,
    }


def values(release: "Release", config: "StackConfig") -> dict[str, Any]:
    """Return the values for the prometheus chart and its sub-charts."""
    configuration = _configuration()
    return {
        "server": _server(release.prometheus, config.name, configuration),
        **configuration,
        "alertmanager": _alertmanager(release.alertmanager),
        "prometheus-node-exporter": _node_exporter(release.node_exporter),
        # The reloading sidecars have images of their own, which no release names.
        "configmapReload": {"prometheus": {"enabled": False}},
        **{chart: {"enabled": False} for chart in NOT_IN_A_RELEASE},
    }


def _configuration() -> dict[str, Any]:
    """Return what ends up in Prometheus' ConfigMap: jobs, rules, rule files."""
    return {
        "scrapeConfigs": scrape.jobs(DEPLOYMENT.name, DEPLOYMENT.namespace),
        "serverFiles": {
            "alerting_rules.yml": alerting.rules(),
            "prometheus.yml": {"rule_files": [alerting.RULE_FILES]},
        },
    }


def _server(image: "Image", cluster: str, configuration: dict[str, Any]) -> dict[str, Any]:
    """Return the values of the server; whatever leaves it carries the cluster's name as a label."""
    # A run lasts minutes, so a question must be answered in seconds: upstream's minute is for years of data.
    settings = {
        "scrape_interval": "5s",
        "scrape_timeout": "5s",
        "evaluation_interval": "5s",
        "external_labels": {"cluster": cluster},
    }
    digest = hashlib.sha256(json.dumps([settings, configuration], sort_keys=True).encode()).hexdigest()
    return {
        "image": image_values.by_digest(image),
        "global": settings,
        "alertmanagers": alerting.alertmanagers(DEPLOYMENT.name, DEPLOYMENT.namespace),
        # Tests may add a rule and ask for a reload. An alert that finds no Alertmanager yet is sent again, by default
        # after a minute.
        "extraFlags": ["web.enable-lifecycle", "rules.alert.resend-delay=5s"],
        # No sidecar reloads the configuration, so a change of it has to make a new pod.
        "podAnnotations": {"checksum/config": digest},
        "persistentVolume": {"enabled": False},
        "retention": "1d",
        "retentionSize": "512MB",
        "readinessProbeInitialDelay": 0,
        "readinessProbePeriodSeconds": 1,
        "terminationGracePeriodSeconds": 30,
        "securityContext": pod_security(),
        "containerSecurityContext": container_security(),
        "resources": resources(cpu="50m", memory="128Mi", memory_limit="1Gi"),
    }


def _alertmanager(image: "Image") -> dict[str, Any]:
    """Return the values of the alertmanager sub-chart."""
    return {
        "enabled": True,
        "image": image_values.by_tag(image),
        "config": alerting.routing(),
        # A single Alertmanager needs no cluster, and refuses to make one where pods have no private (RFC 1918) address.
        "extraArgs": {"cluster.listen-address": ""},
        "persistence": {"enabled": False},
        # By default the chart asks for the page of the user interface, every ten seconds.
        "readinessProbe": {"httpGet": {"path": "/-/ready"}, "periodSeconds": 2},
        "livenessProbe": {"httpGet": {"path": "/-/healthy"}},
        "automountServiceAccountToken": False,
        "podSecurityContext": pod_security(),
        "securityContext": container_security(),
        "resources": resources(cpu="10m", memory="32Mi", memory_limit="256Mi"),
    }


def _node_exporter(image: "Image") -> dict[str, Any]:
    """Return the values of the node-exporter sub-chart: on every node, whatever its taints."""
    return {
        "enabled": True,
        "fullnameOverride": "prometheus-node-exporter",
        "image": image_values.by_registry(image),
        # The chart compares versions, and a tag such as ci-v1.12.1.fd07e315.6097 is none.
        "version": image.version or UNTOLD_VERSION,
        # Prometheus asks the pods; the port is open on the node's own address alone, not on a public one.
        "service": {"enabled": False, "listenOnAllInterfaces": False},
        "hostPID": False,
        "readinessProbe": {"periodSeconds": 2},
        "securityContext": pod_security(),
        "containerSecurityContext": container_security(),
        "resources": resources(cpu="10m", memory="24Mi", memory_limit="128Mi"),
        "tolerations": [{"operator": "Exists"}],
    }
