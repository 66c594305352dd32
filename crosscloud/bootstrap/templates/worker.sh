# A worker: joins the cluster as soon as it answers.
. /usr/local/lib/crosscloud/node.sh
umask 077

join() {
  masked kubeadm join --config /etc/crosscloud/kubeadm.yaml && return
  kubeadm reset --force >/dev/null 2>&1 || true
  return 1
}

prepare_node
join_configuration >/etc/crosscloud/kubeadm.yaml
begin "waiting for the cluster at $ENDPOINT"
retry "$JOIN_TIMEOUT" 0.5 cluster_answers
begin "joining the cluster"
retry "$JOIN_TIMEOUT" 5 join
say "BOOTSTRAP DONE: joined $CLUSTER_NAME as worker $NODE_NAME"
