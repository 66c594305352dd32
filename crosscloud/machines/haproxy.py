"""How a load balancer's haproxy is configured, started and reloaded."""

import grp
import os
import pwd
import signal
from collections.abc import Sequence
from pathlib import Path

from crosscloud.machines import commands
from crosscloud.machines.store import write_private

_FILE = "haproxy.cfg"
#: A master that keeps the listening socket, so that new targets cost no connection.
COMMAND = ("haproxy", "-W", "-db", "-f", _FILE)

#: The API server says itself whether it is ready. 401 and 403 are answers of one that is and hides it from strangers.
_TEMPLATE = """\
global
  maxconn 4000
{identity}
defaults
  mode tcp
  timeout connect 2s
  timeout check 2s
  # Watches are quiet for minutes, and `kubectl exec` may be for hours.
  timeout client 4h
  timeout server 4h
  option clitcpka
  option srvtcpka
  retries 2
  option redispatch

frontend api
  bind {address}:{port}
  default_backend control-planes

backend control-planes
  balance roundrobin
  option httpchk GET /readyz
  http-check expect rstatus ^(200|401|403)$
  default-server check check-ssl verify none inter 500ms fall 2 rise 1
{servers}
"""


def render(address: str, port: int, targets: Sequence[str], *, target_port: int = 0, own_source: bool = False) -> str:
    """Return the configuration: ``address:port`` leads to ``target_port`` of each target that is ready.

    ``target_port`` is ``port`` by default; with ``own_source`` targets see connections as coming from ``address``.
    """
    servers = "\n".join(f"  server {target} {target}:{target_port or port}" for target in targets)
    if own_source:
        servers = f"  source {address}\n{servers}"
    user = _first(("haproxy", "nobody"), [entry.pw_name for entry in pwd.getpwall()])
    group = _first(("haproxy", "nogroup", "nobody"), [entry.gr_name for entry in grp.getgrall()])
    identity = f"  user {user}\n  group {group}\n" if user and group else ""
    return _TEMPLATE.format(identity=identity, address=address, port=port, servers=servers)


def write(folder: Path, text: str) -> None:
    """Put the configuration in place, or leave the old one there and raise what haproxy says against the new one."""
    trial = folder / f"{_FILE}.new"
    write_private(trial, text)
    commands.run(["haproxy", "-c", "-f", trial.name], purpose="configure the load balancer", folder=folder)
    trial.replace(folder / _FILE)


def reload(master: int) -> None:
    """Have the master process read its configuration again; it starts a new worker and lets the old one finish."""
    os.kill(master, signal.SIGUSR2)


def _first(wanted: Sequence[str], existing: Sequence[str]) -> str:
    return next((name for name in wanted if name in existing), "")
