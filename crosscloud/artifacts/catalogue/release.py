"""The five projects that a release names. Versions: what the public module proxy serves and builds (see docs)."""

from crosscloud.artifacts.catalogue.model import NOBODY, NONROOT, Build, File, Image, Project

_KUBERNETES = (
    "kube-apiserver",
    "kube-controller-manager",
    "kube-proxy",
    "kube-scheduler",
    "kubeadm",
    "kubectl",
    "kubelet",
)
_KUBERNETES_VERSION = {
    "gitVersion": "{version}",
    "gitMajor": "{major}",
    "gitMinor": "{minor}",
    "gitCommit": "{revision}",
    "gitTreeState": "clean",
    "buildDate": "{date}",
}
_PROMETHEUS_VERSION = {
    "github.com/prometheus/common/version.Version": "{number}",
    "github.com/prometheus/common/version.Revision": "{revision}",
    "github.com/prometheus/common/version.Branch": "{version}",
    "github.com/prometheus/common/version.BuildUser": "crosscloud",
    "github.com/prometheus/common/version.BuildDate": "{date}",
}

KUBERNETES = Project(
    name="kubernetes",
    title="Kubernetes",
    variable="KUBERNETES",
    source="https://github.com/kubernetes/kubernetes",
    stable="v1.37.2",
    released=True,
    seconds=560,
    builds=(
        Build(
            module="k8s.io/kubernetes",
            recipe="hyperkube",
            commands={"hyperkube": "."},
            staging=True,
            # Twice: kubectl's client version is read from client-go's copy of the package.
            stamp={
                f"{package}.{name}": value
                for package in ("k8s.io/component-base/version", "k8s.io/client-go/pkg/version")
                for name, value in _KUBERNETES_VERSION.items()
            },
            says_version={"hyperkube": ("kubelet", "--version")},
        ),
    ),
    image=Image(
        # The name that releases have used since 2017.
        repository="kubernetes/kubernetes/hyperkube-amd64",
        binaries={"hyperkube": "/usr/local/bin/hyperkube"},
        links={f"/usr/local/bin/{name}": "hyperkube" for name in _KUBERNETES},
        # No entry point: a pod names the component as its command, as kubeadm's static pods do. Root, as kubeadm
        # expects: it sets each component's user in the pod where it is to be another one.
        command=("/usr/local/bin/hyperkube",),
    ),
)

COREDNS = Project(
    name="coredns",
    title="CoreDNS",
    variable="COREDNS",
    source="https://github.com/coredns/coredns",
    stable="v1.15.0",
    released=True,
    seconds=110,
    builds=(
        Build(
            module="github.com/coredns/coredns",
            commands={"coredns": "github.com/coredns/coredns"},
            stamp={"github.com/coredns/coredns/coremain.GitCommit": "{revision}"},
            says_version={"coredns": ("-version",)},
        ),
    ),
    image=Image(
        repository="coredns/coredns",
        binaries={"coredns": "/coredns"},
        entrypoint=("/coredns",),
        user=NONROOT,
        ports=("53/tcp", "53/udp"),
        bind_service=("/coredns",),
    ),
)

PROMETHEUS = Project(
    name="prometheus",
    title="Prometheus",
    variable="PROMETHEUS",
    source="https://github.com/prometheus/prometheus",
    stable="v0.315.0",
    zero_major=True,
    released=True,
    seconds=290,
    builds=(
        Build(
            module="github.com/prometheus/prometheus",
            commands={"prometheus": "github.com/prometheus/prometheus/cmd/prometheus"},
            stamp=_PROMETHEUS_VERSION,
            says_version={"prometheus": ("--version",)},
        ),
    ),
    image=Image(
        repository="prometheus/prometheus",
        binaries={"prometheus": "/bin/prometheus"},
        entrypoint=("/bin/prometheus",),
        command=("--config.file=/etc/prometheus/prometheus.yml", "--storage.tsdb.path=/prometheus"),
        user=NOBODY,
        workdir="/prometheus",
        ports=("9090/tcp",),
        folders={"/prometheus": NOBODY, "/etc/prometheus": NOBODY},
        files=(
            File("/etc/prometheus/prometheus.yml", source="documentation/examples/prometheus.yml", owner=NOBODY),
            File("/LICENSE", source="LICENSE"),
        ),
    ),
)

ALERTMANAGER = Project(
    name="alertmanager",
    title="Alertmanager",
    variable="ALERT_MANAGER",
    source="https://github.com/prometheus/alertmanager",
    # From v0.32 on, the built web interface is no longer in the module.
    stable="v0.31.1",
    released=True,
    seconds=50,
    builds=(
        Build(
            module="github.com/prometheus/alertmanager",
            commands={"alertmanager": "github.com/prometheus/alertmanager/cmd/alertmanager"},
            stamp=_PROMETHEUS_VERSION,
            says_version={"alertmanager": ("--version",)},
        ),
    ),
    image=Image(
        repository="prometheus/alertmanager",
        binaries={"alertmanager": "/bin/alertmanager"},
        entrypoint=("/bin/alertmanager",),
        command=("--config.file=/etc/alertmanager/alertmanager.yml", "--storage.path=/alertmanager"),
        user=NOBODY,
        workdir="/alertmanager",
        ports=("9093/tcp",),
        folders={"/alertmanager": NOBODY, "/etc/alertmanager": NOBODY},
        files=(
            File("/etc/alertmanager/alertmanager.yml", source="examples/ha/alertmanager.yml", owner=NOBODY),
            File("/LICENSE", source="LICENSE"),
        ),
    ),
)

NODE_EXPORTER = Project(
    name="node_exporter",
    title="node-exporter",
    variable="NODE_EXPORTER",
    source="https://github.com/prometheus/node_exporter",
    stable="v1.12.1",
    released=True,
    seconds=17,
    builds=(
        Build(
            module="github.com/prometheus/node_exporter",
            commands={"node_exporter": "github.com/prometheus/node_exporter"},
            stamp=_PROMETHEUS_VERSION,
            says_version={"node_exporter": ("--version",)},
        ),
    ),
    image=Image(
        repository="prometheus/node_exporter",
        binaries={"node_exporter": "/bin/node_exporter"},
        entrypoint=("/bin/node_exporter",),
        user=NOBODY,
        ports=("9100/tcp",),
        files=(File("/LICENSE", source="LICENSE"),),
    ),
)

RELEASE: tuple[Project, ...] = (KUBERNETES, COREDNS, PROMETHEUS, NODE_EXPORTER, ALERTMANAGER)
