# Sourced by the nodes: the container runtime, and the images that a node takes its programs out of.
configure_containerd() {
  begin "starting containerd"
  mkdir -p /etc/containerd/certs.d/_default /opt/cni/bin /etc/cni/net.d
  if [ -n "$REGISTRY_MIRROR" ]; then
    # Every image is looked for in the mirror first; those of the release's registry are there or nowhere.
    local mirror folder=/etc/containerd/certs.d
    mirror=$(printf '[host."%s"]\n  capabilities = ["pull", "resolve"]' "$REGISTRY_MIRROR")
    echo "$mirror" >$folder/_default/hosts.toml
    mkdir -p "$folder/${KUBERNETES_IMAGE%%/*}"
    printf 'server = "%s"\n%s\n' "$REGISTRY_MIRROR" "$mirror" >"$folder/${KUBERNETES_IMAGE%%/*}/hosts.toml"
  fi
  [ -d /usr/lib/cni ] && ln -sf /usr/lib/cni/* /opt/cni/bin/
  cat >/etc/containerd/config.toml <<EOF
version = 2
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "$PAUSE_IMAGE"
  restrict_oom_score_adj = $RESTRICT_OOM
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/opt/cni/bin"
    conf_dir = "/etc/cni/net.d"
  [plugins."io.containerd.grpc.v1.cri".registry]
    config_path = "/etc/containerd/certs.d"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
      SystemdCgroup = $SYSTEMD_CGROUP
EOF
  systemctl restart containerd
  retry 60 0.2 $CTR version >/dev/null 2>&1
}

# A registry may be slow to come; an image that it does not have is no use waiting for.
pull() {
  local words limit=$((SECONDS + 300))
  until words=$($CTR images pull --hosts-dir /etc/containerd/certs.d "$1" 2>&1 >/dev/null); do
    say "$1 can't be pulled: ${words##*: }"
    case $words in *"not found"*) return 1 ;; esac
    [ $SECONDS -lt $limit ] || return 1
    sleep 2
  done
}

# from_image IMAGE COMMAND...: runs the command with the image's root file system mounted at $root.
from_image() {
  local image=$1 status=0
  shift
  root=$(mktemp -d /run/crosscloud-image.XXXXXX)
  $CTR images mount "$image" "$root" >/dev/null
  "$@" || status=$?
  $CTR images unmount --rm "$root" >/dev/null
  rmdir "$root" 2>/dev/null || true
  return $status
}
install_kubernetes() { cp -a "$root"/usr/local/bin/{hyperkube,kubelet,kubeadm,kubectl,kube-proxy} /usr/local/bin/; }
install_flannel_cni() {
  local plugin
  for plugin in "$root/opt/cni/bin/flannel" "$root/flannel"; do
    [ ! -x "$plugin" ] || { cp "$plugin" /opt/cni/bin/flannel; return; }
  done
  say "the image $FLANNEL_CNI_IMAGE holds no flannel plugin"
  return 1
}

pull_images() {
  begin "pulling $KUBERNETES_IMAGE"
  local pulls=()
  pull "$PAUSE_IMAGE" & pulls+=($!)
  if [ "$ROLE" != worker ]; then pull "$ETCD_IMAGE" & pulls+=($!); fi
  (pull "$FLANNEL_CNI_IMAGE" && from_image "$FLANNEL_CNI_IMAGE" install_flannel_cni) & pulls+=($!)
  pull "$KUBERNETES_IMAGE"
  from_image "$KUBERNETES_IMAGE" install_kubernetes
  local each
  for each in "${pulls[@]}"; do wait "$each"; done
  KUBERNETES_VERSION=$(kubelet --version | cut -d' ' -f2)
}
