"""The machines' image: a Debian root made once by mmdebstrap, and a thin layer that makes it a machine of this host.

Both are kept below ``home()/machines/images`` under a digest of what they are made of, and are never written to again:
every machine has a layer of its own on top (see `nspawn`).
"""

import hashlib
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from crosscloud.locking import locked
from crosscloud.machines import commands
from crosscloud.machines.store import machines_home

SUITE = "bookworm"

#: What a cloud's Debian image has and our bootstrap needs, or installs there (a rehearsal's machines reach no package
#: mirror); `iputils-ping` is for people who look into a machine.
PACKAGES = (
    "bird2",
    "ca-certificates",
    "cloud-init",
    "conntrack",
    "containerd",
    "containernetworking-plugins",
    "curl",
    "dbus",
    "ethtool",
    "iproute2",
    "iptables",
    "iputils-ping",
    "jq",
    "kmod",
    "nftables",
    "procps",
    "runc",
    "socat",
    "systemd",
    "systemd-sysv",
    "util-linux",
)

#: Nobody reads these in a machine, and they are a quarter of the image.
LEFT_OUT = ("/usr/share/doc/*", "/usr/share/info/*", "/usr/share/locale/*", "/usr/share/man/*")

#: Units that have no work in a machine and cost time at every boot, or touch the host (its clock, its disks, its keys).
MASKED = (
    "apt-daily-upgrade.timer",
    "apt-daily.timer",
    "bird.service",
    "cloud-init-hotplugd.socket",
    "console-getty.service",
    "dpkg-db-backup.timer",
    "e2scrub_all.timer",
    "e2scrub_reap.service",
    "fstrim.timer",
    "getty.target",
    "systemd-ask-password-wall.path",
    "systemd-binfmt.service",
    "systemd-hwdb-update.service",
    "systemd-journal-flush.service",
    "systemd-logind.service",
    "systemd-machine-id-commit.service",
    "systemd-modules-load.service",
    "systemd-networkd.service",
    "systemd-networkd.socket",
    "systemd-networkd-wait-online.service",
    "systemd-pstore.service",
    "systemd-random-seed.service",
    "systemd-repart.service",
    "systemd-update-utmp-runlevel.service",
    "systemd-update-utmp.service",
    "systemd-user-sessions.service",
    "sys-kernel-debug.mount",
    "sys-kernel-tracing.mount",
    "sys-kernel-config.mount",
)

ROOTFS = Path(__file__).parent / "rootfs"
BUILD_TIMEOUT = 1800.0


@dataclass(frozen=True)
class Image:
    """The two read-only folders that machines are made of; ``layer`` lies over ``base``."""

    base: Path
    layer: Path


def packages_key() -> str:
    """Return the digest of the base's recipe."""
    return _digest(SUITE, *PACKAGES, *LEFT_OUT)


def layer_key() -> str:
    """Return the digest of the layer's files and masked units."""
    files = sorted(path for path in ROOTFS.rglob("*") if path.is_file())
    contents = (f"{path.relative_to(ROOTFS)}={path.read_text()}" for path in files)
    return _digest(*MASKED, *contents)


def ensure(report: Callable[[str], None] = lambda _line: None) -> Image:
    """Return the image, made now if it does not exist yet; ``report`` is told what takes time."""
    images = machines_home() / "images"
    base, layer = images / packages_key() / "root", images / f"layer-{layer_key()}" / "root"
    images.mkdir(parents=True, exist_ok=True)
    with locked(images / "lock"):
        _complete(base, lambda folder: _bootstrap(folder, report))
        _complete(layer, _compose_layer)
    return Image(base=base, layer=layer)


def _complete(root: Path, make: Callable[[Path], None]) -> None:
    """Have ``make`` fill a folder that gets its name only when it is whole: a killed build is begun anew."""
    if root.is_dir():
        return
    unfinished = root.parent.with_name(f"{root.parent.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    (unfinished / "root").parent.mkdir(parents=True)
    make(unfinished / "root")
    unfinished.rename(root.parent)


def _bootstrap(folder: Path, report: Callable[[str], None]) -> None:
    report(f"building the machines' image (Debian {SUITE}, {len(PACKAGES)} packages), once")
    # mmdebstrap takes spaces and colons in its target as part of something else, so it is given a plain relative name.
    commands.run(
        [
            "mmdebstrap",
            "--mode=root",
            "--variant=minbase",
            "--format=directory",
            *(f"--dpkgopt=path-exclude={pattern}" for pattern in LEFT_OUT),
            # The image is made again if the host loses power while it is written: no need to flush each file.
            "--dpkgopt=force-unsafe-io",
            f"--include={','.join(PACKAGES)}",
            SUITE,
            folder.name,
        ],
        purpose="build the machines' image",
        folder=folder.parent,
        environment={**os.environ, "TMPDIR": "/tmp", "LC_ALL": "C"},  # noqa: S108 - mmdebstrap's own scratch folder
        timeout=BUILD_TIMEOUT,
    )
    for stale in ("etc/machine-id", "var/lib/dbus/machine-id", "etc/hostname", "etc/resolv.conf"):
        (folder / stale).unlink(missing_ok=True)


def _compose_layer(folder: Path) -> None:
    shutil.copytree(ROOTFS, folder)
    units = folder / "etc/systemd/system"
    for unit in MASKED:
        (units / unit).symlink_to("/dev/null")
    wanted = units / "sysinit.target.wants"
    wanted.mkdir()
    (wanted / "crosscloud-machine.service").symlink_to("../crosscloud-machine.service")
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            os.chown(path, 0, 0)
            path.chmod(0o755 if path.is_dir() else 0o644)


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:12]
