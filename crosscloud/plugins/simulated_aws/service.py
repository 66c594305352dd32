"""moto's server: a process that outlives the engine, with the accounts and regions of one rehearsal in its memory.

What is in it is gone with it, so it is started with a rehearsal's first command and ended with its last one.
"""

import json
import os
import shutil
import socket
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from crosscloud.artifacts import process
from crosscloud.locking import locked
from crosscloud.machines.store import write_private
from crosscloud.plugins.base import PluginError
from crosscloud.plugins.simulated.tables import data

#: Where the plugin finds it: a URL on this host's loopback.
ENDPOINT = "CROSSCLOUD_REHEARSAL_AWS"
#: Seconds that moto takes to import its services and listen, with room for a busy host.
_START_TIMEOUT = 60.0
_PACKAGE = "crosscloud.plugins.simulated_aws"


def start(folder: Path) -> dict[str, str]:
    """Start the server unless it runs, and return what the engine's environment needs to find it.

    ``folder`` is the rehearsal's; the server's log, port and process are remembered in ``folder/moto``.
    """
    home = folder / "moto"
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    with locked(home / "lock"):
        server = _running(home) or _launch(home)
    return {ENDPOINT: f"http://127.0.0.1:{server['port']}"}


def stop(folder: Path) -> None:
    """End the server and forget all that it had; one that does not run is no error."""
    home = folder / "moto"
    if not home.is_dir():
        return
    with locked(home / "lock"):
        if server := _running(home):
            process.stop(server["pid"], server["started"], patience=0.5)
    shutil.rmtree(home, ignore_errors=True)


def _running(home: Path) -> dict[str, Any] | None:
    """Return what is remembered of the server if it is still that very process."""
    try:
        found: dict[str, Any] = json.loads((home / "server.json").read_text())
    except (FileNotFoundError, ValueError):
        return None
    return found if process.started(found["pid"]) == found["started"] else None


def _launch(home: Path) -> dict[str, Any]:
    images = home / "images.json"
    write_private(images, json.dumps(machine_images()))
    # Nothing of this process's own (passphrases, tokens) stays in one that goes on for days.
    environment = {
        "PATH": os.defpath,
        "MOTO_AMIS_PATH": str(images),
        "MOTO_ENABLE_AMI_VALIDATION": "true",
        "MOTO_EC2_ENABLE_INSTANCE_TYPE_VALIDATION": "true",
    }
    port = _free_port()
    pid = process.launch(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)], home / "moto.log", environment
    )
    server = {"pid": pid, "started": process.started(pid), "port": port}
    write_private(home / "server.json", json.dumps(server))
    deadline = time.monotonic() + _START_TIMEOUT
    while not _answers(port):
        if process.started(pid) is None or time.monotonic() > deadline:
            raise PluginError(f"moto's server did not come up; its log is {home / 'moto.log'}")
        time.sleep(0.05)
    return server


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/moto-api/data.json", timeout=2):
            return True
    except (urllib.error.URLError, OSError):
        return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def machine_images() -> list[dict[str, Any]]:
    """Return the machine images as moto takes them from a file."""
    table = data(_PACKAGE, "images")
    return [
        {
            "ami_id": image["id"],
            "name": image["name"],
            "description": image["name"],
            "architecture": image["architecture"],
            "creation_date": f"{image['created']}T00:00:00.000Z",
            "owner_id": table["owner"],
            "image_location": f"{table['owner']}/{image['name']}",
            "image_type": "machine",
            "public": True,
            "root_device_name": table["root_device"],
            "root_device_type": "ebs",
            "virtualization_type": table["virtualization"],
            "hypervisor": "xen",
            "state": "available",
        }
        for image in table["images"]
    ]
