"""What a cluster needs beside the release: etcd, the pod sandbox, the pod network, and the probe of the checks."""

from crosscloud.artifacts.catalogue.model import NONROOT, Build, Image, Project

_CP = Build(recipe="cp", commands={"cp": "."})

ETCD = Project(
    name="etcd",
    title="etcd",
    variable="ETCD",
    source="https://github.com/etcd-io/etcd",
    # kubeadm 1.37 asks for 3.7 (its DefaultEtcdVersion is 3.7.0-0); this is that line's newest.
    stable="v3.7.3",
    seconds=45,
    builds=(
        Build(
            module="go.etcd.io/etcd/server/v3",
            commands={"etcd": "go.etcd.io/etcd/server/v3"},
            stamp={"go.etcd.io/etcd/api/v3/version.GitSHA": "{revision}"},
            says_version={"etcd": ("--version",)},
        ),
        Build(
            module="go.etcd.io/etcd/etcdctl/v3",
            commands={"etcdctl": "go.etcd.io/etcd/etcdctl/v3"},
            stamp={"go.etcd.io/etcd/api/v3/version.GitSHA": "{revision}"},
            says_version={"etcdctl": ("version",)},
        ),
    ),
    image=Image(
        repository="etcd-io/etcd",
        binaries={"etcd": "/usr/local/bin/etcd", "etcdctl": "/usr/local/bin/etcdctl"},
        command=("/usr/local/bin/etcd",),
        ports=("2379/tcp", "2380/tcp"),
        folders={"/var/lib/etcd": 0},
    ),
)

PAUSE = Project(
    name="pause",
    title="pause",
    variable="PAUSE",
    source="",
    stable="v1.0.0",
    seconds=1,
    builds=(Build(recipe="pause", commands={"pause": "."}),),
    image=Image(repository="crosscloud/pause", binaries={"pause": "/pause"}, entrypoint=("/pause",), user=65535),
)

FLANNEL = Project(
    name="flannel",
    title="flannel",
    variable="FLANNEL",
    source="https://github.com/flannel-io/flannel",
    # v0.28 needs a module that the proxy refuses.
    stable="v0.26.7",
    seconds=50,
    builds=(
        Build(
            module="github.com/flannel-io/flannel",
            commands={"flanneld": "github.com/flannel-io/flannel"},
            stamp={"github.com/flannel-io/flannel/pkg/version.Version": "{version}"},
            cgo=True,
            says_version={"flanneld": ("--version",)},
        ),
        _CP,
    ),
    # No iptables and no nft in here: run it with --ip-masq=false --iptables-forward-rules=false and let the node
    # masquerade, or mount the node's own binaries. flanneld calls them for those two switches only.
    image=Image(
        repository="flannel-io/flannel",
        binaries={"flanneld": "/opt/bin/flanneld", "cp": "/bin/cp"},
        entrypoint=("/opt/bin/flanneld",),
    ),
)

FLANNEL_CNI = Project(
    name="flannel-cni",
    title="flannel CNI plugin",
    variable="FLANNEL_CNI",
    source="https://github.com/containernetworking/plugins",
    # The last version that holds the flannel plugin, which then moved to a module that the proxy refuses.
    stable="v0.9.1",
    seconds=3,
    builds=(
        Build(
            module="github.com/containernetworking/plugins",
            commands={"flannel": "github.com/containernetworking/plugins/plugins/meta/flannel"},
            stamp={"github.com/containernetworking/plugins/pkg/utils/buildversion.BuildVersion": "{version}"},
            says_version={"flannel": ()},
        ),
        _CP,
    ),
    # The layout of upstream's flannel-cni-plugin image: its init container runs cp -f /flannel /opt/cni/bin/flannel.
    image=Image(repository="flannel-io/flannel-cni-plugin", binaries={"flannel": "/flannel", "cp": "/bin/cp"}),
)

PROBE = Project(
    name="probe",
    title="probe",
    variable="PROBE",
    source="",
    stable="v1.0.0",
    seconds=5,
    builds=(Build(recipe="probe", commands={"probe": "."}, requires={"github.com/miekg/dns": "v1.1.73"}),),
    image=Image(
        repository="crosscloud/probe",
        binaries={"probe": "/usr/local/bin/probe"},
        entrypoint=("/usr/local/bin/probe",),
        user=NONROOT,
    ),
)

SUPPORT: tuple[Project, ...] = (ETCD, PAUSE, FLANNEL, FLANNEL_CNI, PROBE)
