"""How one machine is started: the command line of systemd-nspawn, and the root that it is given.

The machine's root is an overlay (its own layer over the image's) that is mounted in a mount namespace made for it, so
the mount is gone when the machine is, however it ended.
"""

import os
from pathlib import Path

from crosscloud.machines.image import Image

#: Folders that need a real file system below them: an overlay can't carry another one, and etcd wants honest flushes.
REAL_FOLDERS = {"containerd": "/var/lib/containerd", "kubelet": "/var/lib/kubelet", "etcd": "/var/lib/etcd"}

#: System calls that containers' programs make and systemd-nspawn forbids by default.
SYSTEM_CALLS = "bpf perf_event_open keyctl add_key"

#: /proc/sys/net belongs to the machine's own network and is writable; the rest of /proc/sys stays the host's.
ENVIRONMENT = {"SYSTEMD_NSPAWN_API_VFS_WRITABLE": "network"}

#: Run by `sh` in the machine's folder; $1: the base, $2: the layer, both relative to it, since a checkout's path may
#: hold characters that mount options can't.
_MOUNT = (
    'mount -t overlay -o "lowerdir=$2:$1,upperdir=upper,workdir=work" crosscloud root || exit 1; shift 2; exec "$@"'
)


def command(  # noqa: PLR0913 - a machine has no fewer
    *, name: str, hostname: str = "", machine_id: str, bridge: str, folder: Path, image: Image, kmsg: bool
) -> list[str]:
    """Return what starts a machine when it is run in ``folder``; ``kmsg``: the host has /dev/kmsg.

    ``name`` tells it from all machines of the host, ``hostname`` (the same by default) is what it calls itself.
    """
    return [
        *("unshare", "--mount", "--propagation", "slave", "sh", "-c", _MOUNT, "sh"),
        *(os.path.relpath(part, folder) for part in (image.base, image.layer)),
        *_nspawn((name, hostname or name), machine_id, bridge, folder, kmsg),
    ]


def _nspawn(names: tuple[str, str], machine_id: str, bridge: str, folder: Path, kmsg: bool) -> list[str]:
    return [
        "systemd-nspawn",
        "--quiet",
        "--boot",
        # Not registered: machined may not run, and our own record and control group say all that is needed.
        "--register=no",
        "--keep-unit",
        f"--directory={folder / 'root'}",
        f"--machine={names[0]}",
        f"--hostname={names[1]}",
        f"--uuid={machine_id}",
        f"--network-bridge={bridge}",
        "--capability=all",
        f"--system-call-filter={SYSTEM_CALLS}",
        "--resolv-conf=off",
        "--timezone=off",
        "--link-journal=no",
        "--console=read-only",
        *(f"--bind={_escape(folder / inner)}:{outer}" for inner, outer in REAL_FOLDERS.items()),
        *(["--bind-ro=/dev/kmsg"] if kmsg else []),  # kubelet watches for processes that the kernel killed
    ]


def _escape(path: Path) -> str:
    return str(path).replace("\\", "\\\\").replace(":", "\\:")
