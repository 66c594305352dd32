"""A simulated Azure without machines, in which tests make what they need."""

import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import pytest

from crosscloud.plugins.base import Call, Values
from crosscloud.plugins.simulated import Cloud, RecordedResource
from crosscloud.plugins.simulated_azure_native.base import SUBSCRIPTION
from crosscloud.plugins.simulated_azure_native.resources import resources

GROUP = f"{SUBSCRIPTION}/resourceGroups/rg"
NETWORK = f"{GROUP}/providers/Microsoft.Network"
OPERATOR = "203.0.113.7"
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ me@example.com"


class Azure:
    """Resources by the names of their classes; made as the engine would, previews aside."""

    def __init__(self) -> None:
        self.resources = {one.kind: one for one in cast(list[RecordedResource], resources())}
        self.cloud = Cloud()

    def call(self, kind: str, name: str) -> Call:
        token = self.resources[kind].description.token
        return Call(urn=f"urn:pulumi:test::crosscloud::{token}::{name}", seed=b"seed")

    def wrong(self, kind: str, **inputs: Any) -> list[str]:
        """Return what is wrong with inputs, as ``path: reason``."""
        _, failures = self.resources[kind].check(self.call(kind, "one"), Values(), Values(inputs))
        return [f"{failure.property}: {failure.reason}" for failure in failures]

    def make(self, kind: str, name: str = "one", **inputs: Any) -> str:
        """Make a resource and return its id."""
        call = self.call(kind, name)
        checked, failures = self.resources[kind].check(call, Values(), Values(inputs))
        assert not failures, failures
        made, _ = self.resources[kind].create(call, Values(checked))
        return made

    def change(self, kind: str, identifier: str, name: str = "one", **changes: Any) -> Mapping[str, Any]:
        record = self.cloud.get(kind, identifier)
        assert record is not None
        old, new = Values(record.inputs), Values({**record.inputs, **changes})
        resource = self.resources[kind]
        _, failures = resource.check(self.call(kind, name), old, new)
        assert not failures, failures
        return resource.update(self.call(kind, name), identifier, old, Values(record.outputs), new)

    def delete(self, kind: str, identifier: str, name: str = "one") -> None:
        self.resources[kind].delete(self.call(kind, name), identifier, Values(self.inputs(kind, identifier)), Values())

    def refresh(self, kind: str, identifier: str, name: str = "one") -> Any:
        record = self.cloud.get(kind, identifier)
        assert record is not None
        resource = self.resources[kind]
        return resource.read(self.call(kind, name), identifier, Values(record.inputs), Values(record.outputs))

    def replaced_by(self, kind: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> set[str]:
        """Return the paths for which a change from one set of inputs to another replaces."""
        found = self.resources[kind].diff(self.call(kind, "one"), "id", Values(before), Values(before), Values(after))
        assert found.any
        return set(found.replaces)

    def inputs(self, kind: str, identifier: str) -> Mapping[str, Any]:
        record = self.cloud.get(kind, identifier)
        return record.inputs if record else {}

    def outputs(self, kind: str, identifier: str) -> Mapping[str, Any]:
        record = self.cloud.get(kind, identifier)
        assert record is not None, f"{kind} {identifier} is gone"
        return record.outputs

    def passing(self) -> set[tuple[str, str, str, Any]]:
        """Return what may pass in the only network, as (source, destination, protocol, ports)."""
        (note,) = self.notes().records("Network")
        return {(a, b, c, tuple(ports) if ports else None) for a, b, c, ports in note.outputs["allows"]}

    def notes(self) -> Cloud:
        """Return what would be on this host."""
        return Cloud(self.cloud.folder.parent / "fabric")

    def machines(self) -> dict[str, tuple[str, str]]:
        """Return host names and addresses of the machines that run, by the ends of their keys."""
        notes = self.notes().records("Machine")
        return {one.id.rpartition("/")[2]: (one.inputs["hostname"], one.inputs["address"]) for one in notes}

    # What most tests need

    def group(self) -> str:
        return self.make("ResourceGroup", "rg", resourceGroupName="rg", location="eastus2")

    def network(self, cidr: str = "10.0.0.0/16") -> str:
        self.group()
        return self.make(
            "VirtualNetwork", "net", **named("virtualNetworkName", "net"), addressSpace={"addressPrefixes": [cidr]}
        )

    def subnet(self, name: str, cidr: str, rules: list[Mapping[str, Any]] | None = None, **more: Any) -> str:
        inputs: dict[str, Any] = {
            "resourceGroupName": "rg",
            "virtualNetworkName": "net",
            "subnetName": name,
            "addressPrefix": cidr,
        }
        if rules is not None:
            guard = self.make(
                "NetworkSecurityGroup", name, **named("networkSecurityGroupName", name), securityRules=rules
            )
            inputs["networkSecurityGroup"] = {"id": guard}
        return self.make("Subnet", name, **inputs, **more)

    def address(self, name: str) -> str:
        return self.make(
            "PublicIPAddress",
            name,
            **named("publicIpAddressName", name),
            sku={"name": "Standard"},
            publicIPAllocationMethod="Static",
        )

    def way_out(self) -> str:
        address = {"id": self.address("nat")}
        sku = {"name": "Standard"}
        return self.make("NatGateway", "nat", **named("natGatewayName", "nat"), sku=sku, publicIpAddresses=[address])

    def interface(self, name: str, subnet: str, **config: Any) -> str:
        configs = [{"name": "primary", "subnet": {"id": subnet}, "privateIPAllocationMethod": "Dynamic", **config}]
        return self.make("NetworkInterface", name, **named("networkInterfaceName", name), ipConfigurations=configs)


def named(place: str, name: str) -> dict[str, Any]:
    return {"resourceGroupName": "rg", "location": "eastus2", place: name}


def rule(name: str, priority: int, source: str, ports: str, **more: Any) -> dict[str, Any]:
    """Return a rule that allows TCP in; ``more`` says otherwise."""
    return {
        "name": name,
        "priority": priority,
        "direction": "Inbound",
        "access": "Allow",
        "protocol": "Tcp",
        "sourceAddressPrefix": source,
        "sourcePortRange": "*",
        "destinationAddressPrefix": "*",
        "destinationPortRange": ports,
        **more,
    }


def system(name: str, **more: Any) -> dict[str, Any]:
    """Return a profile's osProfile; ``name`` is the key of the computer's name."""
    ssh = {"publicKeys": [{"keyData": KEY, "path": "/home/crosscloud/.ssh/authorized_keys"}]}
    return {
        name: "computer-",
        "adminUsername": "crosscloud",
        "customData": base64.b64encode(b"#cloud-config\n").decode(),
        "linuxConfiguration": {"disablePasswordAuthentication": True, "ssh": ssh},
        **more,
    }


def storage(sku: str = "server", **disk: Any) -> dict[str, Any]:
    image = {"publisher": "Canonical", "offer": "ubuntu-24_04-lts", "sku": sku, "version": "latest"}
    return {"imageReference": image, "osDisk": {"createOption": "FromImage", "diskSizeGB": 30, **disk}}


def machine(interface: str, **more: Any) -> dict[str, Any]:
    """Return the inputs of a machine."""
    return {
        **named("vmName", "one"),
        "hardwareProfile": {"vmSize": "Standard_B2s_v2"},
        "networkProfile": {"networkInterfaces": [{"id": interface}]},
        "osProfile": system("computerName", computerName="one"),
        "storageProfile": storage(),
        **more,
    }


def scale_set(subnet: str, capacity: int = 2, **more: Any) -> dict[str, Any]:
    """Return the inputs of a scale set that rolls."""
    config = {"name": "primary", "subnet": {"id": subnet}}
    health = {"name": "health", "publisher": "Microsoft.ManagedServices", "type": "ApplicationHealthLinux"}
    return {
        **named("vmScaleSetName", "workers"),
        "sku": {"name": "Standard_B2s_v2", "capacity": capacity},
        "orchestrationMode": "Uniform",
        "overprovision": False,
        "zones": ["1", "2", "3"],
        "upgradePolicy": {"mode": "Rolling", "rollingUpgradePolicy": {"maxSurge": True}},
        "virtualMachineProfile": {
            "osProfile": system("computerNamePrefix"),
            "storageProfile": storage(),
            "networkProfile": {"networkInterfaceConfigurations": [{"name": "primary", "ipConfigurations": [config]}]},
            "extensionProfile": {"extensions": [health]},
        },
        **more,
    }


@pytest.fixture
def azure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Azure:
    folder = tmp_path / "rehearsals/azure"
    folder.mkdir(parents=True)
    monkeypatch.setenv("CROSSCLOUD_REHEARSAL", str(folder))
    monkeypatch.setenv("CROSSCLOUD_REHEARSAL_MACHINES", "no")
    monkeypatch.setenv("CROSSCLOUD_REHEARSAL_OPERATOR", OPERATOR)
    monkeypatch.delenv("CROSSCLOUD_REHEARSAL_FAULT", raising=False)
    return Azure()
