"""Finding or installing the Pulumi engine, in the order of how genuine it is as a whole.

1. ``pulumi`` on PATH, if it is new enough: the user's own, with its language host and plugins.
2. Pulumi's own installer, where it can be reached.
3. The engine built from its Go modules, with our language host, and our Kubernetes plugin where there is no genuine
   one.
"""

import contextlib
import os
import shutil
import socket
import stat
import subprocess
import sys
from pathlib import Path

from crosscloud import paths
from crosscloud.engine.tools import CRANE, HELM, PULUMI, install

#: The oldest engine that the SDKs of requirements.txt were seen to run with.
MINIMUM = (3, 220, 0)
_INSTALLER = "get.pulumi.com"
_LANGUAGE_HOST = "pulumi-language-python"


def prepare() -> None:
    """Make engine, helm and crane ready; quick when they are."""
    if not _usable(shutil.which("pulumi", path=_path_without_ours())):
        embedded = paths.tools() / "bin" / _LANGUAGE_HOST
        if not embedded.exists() and _reachable(_INSTALLER) and _install_release():
            pass
        elif not _usable(str(paths.tools() / "bin" / "pulumi")) or embedded.exists():
            _install_embedded()
    for tool in (HELM, CRANE):
        install(tool)


def _install_embedded() -> None:
    install(PULUMI)
    write_launchers()


def write_launchers() -> None:
    """Write what the embedded engine starts: the language host, and our Kubernetes plugin unless Pulumi's is there."""
    host = paths.tools() / "bin" / _LANGUAGE_HOST
    launcher = (
        "#!/bin/sh\n"
        "# The engine's language host: runs Python programs with this checkout's virtual environment.\n"
        "unset PYTHONDONTWRITEBYTECODE\n"
        f'exec "{sys.executable}" -m crosscloud.engine.language_host "$@"\n'
    )
    if not host.exists() or host.read_text() != launcher:
        host.write_text(launcher)
        host.chmod(host.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
    from crosscloud.plugins.kubernetes.installation import install as install_kubernetes

    install_kubernetes(Path(os.environ.get("PULUMI_HOME") or paths.tools() / "pulumi"))


def _install_release() -> bool:
    """Install Pulumi's release into the project's folder; tell whether that worked."""
    from pulumi.automation import PulumiCommand

    print("==> installing Pulumi by its own installer", flush=True)
    try:
        PulumiCommand.install(root=str(paths.home()))
    except Exception as error:  # whatever its script runs into, the engine can be built instead
        print(
            f"    that did not work ({str(error).splitlines()[0] if str(error) else type(error).__name__})", flush=True
        )
        return False
    return True


def _usable(command: str | None) -> bool:
    return bool(command) and version(str(command)) >= MINIMUM


def version(command: str) -> tuple[int, ...]:
    """Return the version of a ``pulumi`` command; ``(0,)`` of one that does not run."""
    environment = {**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"}
    try:
        done = subprocess.run([command, "version"], capture_output=True, text=True, check=True, env=environment)
        return tuple(int(part) for part in done.stdout.strip().removeprefix("v").split("-")[0].split(".")[:3])
    except (OSError, subprocess.CalledProcessError, ValueError):
        return (0,)


def _path_without_ours() -> str:
    ours = str(paths.tools() / "bin")
    return os.pathsep.join(p for p in os.environ.get("PATH", os.defpath).split(os.pathsep) if p != ours)


def _reachable(host: str) -> bool:
    with contextlib.suppress(OSError), socket.create_connection((host, 443), timeout=3):
        return True
    return False
