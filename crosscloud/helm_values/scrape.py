"""What Prometheus scrapes: the same jobs with every chart, found through the API server and not through DNS."""

from typing import Any

from crosscloud.helm_values import coredns

#: Jobs that the upstream chart brings. All are off: ours name what they scrape, so a missing target is noticed.
UPSTREAM_JOBS = (
    "kubernetes-api-servers",
    "kubernetes-nodes",
    "kubernetes-nodes-cadvisor",
    "kubernetes-pods",
    "kubernetes-pods-slow",
    "kubernetes-service-endpoints",
    "kubernetes-service-endpoints-slow",
    "kubernetes-services",
    "prometheus-pushgateway",
)

_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"


def jobs(release_name: str, namespace: str) -> dict[str, Any]:
    """Return the charts' ``scrapeConfigs`` for a Prometheus that helm calls ``release_name``, in ``namespace``.

    One target each: ``prometheus``, ``alertmanager``. One per pod: ``coredns``. One per node: ``node-exporter``,
    ``kubelets``. One per control-plane machine: ``apiservers``. Every target of a node carries a label ``node``.
    """
    dns = {"app.kubernetes.io/name": "coredns", "app.kubernetes.io/instance": coredns.DEPLOYMENT.name}
    own = {"app.kubernetes.io/instance": release_name}
    return {
        **{job: {"enabled": False} for job in UPSTREAM_JOBS},
        "prometheus": {"static_configs": [{"targets": ["localhost:9090"]}]},
        "alertmanager": pods(namespace, {"app.kubernetes.io/name": "alertmanager", **own}, 9093),
        "node-exporter": pods(namespace, {"app.kubernetes.io/name": "prometheus-node-exporter", **own}, 9100),
        "coredns": pods(coredns.DEPLOYMENT.namespace, dns, coredns.METRICS_PORT),
        "apiservers": _apiservers(),
        "kubelets": _kubelets(),
    }


def pods(namespace: str, labels: dict[str, str], port: int) -> dict[str, Any]:
    """Return service discovery of the pods in ``namespace`` with all ``labels``, at their container port ``port``."""
    selector = ",".join(f"{key}={value}" for key, value in sorted(labels.items()))
    return {
        "kubernetes_sd_configs": [
            {"role": "pod", "namespaces": {"names": [namespace]}, "selectors": [{"role": "pod", "label": selector}]}
        ],
        "relabel_configs": [
            {"source_labels": ["__meta_kubernetes_pod_container_port_number"], "regex": str(port), "action": "keep"},
            # A pod that has ended keeps its address for a while.
            {"source_labels": ["__meta_kubernetes_pod_phase"], "regex": "Succeeded|Failed", "action": "drop"},
            {"source_labels": ["__meta_kubernetes_pod_name"], "target_label": "pod"},
            {"source_labels": ["__meta_kubernetes_pod_node_name"], "target_label": "node"},
        ],
    }


def _apiservers() -> dict[str, Any]:
    """Return every API server behind the ``kubernetes`` service, each by its own address and verified."""
    return {
        **_https(),
        "kubernetes_sd_configs": [{"role": "endpointslice", "namespaces": {"names": ["default"]}}],
        "relabel_configs": [
            {
                "source_labels": [
                    "__meta_kubernetes_service_name",
                    "__meta_kubernetes_endpointslice_port_name",
                ],
                "regex": "kubernetes;https",
                "action": "keep",
            }
        ],
        # Five sixths of an API server's 37 000 samples are histograms' buckets; their sums and counts are kept.
        "metric_relabel_configs": [{"source_labels": ["__name__"], "regex": ".+_bucket", "action": "drop"}],
    }


def _kubelets() -> dict[str, Any]:
    """Return every node's kubelet.

    A kubelet signs its serving certificate itself unless the cluster is told otherwise, so it can't be verified here;
    the token that it is shown allows no more than reading metrics and listing objects.
    """
    return {
        **_https(insecure_skip_verify=True),
        "kubernetes_sd_configs": [{"role": "node"}],
        "relabel_configs": [{"source_labels": ["__meta_kubernetes_node_name"], "target_label": "node"}],
    }


def _https(**tls: Any) -> dict[str, Any]:
    return {
        "scheme": "https",
        "tls_config": {"ca_file": f"{_ACCOUNT}/ca.crt", **tls},
        "authorization": {"credentials_file": f"{_ACCOUNT}/token"},
    }
