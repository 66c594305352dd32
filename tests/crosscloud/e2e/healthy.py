"""The healthy cluster that the tests break: what each of its parts answers."""

from typing import Any

from crosscloud.e2e.bench import Bench

from .fakes import FakeApi, Object, node, of_release, service

PROMETHEUS = "/api/v1/namespaces/monitoring/services/prometheus-server:80/proxy"
ALERTMANAGER = "/api/v1/namespaces/monitoring/services/prometheus-alertmanager:9093/proxy"
CONFIG_MAP = "/api/v1/namespaces/monitoring/configmaps/prometheus-server"
_NAME, _COMPONENT = "app.kubernetes.io/name", "app.kubernetes.io/component"
ADDRESSES = {"cp": "192.0.2.10", "worker": "192.0.2.11"}


def cluster() -> FakeApi:
    """A control plane and a worker, and all that a release deploys on them."""
    api = FakeApi()
    api.objects["/api/v1/nodes"] = [
        node("cp", ADDRESSES["cp"], control_plane=True),
        node("worker", ADDRESSES["worker"]),
    ]
    api.objects["/api/v1/namespaces"] = []
    api.answers["/version"] = {"gitVersion": "v1.37.2"}
    api.objects["/api/v1/pods"] = [*_control_plane(), *_monitoring(), _coredns()]
    api.objects["/api/v1/namespaces/monitoring/pods"] = _monitoring()
    api.objects["/api/v1/services"] = _services()
    api.objects["/apis/discovery.k8s.io/v1/namespaces/default/endpointslices"] = [
        {
            "metadata": {"labels": {"kubernetes.io/service-name": "kubernetes"}},
            "endpoints": [{"addresses": ["192.0.2.10"]}],
            "ports": [{"name": "https", "port": 6443}],
        }
    ]
    _answers(api)
    return api


def add_probes(api: FakeApi, bench: Bench) -> None:
    """A probe on each node, once the bench has started."""
    from crosscloud.e2e import manifests

    labels = dict(part.split("=") for part in manifests.SELECTOR.split(","))
    pods = []
    for number, name in enumerate(ADDRESSES):
        made = of_release(f"{bench.namespace}/probe-{name}", name, "coredns", f"10.244.{number}.5")
        made["metadata"]["labels"] = labels
        pods.append(made)
    api.objects[f"/api/v1/namespaces/{bench.namespace}/pods"] = pods


def target(job: str, url: str, health: str = "up", **discovered: str) -> Object:
    """A target of Prometheus."""
    labels = {"job": job, "instance": url.split("/")[2]}
    error = "" if health == "up" else "connection refused"
    return {"labels": labels, "scrapeUrl": url, "health": health, "lastError": error, "discoveredLabels": discovered}


def sample(value: str, **labels: str) -> Object:
    """A sample of an instant query."""
    return {"metric": labels, "value": [1763827200.0, value]}


def data(value: Any) -> Object:
    """A good answer of Prometheus."""
    return {"status": "success", "data": value}


def vector(*samples: Object) -> Object:
    """A good answer to an instant query."""
    return data({"resultType": "vector", "result": list(samples)})


def _control_plane() -> list[Object]:
    parts = ("kube-apiserver", "kube-controller-manager", "kube-scheduler")
    return [of_release(f"kube-system/{p}-cp", "cp", "kubernetes", ADDRESSES["cp"], component=p) for p in parts]


def _coredns() -> Object:
    return of_release("kube-system/coredns-1", "cp", "coredns", "10.244.0.2", **{"k8s-app": "kube-dns"})


def _monitoring() -> list[Object]:
    server = of_release("monitoring/prometheus-server-1", "worker", "prometheus", "10.244.1.2", app="prometheus")
    server["spec"]["containers"][0]["volumeMounts"] = [{"name": "config", "mountPath": "/etc/config"}]
    server["spec"]["volumes"] = [{"name": "config", "configMap": {"name": "prometheus-server"}}]
    return [
        server,
        of_release("monitoring/alertmanager-0", "worker", "alertmanager", "10.244.1.3", app="alertmanager"),
        *(of_release(f"monitoring/exporter-{n}", n, "node_exporter", a, app="exporter") for n, a in ADDRESSES.items()),
    ]


def _services() -> list[Object]:
    return [
        service("kube-system/kube-dns", "10.96.0.10", 53, {"k8s-app": "kube-dns"}, {}),
        service(
            "monitoring/prometheus-server", "10.96.1.1", 80,
            {"app": "prometheus"}, {_NAME: "prometheus", _COMPONENT: "server"},
        ),
        service("monitoring/alertmanager-headless", "None", 9093, {"app": "alertmanager"}, {_NAME: "alertmanager"}),
        service(
            "monitoring/prometheus-alertmanager", "10.96.1.2", 9093, {"app": "alertmanager"}, {_NAME: "alertmanager"}
        ),
    ]  # fmt: skip


def targets() -> list[Object]:
    """What a healthy Prometheus scrapes."""
    return [
        target("prometheus", "http://localhost:9090/metrics"),
        target("alertmanager", "http://10.244.1.3:9093/metrics"),
        target("coredns", "http://10.244.0.2:9153/metrics"),
        target("apiservers", "https://192.0.2.10:6443/metrics"),
        *(target("node-exporter", f"http://{address}:9100/metrics") for address in ADDRESSES.values()),
        *(
            target("kubelets", f"https://{address}:10250/metrics", __meta_kubernetes_node_name=name)
            for name, address in ADDRESSES.items()
        ),
    ]


def _answers(api: FakeApi) -> None:
    from crosscloud.e2e.checks import node_metrics, prometheus

    query = f"{PROMETHEUS}/api/v1/query?"
    per_node = [{"instance": f"{address}:9100", "nodename": name} for name, address in ADDRESSES.items()]
    api.answers |= {
        f"{PROMETHEUS}/api/v1/targets": data({"activeTargets": targets()}),
        f"{PROMETHEUS}/api/v1/status/buildinfo": data({"version": "3.15.0"}),
        f"{PROMETHEUS}/api/v1/status/config": data({"yaml": "rule_files:\n- /etc/config/*_rules.yml\n"}),
        f"{PROMETHEUS}/api/v1/alertmanagers": data({"activeAlertmanagers": [{"url": "http://10.244.1.3:9093/api"}]}),
        f"{PROMETHEUS}/api/v1/rules": data({"groups": []}),
        f"{query}up": vector(*(sample("1", **t["labels"]) for t in targets())),
        f"{query}{prometheus.RATE}": vector(sample("0.1", job="prometheus")),
        f"{query}{node_metrics.UNAME}": vector(*(sample("1", **labels) for labels in per_node)),
        f"{query}{node_metrics.CPUS}": vector(*(sample("2", instance=labels["instance"]) for labels in per_node)),
        f"{query}{node_metrics.MEMORY}": vector(*(sample("4e9", instance=labels["instance"]) for labels in per_node)),
        f"{query}{node_metrics.BUILD}": vector(sample("1", version="1.12.1")),
        f"{ALERTMANAGER}/api/v2/status": {"versionInfo": {"version": "0.28.1"}},
        f"{ALERTMANAGER}/api/v2/alerts": [],
        CONFIG_MAP: {"data": {"alerting_rules.yml": "{}"}},
    }
