"""Machines: create, look at, stop and delete. How one is started is `nspawn`'s business, what is in it `image`'s."""

import hashlib
import os
import secrets
import shutil
import signal
import string
import uuid
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

from crosscloud.locking import locked
from crosscloud.machines import (
    addresses,
    bootlog,
    commands,
    image,
    networks,
    nspawn,
    processes,
    requirements,
    seed,
    services,
    store,
)
from crosscloud.machines.errors import MachineError
from crosscloud.machines.store import Machine, Network

#: A machine's first unit sets its address; it takes well under a second on an idle host.
START_TIMEOUT = 60.0
_SUFFIX = 5


def create(  # noqa: PLR0913 - a machine has no fewer
    name: str,
    network_id: str,
    user_data: str | bytes,
    *,
    urn: str = "",
    address: str | None = None,
    hostname: str = "",
    files: Mapping[str, str] | None = None,
    report: Callable[[str], None] = lambda _line: None,
) -> Machine:
    """Boot a machine and return when its init runs and its network is up; cloud-init goes on by itself.

    ``name`` is a prefix: the host name gets a random suffix, so that a machine is never mistaken for the one that it
    replaces; ``hostname`` is one to be had as it is. ``files`` are texts by path that it finds on its disk. A machine
    that an interrupted creation left for the same ``urn`` is taken over if it was made of the same inputs and runs, and
    removed otherwise. ``report`` is told what takes long (making the image, the first time).
    """
    requirements.ensure("boot a machine")
    network = networks.get(network_id)
    if network is None:
        raise MachineError(f"the machine {name} can't be made: its network {network_id} does not exist (any more)")
    made_of = image.ensure(report)
    inputs: dict[str, Any] = {
        "name": name,
        "network": network_id,
        "address": address,
        "userData": hashlib.sha256(user_data.encode() if isinstance(user_data, str) else user_data).hexdigest(),
    }
    if hostname or files:
        inputs |= {"hostname": hostname, "files": dict(files or {})}
    # The process of a killed run may still be at work for a moment: whoever comes next waits for its end.
    with _lock(urn or secrets.token_hex(8)):
        left = _take_over(urn, inputs)
        if left is not None:
            return left
        with locked(store.machines_home() / "lock"):
            machine = _record(network, urn, inputs)
        try:
            _boot(machine, network, made_of, user_data)
        except BaseException:
            delete(machine.id)
            raise
    return machine


def get(identifier: str) -> Machine | None:
    """Return the machine's record, or None if there is none."""
    return store.load(Machine, identifier)


def running(machine: Machine) -> bool:
    """Tell whether the machine is whole: its init and the systemd-nspawn that watches it both live."""
    return machine.phase == store.READY and processes.alive(machine.leader) and processes.alive(machine.supervisor)


def boot_log(machine: Machine) -> Path:
    """Return the file that holds all that the machine wrote to its console, cloud-init's output included."""
    return store.folder(Machine, machine.id) / "console.log"


def stop(machine: Machine, grace: float = 10.0) -> None:
    """Power the machine off, and cut its power if it takes longer than ``grace`` seconds; its disk stays."""
    if processes.alive(machine.leader) and grace > 0:
        os.kill(machine.leader[0], signal.SIGRTMIN + 4)  # systemd's "power off" in a container
        processes.wait_until(lambda: not processes.alive(machine.leader), grace)
    _end(machine)


def delete(identifier: str, grace: float = 0.0) -> None:
    """Remove the machine and every trace of it, in whatever state it is.

    Its disk goes with it, so by default it isn't given time to write to it.
    """
    machine = store.load(Machine, identifier)
    if machine is None:
        return
    stop(machine, grace)
    for place in (Path("/run/systemd/nspawn/propagate"), Path("/run/systemd/nspawn/unix-export")):
        shutil.rmtree(place / identifier, ignore_errors=True)
    for mark in Path("/run/systemd/nspawn/locks").glob(f"*{identifier}*"):
        mark.unlink(missing_ok=True)
    store.forget(machine)


def _lock(urn: str) -> AbstractContextManager[None]:
    return locked(store.machines_home() / "locks" / hashlib.sha256(urn.encode()).hexdigest()[:16])


def _take_over(urn: str, inputs: dict[str, Any]) -> Machine | None:
    for left in store.everything(Machine):
        if urn and left.urn == urn:
            if left.inputs == inputs and running(left):
                return left
            delete(left.id)
    return None


def _record(network: Network, urn: str, inputs: dict[str, Any]) -> Machine:
    name = inputs["name"]
    suffix = "".join(secrets.choice(string.ascii_lowercase + string.digits) for _ in range(_SUFFIX))
    neighbours = store.addresses(network.id)
    machine = Machine(
        id=f"{name}-{suffix}",
        urn=urn,
        inputs=inputs,
        network=network.id,
        address=addresses.pick_machine(
            IPv4Network(network.cidr), neighbours, inputs["address"], name, anywhere=network.guard is not None
        ),
        machine_id=uuid.uuid4().hex,
        hostname=inputs.get("hostname", ""),
    )
    store.save(machine)
    return machine


def _boot(machine: Machine, network: Network, made_of: image.Image, user_data: str | bytes) -> None:
    folder = store.folder(Machine, machine.id)
    for inner in ("upper", "work", "root", *nspawn.REAL_FOLDERS):
        (folder / inner).mkdir()
        (folder / inner).chmod(0o755)
    seed.write(folder / "upper", machine, network, user_data, machine.inputs.get("files"))
    os.close(os.open(boot_log(machine), os.O_WRONLY | os.O_CREAT, 0o600))
    command = nspawn.command(
        name=machine.id,
        hostname=machine.hostname,
        machine_id=machine.machine_id,
        bridge=network.bridge,
        folder=folder,
        image=made_of,
        kmsg=Path("/dev/kmsg").exists(),
    )
    log = boot_log(machine).name
    machine.supervisor = services.start(machine.unit, command, folder=folder, log=log, environment=nspawn.ENVIRONMENT)
    _await_start(machine)
    machine.phase = store.READY
    store.save(machine)


def _await_start(machine: Machine) -> None:
    """Wait until the machine's init runs with its address set; fill in the record's leader and link."""

    def settled() -> bool:
        if not processes.alive(machine.leader):
            pid = processes.container_init(machine.unit)
            machine.leader = processes.identify(pid) if pid is not None else []
        return _has_address(machine) or not processes.alive(machine.supervisor)

    done = processes.wait_until(settled, START_TIMEOUT)
    if not done or not _has_address(machine):
        reason = "ended while it booted" if done else "did not come up in time"
        raise MachineError(
            f"the machine {machine.id} {reason}. Its boot log ends with:\n" + bootlog.tail(boot_log(machine))
        )
    machine.link = _host_link(machine.leader[0])


def _has_address(machine: Machine) -> bool:
    try:
        return (
            bool(machine.leader)
            and f"-- {machine.address}\n" in Path(f"/proc/{machine.leader[0]}/net/fib_trie").read_text()
        )
    except OSError:
        return False


def _host_link(leader: int) -> str:
    """Return the name of the host's end of the machine's link."""
    index = Path(f"/proc/{leader}/root/sys/class/net/host0/iflink").read_text()
    for link in Path("/sys/class/net").iterdir():
        if (link / "ifindex").exists() and (link / "ifindex").read_text() == index:
            return link.name
    return ""


def _end(machine: Machine) -> None:
    """Kill what is left of the machine: its control group, systemd-nspawn, and its link."""
    gone = processes.kill_cgroup(machine.unit)
    processes.end(machine.supervisor)
    processes.end(machine.leader)
    # The link goes with its machine, but a moment later.
    link = Path("/sys/class/net", machine.link)
    if machine.link and not processes.wait_until(lambda: not link.exists(), 2):
        commands.run(["ip", "link", "delete", machine.link], purpose=f"remove the link {machine.link}")
    if not gone:
        raise MachineError(f"the machine {machine.id} can't be ended: processes of its control group survive a kill")
