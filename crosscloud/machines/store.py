"""What is known about networks, machines and load balancers: one JSON file each, below ``home()/machines``.

A record is written before anything is made on the host and removed after everything is gone, so that whatever a killed
process leaves behind can be found and either taken over or removed.
"""

import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from crosscloud import paths

CREATING = "creating"
READY = "ready"


def machines_home() -> Path:
    """Return the folder of everything in this package: images, networks, machines, load balancers."""
    return paths.home() / "machines"


def home_key() -> str:
    """Return six hex digits that mark everything of this checkout on the host: bridges, tables, control groups.

    What a lost record no longer tells is found by it, and two checkouts never take each other's for their own.
    """
    return hashlib.sha256(str(machines_home()).encode()).hexdigest()[:6]


def new_id() -> str:
    """Return the id of a new network or load balancer: `home_key` and six random hex digits."""
    return home_key() + secrets.token_hex(3)


@dataclass
class Record:
    """What every record has: ``id`` is the folder's name, ``urn`` the Pulumi resource that it belongs to.

    ``inputs`` is what was asked for, by which a later create recognises it; ``phase`` is `CREATING` until it is whole.
    """

    id: str
    urn: str
    inputs: dict[str, Any]
    phase: str = CREATING


@dataclass
class Network(Record):
    """A bridge with a /24 or so, its gateway address on the host, and the nft table that guards it."""

    cidr: str = ""
    gateway: str = ""
    #: Addresses outside of its range that lead into it (see `networks.lead`), by what they lead to.
    led: dict[str, dict[str, str]] = field(default_factory=dict)
    #: What may pass in it (see `guard`); None where all machines reach each other.
    guard: dict[str, Any] | None = None

    @property
    def bridge(self) -> str:
        """Name of the Linux bridge (15 characters is the kernel's limit)."""
        return f"cc-{self.id}"

    @property
    def table(self) -> str:
        """Name of the nft table (family ip)."""
        return f"crosscloud-{self.id}"


@dataclass
class Machine(Record):
    """A running (or once running) machine. Its ``id`` is its host name, unless it was given one.

    A process is known by its number and its start time in clock ticks since boot, since numbers are used again.
    """

    network: str = ""
    address: str = ""
    machine_id: str = ""
    supervisor: list[int] = field(default_factory=list)
    leader: list[int] = field(default_factory=list)
    link: str = ""
    hostname: str = ""

    @property
    def unit(self) -> str:
        """Name of the control group (and of the service, where systemd is PID 1)."""
        return f"crosscloud-{home_key()}-{self.id}"


@dataclass
class Balancer(Record):
    """A haproxy process on an address of its own."""

    network: str = ""
    address: str = ""
    port: int = 0
    #: 0: the same as ``port``.
    target_port: int = 0
    #: Whether its connections to targets have its own address, rather than the network's gateway's.
    own_source: bool = False
    targets: list[str] = field(default_factory=list)
    process: list[int] = field(default_factory=list)

    @property
    def unit(self) -> str:
        """Name of the control group (and of the service, where systemd is PID 1)."""
        return f"crosscloud-{home_key()}-lb-{self.id}"


R = TypeVar("R", bound=Record)
FOLDERS: Mapping[type[Record], str] = {Network: "networks", Machine: "machines", Balancer: "balancers"}


def folder(kind: type[Record], identifier: str) -> Path:
    """Return the folder that holds the record of ``identifier`` and whatever else belongs to it."""
    return machines_home() / FOLDERS[kind] / identifier


def save(record: Record) -> None:
    """Write ``record`` so that a reader sees the old or the new one, never half of it; only root may read it."""
    place = folder(type(record), record.id)
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_private(place / "record.json", json.dumps(asdict(record), indent=1))


def write_private(file: Path, content: str | bytes) -> None:
    """Replace ``file`` in one step, readable by its owner alone from its first byte on."""
    temporary = file.with_name(f".{file.name}.{os.getpid()}")
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as handle:
        handle.write(content.encode() if isinstance(content, str) else content)
        handle.flush()
        os.fsync(handle.fileno())
    temporary.replace(file)


def load(kind: type[R], identifier: str) -> R | None:
    """Return the record, or None if there is none."""
    try:
        text = (folder(kind, identifier) / "record.json").read_text()
    except FileNotFoundError:
        return None
    return kind(**json.loads(text))


def addresses(network: str = "") -> list[str]:
    """Return the addresses of all machines and load balancers, or of those of one network."""
    found: list[Machine | Balancer] = [*everything(Machine), *everything(Balancer)]
    return [one.address for one in found if network in ("", one.network)]


def everything(kind: type[R]) -> list[R]:
    """Return all records of one kind, in the order of their ids."""
    place = machines_home() / FOLDERS[kind]
    found = [load(kind, entry.name) for entry in sorted(place.iterdir())] if place.is_dir() else []
    return [record for record in found if record is not None]


def forget(record: Record) -> None:
    """Remove the record and its folder; the record goes last, so that an interrupted removal is taken up again."""
    place = folder(type(record), record.id)
    if not place.is_dir():
        return
    for entry in place.iterdir():
        if entry.name == "record.json":
            continue
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()
    shutil.rmtree(place)
