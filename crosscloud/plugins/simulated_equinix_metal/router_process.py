"""The process of a metro's routers: ``unshare --net python -m …router_process FOLDER``.

It waits for its link, routes between it and whoever announces an address, runs the BGP daemons, and answers devices
their metadata over HTTPS. It ends when its link goes, or a daemon.
"""

import http.server
import json
import socket
import socketserver
import ssl
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

from crosscloud.plugins.simulated_equinix_metal import bird, certificates

LINK = "eth0"
_PAUSE = 0.2
_SETTINGS = {
    "net/ipv4/ip_forward": "1",
    # The routers stay between: a machine that is told the way to a control plane would not leave it when it dies.
    "net/ipv4/conf/all/send_redirects": "0",
    "net/ipv4/conf/eth0/send_redirects": "0",
    # Each connection has one of the ways, not each pair of machines.
    "net/ipv4/fib_multipath_hash_policy": "1",
}


def main(folder: Path) -> None:
    """Be the routers until the link is gone."""
    while not _linked():
        time.sleep(_PAUSE)
    settings = json.loads((folder / "settings.json").read_text())
    _configure(settings)
    daemons = [
        subprocess.Popen(["bird", "-f", "-c", bird.file(router), "-s", bird.control(router)], cwd=folder)
        for router in range(len(settings["peers"]))
    ]
    server = _metadata(folder, settings["address"])
    threading.Thread(target=server.serve_forever, daemon=True).start()
    while not all((folder / bird.control(router)).exists() for router in range(len(daemons))):
        time.sleep(_PAUSE)
    (folder / "ready").touch()
    while _linked() and not any(daemon.poll() for daemon in daemons):
        time.sleep(_PAUSE)
    for daemon in daemons:
        daemon.kill()


def _linked() -> bool:
    return LINK in (name for _, name in socket.if_nameindex())


def _configure(settings: dict[str, Any]) -> None:
    for name, value in _SETTINGS.items():
        Path("/proc/sys", name).write_text(value)
    _ip("link", "set", "lo", "up")
    _ip("link", "set", LINK, "up")
    _ip("address", "add", f"{settings['address']}/{settings['prefix']}", "dev", LINK)
    for peer in settings["peers"]:
        _ip("address", "add", f"{peer}/32", "dev", "lo")
    for table in bird.TABLES:
        _ip("rule", "add", "pref", str(table), "lookup", str(table))
    # What is not for the project's devices, such as "unreachable" for whoever asked, goes by this host.
    _ip("route", "add", "default", "via", settings["gateway"])


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True)


class _Server(http.server.ThreadingHTTPServer):
    def server_bind(self) -> None:
        """Take the address without asking for its name: there is no one to ask here, which takes ten seconds."""
        socketserver.TCPServer.server_bind(self)


def _metadata(folder: Path, address: str) -> http.server.ThreadingHTTPServer:
    class Answers(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            known = json.loads((folder / "metadata.json").read_text()).get(self.client_address[0])
            found = known is not None and self.path == "/metadata"
            body = json.dumps(known if found else {"errors": ["Not found"]}).encode()
            self.send_response(200 if found else 404)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments: object) -> None:
            return

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / certificates.CERTIFICATE, folder / certificates.KEY)
    server = _Server((address, 443), Answers)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    return server


if __name__ == "__main__":
    main(Path(sys.argv[1]))
