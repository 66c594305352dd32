"""Puts the plugin where the engine looks for provider plugins, unless Pulumi's own is there."""

import os
import shlex
import sys
from pathlib import Path

from crosscloud.paths import ROOT

#: The version that the SDK in requirements.txt asks for: the engine takes a plugin of that version, or a newer one.
VERSION = "4.34.2"
#: What marks a launcher as ours, so that it may be written again and Pulumi's own is never touched.
_MARK = "# crosscloud: the embedded Kubernetes provider plugin"
_NAME = "pulumi-resource-kubernetes"


def install(pulumi_home: Path) -> Path | None:
    """Write the launcher below ``pulumi_home/plugins``; return it, or ``None`` when Pulumi's own plugin is installed.

    The launcher runs this checkout with this Python; installing again after either has moved mends it.
    """
    plugins = pulumi_home / "plugins"
    if any(not _is_ours(own) for own in plugins.glob(f"resource-kubernetes-v*/{_NAME}")):
        return None
    launcher = plugins / f"resource-kubernetes-v{VERSION}" / _NAME
    launcher.parent.mkdir(parents=True, exist_ok=True)
    text = (
        f"#!/bin/sh\n{_MARK}\n"
        f'PYTHONPATH={shlex.quote(str(ROOT))}${{PYTHONPATH:+":$PYTHONPATH"}} '
        f'exec {shlex.quote(sys.executable)} -P -m crosscloud.plugins.kubernetes "$@"\n'
    )
    temporary = launcher.with_name(f".{_NAME}.{os.getpid()}")
    temporary.write_text(text)
    temporary.chmod(0o755)
    temporary.replace(launcher)
    return launcher


def _is_ours(plugin: Path) -> bool:
    with plugin.open("rb") as file:
        return _MARK.encode() in file.read(200)
