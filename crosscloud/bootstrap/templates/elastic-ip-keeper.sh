# The service that holds the elastic IP on this control plane, and has it announced, while its API server is ready. One
# that isn't reaches the API as every other machine does: by the routers, at a control plane that is.
. /etc/crosscloud/cluster.env
misses=0

ready() { curl -skf --max-time 5 -o /dev/null https://127.0.0.1:6443/readyz; }
bgp() { birdc -s /run/crosscloud-bgp/control "$@" elastic_ip >/dev/null; }
hold() {
  ip address replace "$ELASTIC_IP/32" dev lo
  bgp enable
}
release() {
  bgp disable
  ip address delete "$ELASTIC_IP/32" dev lo 2>/dev/null
}

trap release EXIT
trap exit TERM
while sleep 1; do
  if ready; then
    misses=0
    hold
  elif [ $((++misses)) -ge 3 ] && [ ! -e /run/crosscloud/makes-the-cluster ]; then
    release
  fi
done
