"""How one machine is started: the command line of systemd-nspawn, and what is wrapped around it.

The machine's root is an overlay (its own layer over the image's) that is mounted in a mount namespace made for it, so the
mount is gone when the machine is, however it ended. The whole outlives whoever started it.
"""

import os
from collections.abc import Sequence
from pathlib import Path

from crosscloud.machines import commands, host, processes
from crosscloud.machines.image import Image

#: Folders that need a real file system below them: an overlay can't carry another one, and etcd wants honest flushes.
REAL_FOLDERS = {"containerd": "/var/lib/containerd", "kubelet": "/var/lib/kubelet", "etcd": "/var/lib/etcd"}

#: System calls that containers' programs make and systemd-nspawn forbids by default.
SYSTEM_CALLS = "bpf perf_event_open keyctl add_key"

#: /proc/sys/net belongs to the machine's own network and is writable; the rest of /proc/sys stays the host's.
SWITCHES = {"SYSTEMD_NSPAWN_API_VFS_WRITABLE": "network"}

#: Run by `sh` in the machine's folder. Relative paths: a checkout's path may hold characters that mount options can't.
#: $1: the machine's folder, $2: the base, $3: the layer (both relative to it), $4: number of cgroup files that follow.
_LAUNCH = """
cd "$1" || exit 1
echo $$ >pid
exec >>console.log 2>&1 </dev/null
options="lowerdir=$3:$2,upperdir=upper,workdir=work"
count="$4"; shift 4
while [ "$count" -gt 0 ]; do echo $$ >"$1" || exit 1; shift; count=$((count - 1)); done
mount -t overlay -o "$options" crosscloud root || exit 1
exec "$@"
"""


def arguments(*, name: str, machine_id: str, bridge: str, folder: Path, kmsg: bool) -> list[str]:
    """Return the systemd-nspawn command for a machine whose folder is ``folder``; ``kmsg``: the host has /dev/kmsg."""
    binds = [f"--bind={_escape(folder / inner)}:{outer}" for inner, outer in REAL_FOLDERS.items()]
    return [
        "systemd-nspawn",
        "--quiet",
        "--boot",
        # Not --register: machined may not run, and our own record and control group say all that is needed.
        "--register=no",
        "--keep-unit",
        f"--directory={folder / 'root'}",
        f"--machine={name}",
        f"--hostname={name}",
        f"--uuid={machine_id}",
        f"--network-bridge={bridge}",
        "--capability=all",
        f"--system-call-filter={SYSTEM_CALLS}",
        "--resolv-conf=off",
        "--timezone=off",
        "--link-journal=no",
        "--console=read-only",
        *binds,
        *(["--bind-ro=/dev/kmsg"] if kmsg else []),  # kubelet watches for processes that the kernel killed
    ]


def start(*, name: str, unit: str, image: Image, folder: Path, command: Sequence[str]) -> None:
    """Start ``command`` in the machine's folder, in the control group ``unit``, detached from this process.

    With systemd as PID 1 it becomes a service of its own with delegated control groups; otherwise a session of its own
    in control groups that are made here.
    """
    joining = [] if host.systemd_is_pid1() else processes.make_cgroup(unit)
    launch = [
        *("unshare", "--mount", "--propagation", "slave", "sh", "-c", _LAUNCH, "sh", str(folder)),
        *(os.path.relpath(part, folder) for part in (image.base, image.layer)),
        str(len(joining)),
        *(str(file) for file in joining),
        *command,
    ]
    if host.systemd_is_pid1():
        _as_service(name, unit, launch)
        return
    # Nothing of this process's environment (its passphrase, its tokens) stays in the one that goes on for weeks.
    commands.run(
        ["setsid", "--fork", *launch], purpose=f"start the machine {name}", environment={"PATH": commands.SEARCH_PATH, **SWITCHES}
    )


def _as_service(name: str, unit: str, launch: Sequence[str]) -> None:
    commands.run(
        [
            *("systemd-run", "--quiet", "--collect", "--no-block", f"--unit={unit}.service"),
            f"--description=crosscloud machine {name}",
            *("--property=Delegate=yes", "--property=KillMode=mixed", "--property=TasksMax=infinity"),
            "--property=LimitNOFILE=1048576",
            *(f"--setenv={key}={value}" for key, value in SWITCHES.items()),
            *launch,
        ],
        purpose=f"start the machine {name}",
    )


def _escape(path: Path) -> str:
    return str(path).replace("\\", "\\\\").replace(":", "\\:")
