# Sourced on bare metal, where the API's address is an elastic IP that control planes announce by BGP, as Equinix documents
# it (https://deploy.equinix.com/developers/docs/metal/bgp/route-bgp-with-bird/), and where no packet is filtered for us.
metadata() { python3 /usr/local/lib/crosscloud/metadata.py "$@"; }

# unit NAME.SERVICE: makes a unit of what is on standard input, and starts it.
unit() {
  cat >"/etc/systemd/system/$1"
  systemctl daemon-reload
  systemctl -q enable --now "$1"
}

# The machine is closed to strangers from its first minute on.
guard_host() {
  begin "closing the machine to strangers"
  unit crosscloud-firewall.service <<'EOF'
[Unit]
Description=Packet filter of this machine
Wants=network-online.target
After=network-online.target
[Service]
Type=oneshot
ExecStart=bash /usr/local/lib/crosscloud/host-firewall.sh
[Install]
WantedBy=multi-user.target
EOF
  printf '[Timer]\nOnActiveSec=1min\nOnUnitActiveSec=1min\n[Install]\nWantedBy=timers.target\n' | unit crosscloud-firewall.timer
}

# A machine that takes another one's place is given its name. Nodes may not share one, so each adds its device's to it.
name_host() {
  NODE_NAME="$NODE_NAME-${DEVICE_ID:0:5}"
  echo 'preserve_hostname: true' >/etc/cloud/cloud.cfg.d/99-crosscloud.cfg
  echo "127.0.1.1 $NODE_NAME" >>/etc/hosts
  echo "$NODE_NAME" >/etc/hostname
  hostname "$NODE_NAME"
}

# Nodes talk to the API from their private addresses, which are those that the others let in.
route_elastic_ip() {
  begin "finding the private network's router"
  retry 300 2 private_network
  name_host
  for target in "$ELASTIC_IP" 169.254.255.1 169.254.255.2; do
    echo "ip route replace $target via $GATEWAY src $NODE_IP"
  done >/usr/local/lib/crosscloud/routes.sh
  unit crosscloud-routes.service <<'EOF'
[Unit]
Description=Ways to the elastic IP and to the routers that it is announced to
Wants=network-online.target
After=network-online.target
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=bash /usr/local/lib/crosscloud/routes.sh
[Install]
WantedBy=multi-user.target
EOF
}
private_network() { GATEWAY=$(metadata gateway) && DEVICE_ID=$(metadata id); }

# From now on the elastic IP is held and announced whenever the API server of this machine is ready.
keep_elastic_ip() {
  begin "waiting for the BGP session"
  retry 600 2 bird_configuration
  systemctl -q disable --now bird 2>/dev/null || true # the distribution's own service
  unit crosscloud-bgp.service <<'EOF'
[Unit]
Description=BGP sessions with the routers
Wants=crosscloud-routes.service
After=crosscloud-routes.service
StartLimitIntervalSec=0
[Service]
User=bird
AmbientCapabilities=CAP_NET_ADMIN CAP_NET_BIND_SERVICE CAP_NET_RAW
RuntimeDirectory=crosscloud-bgp
ExecStart=/usr/sbin/bird -f -c /etc/bird/crosscloud.conf -s /run/crosscloud-bgp/control
Restart=always
RestartSec=1
[Install]
WantedBy=multi-user.target
EOF
  unit crosscloud-elastic-ip.service <<'EOF'
[Unit]
Description=Elastic IP, while the API server of this machine is ready
After=crosscloud-bgp.service
StartLimitIntervalSec=0
[Service]
ExecStart=bash /usr/local/lib/crosscloud/elastic-ip-keeper.sh
Restart=always
RestartSec=1
[Install]
WantedBy=multi-user.target
EOF
}
bird_configuration() {
  metadata bird "$ELASTIC_IP" | install -m 640 -o root -g bird /dev/stdin /etc/bird/crosscloud.conf
}

# kubeadm asks the cluster's address before any other machine could answer there: the one that makes the cluster holds
# it meanwhile. It is announced when the API server is ready, as always.
hold_elastic_ip() {
  mkdir -p /run/crosscloud
  touch /run/crosscloud/makes-the-cluster
  ip address replace "$ELASTIC_IP/32" dev lo
}
release_hold() { rm /run/crosscloud/makes-the-cluster; }
