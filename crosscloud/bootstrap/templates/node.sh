# What every node does: container runtime, the release's Kubernetes, kubelet and kube-proxy, ready to init or join.
. /usr/local/lib/crosscloud/lib.sh
. /usr/local/lib/crosscloud/runtime.sh
# shellcheck source=/dev/null
[ -z "${ELASTIC_IP:-}" ] || . /usr/local/lib/crosscloud/elastic-ip.sh

CGROUP_DRIVER=systemd SYSTEMD_CGROUP=true
if [ "$(stat -fc %T /sys/fs/cgroup)" != cgroup2fs ]; then
  CGROUP_DRIVER=cgroupfs SYSTEMD_CGROUP=false # on cgroup v1 systemd's driver would need a delegated hierarchy
fi
RESTRICT_OOM=false
has_capability 24 || RESTRICT_OOM=true # without CAP_SYS_RESOURCE no process may lower its OOM score

install_packages() {
  local missing=()
  command -v containerd >/dev/null || missing+=(containerd)
  command -v nft >/dev/null || missing+=(nftables)
  command -v conntrack >/dev/null || missing+=(conntrack)
  command -v curl >/dev/null || missing+=(curl)
  command -v openssl >/dev/null || missing+=(openssl)
  [ -d /usr/lib/cni ] || [ -x /opt/cni/bin/bridge ] || missing+=(containernetworking-plugins)
  if [ -n "${ELASTIC_IP:-}" ] && [ "$ROLE" != worker ]; then command -v bird >/dev/null || missing+=(bird2); fi
  [ ${#missing[@]} = 0 ] && return
  begin "installing ${missing[*]}"
  export DEBIAN_FRONTEND=noninteractive
  retry 300 5 apt-get update -qq
  retry 300 5 apt-get install -y -qq --no-install-recommends "${missing[@]}"
}

configure_kernel() {
  begin "configuring the kernel"
  modprobe -a overlay br_netfilter vxlan 2>/dev/null || true # built in, or reported by what needs them
  printf 'net.ipv4.ip_forward = 1\nnet.bridge.bridge-nf-call-iptables = 1\n' >/etc/sysctl.d/90-kubernetes.conf
  sysctl -q -w net.ipv4.ip_forward=1
  sysctl -q -w net.bridge.bridge-nf-call-iptables=1 2>/dev/null || true
  swapoff -a 2>/dev/null || true
  # Pods that leave the pod network do so under their node's address. kube-proxy handles services, flannel the rest.
  cat >/etc/crosscloud/pods.nft <<EOF
table ip crosscloud-pods
delete table ip crosscloud-pods
table ip crosscloud-pods {
  chain postrouting {
    type nat hook postrouting priority srcnat;
    ip saddr $POD_CIDR ip daddr != $POD_CIDR ip daddr != 224.0.0.0/4 masquerade
  }
}
EOF
  cat >/etc/systemd/system/crosscloud-pods.service <<'EOF'
[Unit]
Description=Masquerading of pods that leave the pod network
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=nft -f /etc/crosscloud/pods.nft
[Install]
WantedBy=multi-user.target
EOF
}

# The node is Ready for pods once flannel knows its subnet: only then does the container runtime get its network.
install_network() {
  cat >/etc/crosscloud/10-flannel.conflist <<'EOF'
{"name": "cbr0", "cniVersion": "0.3.1", "plugins": [
  {"type": "flannel", "delegate": {"hairpinMode": true, "isDefaultGateway": true, "ipMasq": false}},
  {"type": "portmap", "capabilities": {"portMappings": true}}]}
EOF
  cat >/etc/systemd/system/crosscloud-network.path <<'EOF'
[Path]
PathExists=/run/flannel/subnet.env
[Install]
WantedBy=multi-user.target
EOF
  cat >/etc/systemd/system/crosscloud-network.service <<'EOF'
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=cp /etc/crosscloud/10-flannel.conflist /etc/cni/net.d/10-flannel.conflist
EOF
}

# services that kubeadm expects beside it
install_units() {
  install_network
  cat >/etc/systemd/system/kubelet.service <<'EOF'
[Unit]
Description=kubelet
After=containerd.service
Wants=containerd.service
[Service]
Environment="KUBECONFIGS=--bootstrap-kubeconfig=/etc/kubernetes/bootstrap-kubelet.conf --kubeconfig=/etc/kubernetes/kubelet.conf"
EnvironmentFile=-/var/lib/kubelet/kubeadm-flags.env
ExecStart=/usr/local/bin/kubelet $KUBECONFIGS --config=/var/lib/kubelet/config.yaml $KUBELET_KUBEADM_ARGS
Restart=always
RestartSec=1
[Install]
WantedBy=multi-user.target
EOF
  mkdir -p /var/lib/kube-proxy
  cat >/var/lib/kube-proxy/config.yaml <<EOF
apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
mode: nftables
clusterCIDR: $POD_CIDR
hostnameOverride: $NODE_NAME
clientConnection: {kubeconfig: /etc/kubernetes/kubelet.conf}
oomScoreAdj: 0
# a container may not size the host's connection table; elsewhere the kernel's own defaults do
conntrack: {maxPerCore: 0, min: 0}
EOF
  cat >/etc/systemd/system/kube-proxy.service <<'EOF'
[Unit]
Description=kube-proxy, which needs the nft command of its node
After=kubelet.service
ConditionPathExists=/var/lib/kube-proxy/config.yaml
[Service]
# its credentials are the kubelet's, which come with the cluster
ExecStart=/bin/sh -c 'until [ -s /etc/kubernetes/kubelet.conf ]; do sleep 0.5; done; exec kube-proxy --config=/var/lib/kube-proxy/config.yaml'
Restart=always
RestartSec=2
[Install]
WantedBy=multi-user.target
EOF
  systemctl daemon-reload
  systemctl -q enable --now crosscloud-pods crosscloud-network.path
  systemctl -q enable kubelet kube-proxy
  systemctl start kube-proxy
}

# the address from which this node reaches the cluster's API is the one it is known by; or the one in NODE_NETWORK
find_address() {
  local host=${ENDPOINT%:*} target
  if [ -n "${NODE_NETWORK:-}" ]; then
    NODE_IP=$(address_in "$NODE_NETWORK")
  else
    target=$(getent ahostsv4 "$host" | awk 'NR==1 {print $1}')
    NODE_IP=$(ip -4 route get "${target:-$host}" | grep -oP 'src \K\S+')
  fi
  NODE_NAME=$(hostname | tr '[:upper:]' '[:lower:]')
}

address_in() {
  local found
  found=$(ip -4 -o address show scope global | awk '$2 != "lo" {split($4, a, "/"); print a[1]}' | python3 -c '
import ipaddress, sys
network = ipaddress.ip_network(sys.argv[1])
print(next((a for a in sys.stdin.read().split() if ipaddress.ip_address(a) in network), ""))' "$1")
  [ -n "$found" ] || { say "this machine has no address in $1" >&2; return 1; }
  echo "$found"
}

kubelet_configuration() {
  cat <<EOF
---
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
cgroupDriver: $CGROUP_DRIVER
clusterDNS: [$DNS_SERVICE_IP]
clusterDomain: $CLUSTER_DOMAIN
readOnlyPort: 0
rotateCertificates: true
seccompDefault: true
serializeImagePulls: false
nodeStatusUpdateFrequency: 5s
tlsMinVersion: VersionTLS12
EOF
  [ $CGROUP_DRIVER = systemd ] || echo "failCgroupV1: false"
  [ $RESTRICT_OOM = false ] || echo "oomScoreAdj: 0"
  if systemd-detect-virt --quiet --container; then
    # a machine that shares its disk and swap with others must not evict pods for what those use
    printf 'failSwapOn: false\nimageGCHighThresholdPercent: 100\nevictionHard: {memory.available: 100Mi, nodefs.available: 1%%, imagefs.available: 1%%}\n'
  fi
}

registration() {
  cat <<EOF
nodeRegistration:
  name: $NODE_NAME
  criSocket: unix:///run/containerd/containerd.sock
  imagePullPolicy: Never
  kubeletExtraArgs: [{name: node-ip, value: "$NODE_IP"}${GENERATION:+, {name: node-labels, value: crosscloud/generation=$GENERATION\}}]
  ignorePreflightErrors: [SystemVerification, Swap, NumCPU, Mem, FileContent--proc-sys-net-bridge-bridge-nf-call-iptables]
EOF
}

# The cluster answers when its public cluster-info is signed for this cluster's token; kubeadm verifies the signature.
cluster_answers() {
  curl -sk --max-time 3 "https://$ENDPOINT/api/v1/namespaces/kube-public/configmaps/cluster-info" |
    grep -q "\"jws-kubeconfig-${BOOTSTRAP_TOKEN%%.*}\""
}

join_configuration() {
  cat <<EOF
apiVersion: kubeadm.k8s.io/v1beta4
kind: JoinConfiguration
discovery:
  bootstrapToken: {token: $BOOTSTRAP_TOKEN, apiServerEndpoint: "$ENDPOINT", unsafeSkipCAVerification: true}
timeouts: {discovery: 2m, tlsBootstrap: 2m}
EOF
  registration
}

prepare_node() {
  begin "finding the node's address"
  find_address
  install_packages
  if [ -n "${ELASTIC_IP:-}" ]; then
    guard_host
    route_elastic_ip
  fi
  configure_kernel
  configure_containerd
  pull_images
  begin "installing Kubernetes $KUBERNETES_VERSION on $NODE_NAME ($NODE_IP)"
  install_units
}
