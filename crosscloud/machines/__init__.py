"""Linux machines on this host: the embedded cloud.

Networks are bridges guarded by nft, machines are systemd-nspawn containers that run systemd and cloud-init, load
balancers are haproxy processes. Use `networks`, `instances` and `balancers` to make them, `requirements` to see whether
this host can, and `cleanup` to remove everything.
"""
