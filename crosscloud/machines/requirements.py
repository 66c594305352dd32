"""What a host needs to run machines: checked before anything is made, and shown by `crosscloud doctor`."""

import os
import platform
import shutil
from dataclasses import dataclass
from pathlib import Path

from crosscloud import container
from crosscloud.machines import commands, host, store
from crosscloud.machines.errors import MachineError

#: Tool, its Debian package.
TOOLS = (
    ("systemd-nspawn", "systemd-container"),
    ("mmdebstrap", "mmdebstrap"),
    ("nft", "nftables"),
    ("ip", "iproute2"),
    ("haproxy", "haproxy"),
    ("unshare", "util-linux"),
    ("setsid", "util-linux"),
)
#: The image takes 0.5 GB, the images of a cluster's pods about 2 GB on each machine.
DISK_GIB = 10
#: A cluster of two machines with all that is deployed into it took 1.3 GB.
MEMORY_GIB = 3
#: Bits of capabilities(7) that machines need: CAP_NET_ADMIN, CAP_SYS_ADMIN, CAP_SYS_CHROOT.
CAPABILITIES = {"CAP_NET_ADMIN": 12, "CAP_SYS_ADMIN": 21, "CAP_SYS_CHROOT": 18}
ALTERNATIVE = "Without them a cluster that you already have can be used: `crosscloud:cloud: existing`."
_IN_IMAGE = "a container of the runner image, which is for clouds (`make up` in a checkout is for machines),"


@dataclass(frozen=True)
class Requirement:
    """One thing a host has or lacks. ``remedy`` says how to get it, and is empty where ``ok``."""

    name: str
    ok: bool
    state: str
    remedy: str = ""


def requirements() -> list[Requirement]:
    """Return everything that machines need, with what was found."""
    linux = platform.system() == "Linux"
    found = [_need("Linux", linux, platform.system(), "run it on a Linux machine, virtual or not")]
    if not linux:
        return found
    return [*found, _rights(), *map(_tool, TOOLS), *_kernel(), _cgroups(), _file_system(), _disk(), _memory()]


def ensure(what: str) -> None:
    """Raise one error that names all that is missing to ``what`` ("boot a machine")."""
    missing = [one for one in requirements() if not one.ok]
    if missing:
        lines = [f"  {one.name}: {one.state}; {one.remedy}" for one in missing]
        where = _IN_IMAGE if container.active() else "this host"
        raise MachineError(f"{where} can't {what}, it lacks:\n" + "\n".join(lines) + f"\n{ALTERNATIVE}")


def _need(name: str, ok: bool, state: str, remedy: str) -> Requirement:
    return Requirement(name, ok, state, "" if ok else remedy)


def _rights() -> Requirement:
    if os.geteuid() != 0:
        return _need("root", False, "not root", "run it as root (sudo)")
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("CapEff:"))
    mask = int(line.split()[1], 16)
    lacking = [name for name, bit in CAPABILITIES.items() if not mask >> bit & 1]
    state = f"root without {', '.join(lacking)}" if lacking else "root"
    return _need("root", not lacking, state, "run it outside the container, or give the container --privileged")


def _tool(entry: tuple[str, str]) -> Requirement:
    tool, package = entry
    place = commands.find(tool)
    return _need(tool, place is not None, place or "not installed", f"apt-get install {package}")


def _kernel() -> list[Requirement]:
    supported = Path("/proc/filesystems").read_text().split()
    # Modules are loaded on first use; one that is neither loaded nor on disk can't be.
    return [
        _need(name, name in supported or _module_exists(name) or is_there.exists(), "kernel support", remedy)
        for name, is_there, remedy in (
            ("overlay", Path("/sys/module/overlay"), "modprobe overlay"),
            ("bridge", Path("/sys/module/bridge"), "modprobe bridge"),
            ("veth", Path("/sys/module/veth"), "modprobe veth"),
            ("nf_tables", Path("/sys/module/nf_tables"), "modprobe nf_tables"),
            ("vxlan", Path("/sys/module/vxlan"), "modprobe vxlan"),
        )
    ]


def _module_exists(name: str) -> bool:
    folder = Path("/lib/modules", platform.release())
    for listing in ("modules.builtin", "modules.dep"):
        file = folder / listing
        if file.exists() and f"/{name}.ko" in file.read_text():
            return True
    # A kernel without modules has everything built in, and says so by having no folder of them.
    return not folder.exists()


def _cgroups() -> Requirement:
    version = host.cgroup_version()
    kind = {0: "not mounted", 1: "version 1 (hybrid)", 2: "version 2"}[version]
    return _need("control groups", version > 0, kind, "mount them on /sys/fs/cgroup")


def _file_system() -> Requirement:
    home = _existing(store.machines_home())
    best, kind = Path("/"), "unknown"
    for line in Path("/proc/self/mounts").read_text().splitlines():
        _, place, this_kind, *_ = line.split()
        mount = Path(place.replace("\\040", " "))
        if home.is_relative_to(mount) and len(mount.parts) >= len(best.parts):
            best, kind = mount, this_kind
    suitable = kind not in ("overlay", "nfs", "nfs4", "vfat", "9p")
    return _need(
        "file system", suitable, f"{kind} below {home}", "set CROSSCLOUD_HOME to a folder on ext4, xfs or btrfs"
    )


def _disk() -> Requirement:
    free = shutil.disk_usage(_existing(store.machines_home())).free / 2**30
    return _need(
        "disk", free >= DISK_GIB, f"{free:.0f} GiB free", f"free {DISK_GIB} GiB, or set CROSSCLOUD_HOME elsewhere"
    )


def _memory() -> Requirement:
    line = next(line for line in Path("/proc/meminfo").read_text().splitlines() if line.startswith("MemTotal"))
    total = int(line.split()[1]) / 2**20
    return _need("memory", total >= MEMORY_GIB, f"{total:.1f} GiB", f"a cluster of two machines needs {MEMORY_GIB} GiB")


def _existing(folder: Path) -> Path:
    while not folder.exists():
        folder = folder.parent
    return folder
