"""What a host lacks is said before anything is made, all of it at once, with a way on."""

import os
import platform
from pathlib import Path

import pytest

from crosscloud.machines import commands, host, instances, networks, requirements
from crosscloud.machines.errors import MachineError


def test_another_system_than_linux_needs_nothing_else_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "system", lambda: "Darwin")
    assert [(one.name, one.ok, one.state) for one in requirements.requirements()] == [("Linux", False, "Darwin")]


def test_everything_that_is_missing_is_named_at_once_with_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(
        commands, "find", lambda tool: None if tool in ("systemd-nspawn", "nft") else f"/usr/bin/{tool}"
    )
    with pytest.raises(MachineError) as caught:
        requirements.ensure("boot a machine")
    message = str(caught.value)
    assert "can't boot a machine" in message
    assert "root: not root; run it as root (sudo)" in message
    assert "apt-get install systemd-container" in message
    assert "apt-get install nftables" in message
    assert "haproxy" not in message
    assert "cloud: existing" in message


@pytest.mark.usefixtures("home")
def test_nothing_is_made_on_a_host_that_can_not_run_machines(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(MachineError, match="cloud: existing"):
        networks.create("n")
    with pytest.raises(MachineError, match="cloud: existing"):
        instances.create("m", "some-network", "#cloud-config\n")
    assert not (home / "machines").exists()


def test_a_host_without_control_groups_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host, "cgroup_mounts", list)
    lacking = [one.name for one in requirements.requirements() if not one.ok]
    assert "control groups" in lacking


@pytest.mark.parametrize(
    ("mounts", "version"),
    [
        ("cgroup2 /sys/fs/cgroup cgroup2 rw 0 0\n", 2),
        (
            "tmpfs /sys/fs/cgroup tmpfs rw 0 0\n"
            "cgroup /sys/fs/cgroup/cpu cgroup rw 0 0\n"
            "cgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0\n",
            1,
        ),
        ("cgroup2 /somewhere/else cgroup2 rw 0 0\n", 0),
    ],
)
def test_the_version_of_control_groups_is_seen(mounts: str, version: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "read_text", lambda _self: mounts)
    assert host.cgroup_version() == version


def test_a_missing_tool_is_an_error_that_names_it() -> None:
    with pytest.raises(MachineError, match="cannot do it: `no-such-tool` is not installed"):
        commands.run(["no-such-tool"], purpose="do it")


def test_a_failing_tool_is_quoted() -> None:
    with pytest.raises(MachineError, match=r"cannot do it: `sh` failed \(3\): why"):
        commands.run(["sh", "-c", "echo why >&2; exit 3"], purpose="do it")


def test_a_tool_that_hangs_is_given_up() -> None:
    with pytest.raises(MachineError, match="did not end within 0 s"):
        commands.run(["sleep", "30"], purpose="do it", timeout=0.2)
