"""CoreDNS of the release, as the cluster's DNS server; on clusters that bring one of their own, beside that."""

from typing import TYPE_CHECKING, Any

from crosscloud.helm_values import images as image_values
from crosscloud.helm_values.deployment import Deployment
from crosscloud.helm_values.pods import ON_CONTROL_PLANES, container_security, pod_security, resources

if TYPE_CHECKING:
    from crosscloud.config import StackConfig
    from crosscloud.release import Image, Release

DEPLOYMENT = Deployment(
    name="coredns",
    namespace="kube-system",
    chart="coredns",
    repository="https://coredns.github.io/helm",
    version="1.46.2",
)

#: The port of CoreDNS' own metrics.
METRICS_PORT = 9153
#: The last of the servers that are asked for names outside the cluster; nothing is there, which is answered at once.
#: CoreDNS refuses to start without any, and a machine that is cut off from the outside has none in its resolv.conf.
NOBODY_THERE = "127.0.0.1:9"
#: The user ``nonroot`` of the upstream image.
USER = 65532
#: Names of objects where the cluster has a DNS server already: kubeadm's are called ``coredns`` as well.
BESIDE = "crosscloud-coredns"
#: The clouds whose clusters come with a DNS server on the DNS service IP.
WITH_OWN_DNS = frozenset({"existing", "gke"})


def images(release: "Release") -> "dict[str, Image]":
    """Return the one image of this project."""
    return {"coredns": release.coredns}


def values(release: "Release", config: "StackConfig") -> dict[str, Any]:
    """Return the values for the coredns chart."""
    return {
        "image": image_values.by_tag(release.coredns),
        "replicaCount": replicas(config),
        # By default one pod may be missing, and helm then takes a release whose only pod never came up for a good one.
        "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1},
        "servers": [_server(config.cluster_domain)],
        "serviceAccount": {"create": True},
        "priorityClassName": "system-cluster-critical",
        # The genuine image has a file capability for port 53, an image without it needs the (safe) sysctl: both start.
        "podSecurityContext": pod_security(
            USER, sysctls=[{"name": "net.ipv4.ip_unprivileged_port_start", "value": "0"}]
        ),
        "securityContext": container_security(capabilities=("NET_BIND_SERVICE",)),
        "resources": resources(cpu="50m", memory="32Mi", memory_limit="170Mi"),
        # The chart waits 30 s before it first asks; CoreDNS is ready in about one.
        "readinessProbe": {"initialDelaySeconds": 0, "periodSeconds": 1, "timeoutSeconds": 3, "failureThreshold": 5},
        "livenessProbe": {"initialDelaySeconds": 10, "periodSeconds": 10, "timeoutSeconds": 5, "failureThreshold": 5},
        # The control plane is up first: DNS need not wait for a worker.
        "tolerations": [{"key": "CriticalAddonsOnly", "operator": "Exists"}, *ON_CONTROL_PLANES],
        "affinity": _apart(),
        **_place(config),
    }


def replicas(config: "StackConfig") -> int:
    """Return two where two workers can keep them apart, else one; of an existing cluster nothing is known."""
    return 2 if config.cloud != "existing" and config.workers.count > 1 else 1


def service_name(config: "StackConfig") -> str:
    """Return the name of the DNS service; ``kube-dns`` is what every Kubernetes program looks for."""
    return BESIDE if config.cloud in WITH_OWN_DNS else "kube-dns"


def _place(config: "StackConfig") -> dict[str, Any]:
    """Return names, labels and address: the cluster's DNS server, or one beside it that takes nothing away from it."""
    beside = config.cloud in WITH_OWN_DNS
    service: dict[str, Any] = {"name": service_name(config)}
    if config.dns_service_ip:
        service["clusterIP"] = str(config.dns_service_ip)
    return {
        **({"fullnameOverride": BESIDE} if beside else {}),
        "service": service,
        "k8sAppLabelOverride": service_name(config),
    }


def _server(domain: str) -> dict[str, Any]:
    """Return the one server block, which answers everything, over UDP and TCP."""
    return {"zones": [{"zone": ".", "use_tcp": True}], "port": 53, "plugins": _plugins(domain)}


def _plugins(domain: str) -> list[dict[str, Any]]:
    """Return the Corefile's plugins: what kubeadm's own CoreDNS has, for ``domain``, and no need of the outside."""
    return [
        {"name": "errors"},
        {"name": "health", "configBlock": "lameduck 5s"},
        {"name": "ready"},
        {
            "name": "kubernetes",
            "parameters": f"{domain} in-addr.arpa ip6.arpa",
            "configBlock": "pods insecure\nfallthrough in-addr.arpa ip6.arpa\nttl 30",
        },
        {"name": "prometheus", "parameters": f"0.0.0.0:{METRICS_PORT}"},
        {"name": "forward", "parameters": f". /etc/resolv.conf {NOBODY_THERE}", "configBlock": "policy sequential"},
        {"name": "cache", "parameters": 30},
        {"name": "loop"},
        {"name": "reload"},
        {"name": "loadbalance"},
    ]


def _apart() -> dict[str, Any]:
    """Return the wish, not the demand, that two pods stand on two machines: a demand would block a rolling update."""
    selector = {"matchLabels": {"app.kubernetes.io/name": "coredns", "app.kubernetes.io/instance": DEPLOYMENT.name}}
    term = {"weight": 100, "podAffinityTerm": {"topologyKey": "kubernetes.io/hostname", "labelSelector": selector}}
    return {"podAntiAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [term]}}
