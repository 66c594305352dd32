# A control plane: the first one makes the cluster, unless it is already there; every other joins it.
. /usr/local/lib/crosscloud/node.sh
umask 077
admin="kubectl --kubeconfig /etc/kubernetes/admin.conf"

# name_images VERSION: kubeadm's static pods ask for images of their own names and of the cluster's version; give those
# names to what the release named.
name_images() {
  local name
  for name in $(kubeadm config images list --image-repository localhost/crosscloud --kubernetes-version "$1" 2>/dev/null); do
    case $name in
    */kube-*) $CTR images tag --force "$KUBERNETES_IMAGE" "$name" ;;
    */etcd:*) $CTR images tag --force "$ETCD_IMAGE" "$name" ;;
    esac
  done >/dev/null
}

# A first control plane that was replaced finds the others' cluster. A connection that is refused or closed means that no
# other control plane lives; one that is not answered means nothing, and is tried again for a while. Nor does a refused
# one while the cloud's load balancer may still lead to the control plane whose place this one takes: PATIENCE is how many
# seconds after this machine's start that lasts at most.
cluster_lives() {
  local status=0 limit=$((SECONDS + 20)) patience=${PATIENCE:-0}
  if [ "$patience" != 0 ]; then limit=$((SECONDS + 5 > patience ? SECONDS + 5 : patience)); fi
  while [ $SECONDS -lt $limit ]; do
    status=0
    curl -sk --max-time 3 -o /dev/null "https://$ENDPOINT/livez" || status=$?
    [ $status = 0 ] && retry 30 1 cluster_answers && return 0
    [ $status = 28 ] || [ "$patience" != 0 ] || return 1 # 28: time-out
    sleep 0.5
  done
  return 1
}

# Every control plane has the service-account key, by init or by join, and no one else has: the key that encrypts
# Secrets in etcd is derived from it, so that it need not travel.
encryption_configuration() {
  local key
  key=$( (echo crosscloud-encryption-at-rest; cat /etc/kubernetes/pki/sa.key) | openssl dgst -sha256 -binary | base64)
  cat >/etc/kubernetes/crosscloud/encryption.yaml <<EOF
apiVersion: apiserver.config.k8s.io/v1
kind: EncryptionConfiguration
resources:
- resources: [secrets]
  providers:
  - secretbox: {keys: [{name: derived, secret: $key}]}
  - identity: {}
EOF
}

cluster_configuration() {
  cat <<EOF
---
apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
clusterName: $CLUSTER_NAME
kubernetesVersion: $KUBERNETES_VERSION
controlPlaneEndpoint: "$ENDPOINT"
imageRepository: localhost/crosscloud
networking: {podSubnet: $POD_CIDR, serviceSubnet: $SERVICE_CIDR, dnsDomain: $CLUSTER_DOMAIN}
etcd: {local: {imageRepository: localhost/crosscloud}}
encryptionAlgorithm: ECDSA-P256 # a dozen RSA keys take a second of a processor
apiServer:
  certSANs: [${ENDPOINT%:*}, ${PUBLIC_HOST:+$PUBLIC_HOST, }localhost, 127.0.0.1]
  extraArgs:
  - {name: authentication-config, value: /etc/kubernetes/crosscloud/authentication.yaml}
  - {name: encryption-provider-config, value: /etc/kubernetes/crosscloud/encryption.yaml}
  - {name: audit-policy-file, value: /etc/kubernetes/crosscloud/audit.yaml}
  - {name: audit-log-path, value: /var/log/kubernetes/audit/audit.log}
  - {name: audit-log-maxage, value: "30"}
  - {name: audit-log-maxbackup, value: "10"}
  - {name: audit-log-maxsize, value: "100"}
  - {name: profiling, value: "false"}
  - {name: tls-min-version, value: VersionTLS12}
  extraVolumes:
  - {name: crosscloud, hostPath: /etc/kubernetes/crosscloud, mountPath: /etc/kubernetes/crosscloud, readOnly: true}
  - {name: audit, hostPath: /var/log/kubernetes/audit, mountPath: /var/log/kubernetes/audit, pathType: DirectoryOrCreate}
controllerManager:
  extraArgs:
  - {name: profiling, value: "false"}
  - {name: kube-api-qps, value: "100"} # its controllers start one after the other: at the default of 20 in six seconds
  - {name: kube-api-burst, value: "200"}
  - {name: leader-elect-retry-period, value: 500ms} # a first attempt before the API answers costs up to twice this
scheduler: {extraArgs: [{name: profiling, value: "false"}, {name: leader-elect-retry-period, value: 500ms}]}
EOF
}

init_configuration() {
  cat <<EOF
apiVersion: kubeadm.k8s.io/v1beta4
kind: InitConfiguration
bootstrapTokens:
- {token: $BOOTSTRAP_TOKEN, ttl: 0s, usages: [signing, authentication], groups: ["system:bootstrappers:kubeadm:default-node-token"]}
certificateKey: $CERTIFICATE_KEY
localAPIEndpoint: {advertiseAddress: $NODE_IP, bindPort: 6443}
skipPhases: [addon/coredns, addon/kube-proxy, show-join-command]
EOF
  registration
  cluster_configuration
  kubelet_configuration
}

init_cluster() {
  begin "making the cluster $CLUSTER_NAME"
  init_configuration >/etc/crosscloud/kubeadm.yaml
  name_images "$KUBERNETES_VERSION" &
  local naming=$!
  kubeadm init phase certs sa --config /etc/crosscloud/kubeadm.yaml >/dev/null
  encryption_configuration
  wait $naming
  masked kubeadm init --config /etc/crosscloud/kubeadm.yaml --upload-certs
  begin "giving the cluster its network and its administrator"
  retry 60 1 $admin apply -f /usr/local/lib/crosscloud/cluster.yaml >/dev/null
  retry 60 1 $admin certificate approve crosscloud-administrator >/dev/null
  retry 60 0.2 publish_certificate
}
# A certificate is public. The program reads it with the bootstrap token; requests themselves are soon collected.
publish_certificate() {
  local certificate
  certificate=$($admin get csr crosscloud-administrator -o 'jsonpath={.status.certificate}')
  [ -n "$certificate" ] || return 1
  $admin -n kube-public create configmap crosscloud-administrator --from-literal "certificate=$certificate" >/dev/null ||
    $admin -n kube-public get configmap crosscloud-administrator >/dev/null
}

join_cluster() {
  begin "joining the cluster as a control plane"
  {
    join_configuration
    printf 'controlPlane: {certificateKey: %s, localAPIEndpoint: {advertiseAddress: %s, bindPort: 6443}}\n' "$CERTIFICATE_KEY" "$NODE_IP"
    cluster_configuration
  } >/etc/crosscloud/kubeadm.yaml
  retry "$JOIN_TIMEOUT" 5 join_once
}
join_once() {
  kubeadm join phase control-plane-prepare download-certs --config /etc/crosscloud/kubeadm.yaml >/dev/null &&
    name_images "$(cluster_version)" && encryption_configuration &&
    masked kubeadm join --config /etc/crosscloud/kubeadm.yaml && return
  kubeadm reset --force >/dev/null 2>&1 || true
  return 1
}

# The version that the cluster was made with: a control plane of a later release joins it under that name.
cluster_version() {
  curl -sf --cacert /etc/kubernetes/pki/ca.crt --header "Authorization: Bearer $BOOTSTRAP_TOKEN" \
    "https://$ENDPOINT/api/v1/namespaces/kube-system/configmaps/kubeadm-config" | grep -oP -m1 'kubernetesVersion: \Kv[0-9A-Za-z.+-]+'
}

# A control plane that joins later finds the cluster's certificates, encrypted by a key that only control planes have.
# kubeadm lets them expire after two hours, so each control plane renews them.
keep_certificates() {
  cat >/etc/systemd/system/crosscloud-certificates.service <<'EOF'
[Service]
Type=oneshot
ExecStart=/usr/local/bin/kubeadm init phase upload-certs --upload-certs --config /etc/crosscloud/certificates.yaml
EOF
  printf '[Timer]\nOnUnitActiveSec=1h\nOnActiveSec=1h\nRandomizedDelaySec=5m\n[Install]\nWantedBy=timers.target\n' \
    >/etc/systemd/system/crosscloud-certificates.timer
  {
    printf 'apiVersion: kubeadm.k8s.io/v1beta4\nkind: InitConfiguration\ncertificateKey: %s\n' "$CERTIFICATE_KEY"
    cluster_configuration
  } >/etc/crosscloud/certificates.yaml
  systemctl daemon-reload
  systemctl -q enable --now crosscloud-certificates.timer
}

prepare_node
mkdir -p /etc/kubernetes/crosscloud /var/log/kubernetes/audit
cp /usr/local/lib/crosscloud/{authentication,audit}.yaml /etc/kubernetes/crosscloud/
if [ "$ROLE" = first-control-plane ] && ! cluster_lives; then
  if [ -n "${ELASTIC_IP:-}" ]; then
    hold_elastic_ip
    keep_elastic_ip
  fi
  init_cluster
  [ -z "${ELASTIC_IP:-}" ] || release_hold
else
  begin "waiting for the cluster at $ENDPOINT"
  retry "$JOIN_TIMEOUT" 0.5 cluster_answers
  join_cluster
  [ -z "${ELASTIC_IP:-}" ] || keep_elastic_ip
fi
keep_certificates
say "BOOTSTRAP DONE: $CLUSTER_NAME has control plane $NODE_NAME"
