"""A simulated Google Cloud without machines, asked directly: what the engine would send it."""

from collections.abc import Mapping
from typing import Any

from crosscloud.plugins.base import Call, Diff, PluginError, Values
from crosscloud.plugins.simulated import Cloud, Record, SimulatedProvider, rehearsal
from crosscloud.plugins.simulated_gcp import resources_gce

REGION, ZONE = "us-central1", "us-central1-a"
IMAGE = "ubuntu-os-cloud/ubuntu-2404-lts-amd64"
OPERATOR = "203.0.113.7"


class Google:
    """Makes, changes and removes resources by their type's name; keeps what it made by name."""

    def __init__(self) -> None:
        kinds: list[Any] = [type(each)() for each in resources_gce.RESOURCES]
        self.provider = SimulatedProvider("gcp", "pulumi_gcp", kinds, resources_gce.FUNCTIONS)
        self.provider.configure(Values({"project": "p"}))
        self.kinds: dict[str, Any] = {each.kind: each for each in kinds}
        self.cloud = Cloud()

    def call(self, kind: str, name: str, **more: Any) -> Call:
        urn = f"urn:pulumi:dev::trial::{self.kinds[kind].description.token}::{name}"
        return Call(urn=urn, seed=b"seed", **more)

    def check(self, kind: str, name: str, /, **inputs: Any) -> tuple[Values, dict[str, str]]:
        """Return the checked inputs, and what is wrong with them by property."""
        checked, failures = self.kinds[kind].check(self.call(kind, name), Values(), Values(inputs))
        return Values(checked), {each.property: each.reason for each in failures}

    def refused(self, kind: str, **inputs: Any) -> dict[str, str]:
        """Return what is wrong with inputs, by property."""
        return self.check(kind, "x", **inputs)[1]

    def make(self, kind: str, name: str, /, **inputs: Any) -> dict[str, Any]:
        """Make it; its name is the program's unless the inputs give another. Return the outputs, with its ``id``."""
        resource = self.kinds[kind]
        named = {"name": name, **inputs} if "name" in resource.description.inputs["properties"] else inputs
        checked, failures = self.check(kind, name, **named)
        assert not failures, failures
        made, outputs = resource.create(self.call(kind, name), checked)
        return {**outputs, "id": made}

    def change(self, kind: str, made: Mapping[str, Any], **inputs: Any) -> dict[str, Any]:
        """Change inputs of what was made; return the new outputs."""
        resource, record = self.kinds[kind], self.record(kind, made)
        old = Values(record.inputs)
        outputs = resource.update(
            self.call(kind, "x"), record.id, old, Values(record.outputs), Values({**old, **inputs})
        )
        return {**outputs, "id": record.id}

    def look(self, kind: str, made: Mapping[str, Any]) -> Any:
        """Return what a refresh finds; None where it is gone."""
        record = self.record(kind, made)
        call, inputs, outputs = self.call(kind, "x"), Values(record.inputs), Values(record.outputs)
        return self.kinds[kind].read(call, record.id, inputs, outputs)

    def compare(self, kind: str, made: Mapping[str, Any], **inputs: Any) -> Diff:
        """Return what a preview finds that changes of inputs would do."""
        record = self.record(kind, made)
        old, outputs = Values(record.inputs), Values(record.outputs)
        found: Diff = self.kinds[kind].diff(self.call(kind, "x"), record.id, old, outputs, Values({**old, **inputs}))
        return found

    def remove(self, kind: str, made: Mapping[str, Any]) -> None:
        record = self.cloud.get(kind, made["id"])
        inputs, outputs = (record.inputs, record.outputs) if record else ({}, {})
        self.kinds[kind].delete(self.call(kind, "x"), made["id"], Values(inputs), Values(outputs))

    def record(self, kind: str, made: Mapping[str, Any]) -> Record:
        found = self.cloud.get(kind, made["id"])
        if found is None:
            raise PluginError(f"{made['id']} is gone")
        return found

    def fabric(self, kind: str) -> list[Record]:
        """Return what is noted of this host's side: a Network, Machine or Balancer."""
        return Cloud(rehearsal.folder() / "fabric").records(kind)

    def network(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Make a network with a subnetwork for machines."""
        network = self.make("Network", "net", autoCreateSubnetworks=False)
        return network, self.subnetwork(network, "machines", "10.0.0.0/17")

    def subnetwork(self, network: Mapping[str, Any], name: str, cidr: str, **more: Any) -> dict[str, Any]:
        return self.make("Subnetwork", name, network=network["id"], region=REGION, ipCidrRange=cidr, **more)

    def instance(self, subnetwork: Mapping[str, Any], name: str = "vm", **more: Any) -> dict[str, Any]:
        return self.make("Instance", name, **{**machine(subnetwork), **more})

    def template(self, subnetwork: Mapping[str, Any], name: str = "template", **more: Any) -> dict[str, Any]:
        inputs = {
            "machineType": "e2-standard-2",
            "disks": [{"boot": True, "sourceImage": IMAGE, "diskType": "pd-balanced"}],
            "networkInterfaces": [{"subnetwork": subnetwork["id"]}],
            "metadata": {"user-data": "#cloud-config"},
            "tags": ["worker"],
        }
        return self.make("InstanceTemplate", name, **{**inputs, **more})

    def group(self, template: Mapping[str, Any], name: str = "workers", **more: Any) -> dict[str, Any]:
        inputs = {
            "baseInstanceName": "worker",
            "region": REGION,
            "versions": [{"instanceTemplate": template["selfLinkUnique"]}],
            "targetSize": 2,
            "distributionPolicyZones": [f"{REGION}-a", f"{REGION}-b"],
        }
        return self.make("RegionInstanceGroupManager", name, **{**inputs, **more})


def machine(subnetwork: Mapping[str, Any]) -> dict[str, Any]:
    """Return the inputs of an instance that Google takes."""
    return {
        "zone": ZONE,
        "machineType": "e2-standard-2",
        "bootDisk": {"initializeParams": {"image": IMAGE, "type": "pd-balanced"}},
        "networkInterfaces": [{"subnetwork": subnetwork["id"]}],
        "metadata": {"user-data": "#cloud-config"},
        "tags": ["control-plane"],
    }
