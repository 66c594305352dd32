# The packet filter of a machine on a cloud that has none: it runs at every boot and then every minute, since whom to let
# in is told by the device's tags, which change without another boot. It filters before addresses are translated, so that
# node ports of services and host ports of pods are as closed to strangers as ports of the machine itself.
. /etc/crosscloud/cluster.env
rules=/etc/crosscloud/firewall.nft

tagged() { python3 /usr/local/lib/crosscloud/metadata.py networks "$1"; }
admit() { [ -z "$1" ] || echo "    ip saddr { $1 } tcp dport $2 accept"; }
filter() {
  cat <<EOF
table inet crosscloud-firewall
delete table inet crosscloud-firewall
table inet crosscloud-firewall {
  chain arriving {
    type filter hook prerouting priority mangle;
    iifname { "lo", "cni0", "flannel.1" } accept
    ct state established,related accept
    icmp type redirect drop
    meta l4proto { icmp, ipv6-icmp } accept
    ip saddr $NODE_NETWORK accept
$(admit "$1" 6443)
$(admit "$2" 22)
    drop
  }
}
EOF
}
loaded() { nft list table inet crosscloud-firewall >/dev/null 2>&1; }

# Closed to all but nodes until the tags are known; open to those whom they last named if they can't be read.
[ -s $rules ] || filter "" "" >$rules
loaded || nft -f $rules
if api=$(tagged api-access) && ssh=$(tagged ssh-access); then
  filter "$api" "$ssh" >$rules.new
  cmp -s $rules.new $rules || { nft -f $rules.new && mv $rules.new $rules; }
fi
