"""A program that makes a cluster on Azure, and the engine's own test double with Azure in it."""

from collections.abc import Mapping
from typing import Any

from pulumi.runtime import MockResourceArgs, rpc

from components.azure import AzureCluster
from tests.components import double
from tests.components.double import USERS, kind_of

LOCKED = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQAB demo-locked"
SUBSCRIPTION = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/demo1a2b3c4d"


class Engine(double.Engine):
    """Answers as Azure does."""

    prefix = "azure-native:"
    masked: Mapping[str, str] = {**double.Engine.masked, "customData": "[user-data]"}

    def identity(self, args: MockResourceArgs) -> str:
        if not args.typ.startswith(self.prefix):
            return super().identity(args)
        return SUBSCRIPTION if kind_of(args) == "ResourceGroup" else f"{SUBSCRIPTION}/{kind_of(args)}/{args.name}"

    def outputs(self, args: MockResourceArgs) -> Mapping[str, Any]:
        ours: dict[str, dict[str, Any]] = {
            "LockedSshKey": {"publicKey": LOCKED},
            "Node": {"nodeName": args.name, "address": "10.0.0.10"},
        }
        if not args.typ.startswith(self.prefix):
            return ours.get(kind_of(args), {})
        told: dict[str, dict[str, Any]] = {
            "ResourceGroup": {"name": "demo1a2b3c4d"},
            "PublicIPAddress": {"ipAddress": "198.51.100.7" if args.name.endswith("api") else "198.51.100.8"},
            "VirtualMachine": {"vmId": f"id-{args.name}"},
        }
        found = {"name": args.inputs.get("name", args.name), **told.get(kind_of(args), {})}
        if "identity" in args.inputs:  # given as a list of ids, told as a map of them
            ids = args.inputs["identity"]["userAssignedIdentities"]
            found["identity"] = {"type": "UserAssigned", "userAssignedIdentities": {one: {} for one in ids}}
        return found

    def secret(self, value: Any) -> Any:
        """Return all of it but the user-data: the double makes the whole property secret that holds one."""
        return self.plain(rpc.unwrap_rpc_secret(value))


def start() -> Engine:
    """Have the programs of a test talk to an engine of its own."""
    return double.use(Engine())


def make(**values: Any) -> AzureCluster:
    """Run a program that makes the cluster, to its end."""
    given = {"cloud": "azure", "apiAccessCidrs": [USERS], "controlPlanes": {"count": 1}, **values}
    return double.make_cluster(AzureCluster, given)


def profiles(engine: Engine) -> dict[str, dict[str, Any]]:
    """Return what each machine, of a scale set too, is made of."""
    sets = {name: made["virtualMachineProfile"] for name, made in engine.of("VirtualMachineScaleSet").items()}
    return {name: engine.plain(made) for name, made in {**engine.of("VirtualMachine"), **sets}.items()}


def rules(engine: Engine, group: str) -> dict[str, dict[str, Any]]:
    """Return the rules of a network security group, by name."""
    return {rule["name"]: rule for rule in engine.of("NetworkSecurityGroup")[group]["securityRules"]}
