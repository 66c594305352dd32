"""Settings of the whole host that machines need, and that are set back when the last network on the host goes.

What a setting was before is kept in the name of an empty nft table: every checkout on the host sees it, and after a
reboot it is gone as the setting itself is.
"""

from dataclasses import dataclass
from pathlib import Path

from crosscloud.machines import nft


@dataclass(frozen=True)
class Setting:
    """A number below /proc/sys that has to be at least ``least``; ``key`` is what it is called in the table's name."""

    key: str
    file: Path
    least: int


#: Packets are routed between a network and the outside only with it.
FORWARDING = Setting("forwarding", Path("/proc/sys/net/ipv4/ip_forward"), 1)
#: Debian allows a user 128, and root is one user in all machines together: a control plane takes 24 of them and a
#: worker 14, so that four clusters of two machines stop with "too many open files".
INOTIFY = Setting("inotify", Path("/proc/sys/fs/inotify/max_user_instances"), 1024)
_ALL = (FORWARDING, INOTIFY)


def ensure(setting: Setting) -> None:
    """Raise the setting to what is needed, if it is lower; the first to do so keeps what it was."""
    value = int(setting.file.read_text())
    if value >= setting.least:
        return
    if before(setting) is None:
        nft.apply(f"table ip {_mark(setting)}{value}\n", f"remember {setting.file}")
    setting.file.write_text(str(setting.least))


def before(setting: Setting) -> str | None:
    """Return what the setting was before the first of us changed it, or None if nobody did."""
    marks = [name for name in nft.all_tables() if name.startswith(_mark(setting))]
    return marks[0].removeprefix(_mark(setting)) if marks else None


def restore() -> None:
    """Set everything back, if no network of ours, of any checkout, is left on the host."""
    if nft.tables():
        return
    for setting in _ALL:
        value = before(setting)
        if value is not None:
            setting.file.write_text(value)
            nft.remove(f"{_mark(setting)}{value}")


def _mark(setting: Setting) -> str:
    return f"crosscloud-{setting.key}{nft.MARK}"
