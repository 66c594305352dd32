"""A simulated AWS without machines: moto's server, and the plugin's resources called as the engine would call them."""

import base64
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from crosscloud.plugins.base import Call, Diff, Values
from crosscloud.plugins.simulated import Cloud, SimulatedResource
from crosscloud.plugins.simulated_aws import client, service
from crosscloud.plugins.simulated_aws.__main__ import RESOURCES

OPERATOR = "203.0.113.7"
AMD64, ARM64 = "ami-0deb1200000000002", "ami-0deb1200000000004"
TCP: dict[str, Any] = {"ipProtocol": "tcp", "fromPort": 6443, "toPort": 6443}


class Aws:
    """The plugin's resources by the names of their classes, and what was made of them."""

    def __init__(self) -> None:
        self.resources: dict[str, SimulatedResource] = {one.__name__: one() for one in RESOURCES}
        self.made: dict[tuple[str, str], tuple[Values, Values]] = {}
        self.fabric = Cloud(Path(service_folder()) / "fabric")

    def call(self, kind: str, name: str = "one") -> Call:
        return Call(urn=f"urn:pulumi:test::crosscloud::aws:{kind}::{name}", seed=name.encode())

    def wrong(self, kind: str, **inputs: Any) -> list[str]:
        """Return what is wrong with inputs, as ``path: reason``."""
        _, failures = self.resources[kind].check(self.call(kind), Values(), Values(inputs))
        return [f"{failure.property}: {failure.reason}" for failure in failures]

    def make(self, kind: str, label: str = "one", /, **inputs: Any) -> str:
        """Make a resource, called ``label`` in the program, and return its id."""
        checked, failures = self.resources[kind].check(self.call(kind, label), Values(), Values(inputs))
        assert not failures, failures
        made, outputs = self.resources[kind].create(self.call(kind, label), Values(checked))
        self.made[kind, made] = (Values(checked), Values(outputs))
        return made

    def outputs(self, kind: str, identifier: str) -> Values:
        return self.made[kind, identifier][1]

    def diff(self, kind: str, identifier: str, **changes: Any) -> Diff:
        old, outputs = self.made[kind, identifier]
        return self.resources[kind].diff(self.call(kind), identifier, old, outputs, Values({**old, **changes}))

    def change(self, kind: str, identifier: str, **changes: Any) -> Mapping[str, Any]:
        old, outputs = self.made[kind, identifier]
        new = Values({**old, **changes})
        changed = self.resources[kind].update(self.call(kind), identifier, old, outputs, new)
        self.made[kind, identifier] = (new, Values(changed))
        return changed

    def refresh(self, kind: str, identifier: str) -> Mapping[str, Any] | None:
        inputs, outputs = self.made[kind, identifier]
        return self.resources[kind].read(self.call(kind), identifier, inputs, outputs)

    def delete(self, kind: str, identifier: str) -> None:
        inputs, outputs = self.made[kind, identifier]
        self.resources[kind].delete(self.call(kind), identifier, inputs, outputs)

    # What most tests start from

    def network(self, cidr: str = "10.0.0.0/16") -> str:
        return self.make("Vpc", cidrBlock=cidr)

    def subnet(self, vpc: str, cidr: str = "10.0.0.0/20", zone: str = "us-east-1a", **more: Any) -> str:
        return self.make("Subnet", vpcId=vpc, cidrBlock=cidr, availabilityZone=zone, **more)

    def group(self, vpc: str, name: str = "one") -> str:
        return self.make("SecurityGroup", name, vpcId=vpc, description=name)

    def instance(self, subnet: str, groups: list[str], **more: Any) -> str:
        user_data = base64.b64encode(b"#cloud-config\n").decode()
        given = {"ami": AMD64, "instanceType": "t3.medium", "userDataBase64": user_data, **more}
        return self.make("Instance", subnetId=subnet, vpcSecurityGroupIds=groups, **given)

    def passing(self, vpc: str) -> set[tuple[str, str, str, tuple[int, int] | None]]:
        """Return what the packet filter of a VPC lets pass: from, to, protocol, ports."""
        note = self.fabric.get("Network", vpc)
        assert note is not None
        rules = note.outputs.get("allows", [])
        return {
            (source, target, protocol, tuple(ports) if ports else None) for source, target, protocol, ports in rules
        }

    def outside(self, vpc: str) -> list[str]:
        """Return the addresses that reach the Internet."""
        note = self.fabric.get("Network", vpc)
        assert note is not None
        return list(note.outputs.get("internet", []))

    def address(self, instance: str) -> str:
        return str(self.outputs("Instance", instance)["privateIp"])


def service_folder() -> str:
    from crosscloud.plugins.simulated import rehearsal

    return str(rehearsal.folder())


@pytest.fixture(scope="session")
def moto(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The environment that leads to moto's server."""
    folder = tmp_path_factory.mktemp("moto")
    try:
        yield service.start(folder)
    finally:
        service.stop(folder)


@pytest.fixture
def aws(moto: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Aws:
    """An account with nothing in it."""
    folder = tmp_path / "rehearsals/aws"
    folder.mkdir(parents=True)
    monkeypatch.setenv("CROSSCLOUD_REHEARSAL", str(folder))
    monkeypatch.setenv("CROSSCLOUD_REHEARSAL_MACHINES", "no")
    monkeypatch.setenv("CROSSCLOUD_REHEARSAL_OPERATOR", OPERATOR)
    monkeypatch.delenv("CROSSCLOUD_REHEARSAL_FAULT", raising=False)
    for name, value in moto.items():
        monkeypatch.setenv(name, value)
    client.use_region("us-east-1")
    url = f"{moto[service.ENDPOINT]}/moto-api/reset"
    urllib.request.urlopen(urllib.request.Request(url, method="POST")).close()  # noqa: S310 - http, on loopback
    return Aws()
