"""Resource groups and managed identities."""

import hashlib
import uuid
from collections.abc import Mapping
from typing import Any, ClassVar

from crosscloud.plugins.base import Call, CheckFailure, Values
from crosscloud.plugins.simulated_azure_native.base import AzureResource, group_id

_NAMESPACE = uuid.UUID("5f0d5c0e-8f6d-4d0c-9c1f-6a1f9a3f6d11")


class ResourceGroup(AzureResource):
    """A resource group, named by azure-native: the resource's name and eight hexadecimal digits.

    A new one is made before the old one goes, since their names differ. Azure would delete what is in it along with it;
    here it has to be empty, so that a rehearsal shows what a program forgets.
    """

    sdk = "pulumi_azure_native.resources:ResourceGroup"
    namespace, named = "Microsoft.Resources/resourceGroups", "resourceGroupName"
    autoname = "resourceGroupName"
    delete_before_replace = False
    references: ClassVar[Mapping[str, str]] = {}

    def __init__(self) -> None:
        super().__init__()
        self.references = {}  # type: ignore[misc]  # it is in none

    def check(self, call: Call, old: Values, new: Values) -> tuple[Mapping[str, Any], list[CheckFailure]]:
        """Give it a name as azure-native does, which keeps the one it had."""
        if new.get(self.named) is None:
            suffix = hashlib.sha256(call.seed + call.urn.encode()).hexdigest()[:8]
            new = Values({**new, self.named: old.get(self.named) or call.name + suffix}, new.secret_paths)
        return super().check(call, old, new)

    def identify(self, _call: Call, inputs: Values) -> str:
        """Return ``/subscriptions/…/resourceGroups/NAME``."""
        return group_id(inputs[self.named])


class UserAssignedIdentity(AzureResource):
    """An identity that machines run as; it has no rights by itself."""

    sdk = "pulumi_azure_native.managedidentity:UserAssignedIdentity"
    namespace, named = "Microsoft.ManagedIdentity/userAssignedIdentities", "resourceName"
    computed = (*AzureResource.computed, "clientId", "principalId", "tenantId")

    def outputs(self, call: Call, resource_id: str, inputs: Values) -> Mapping[str, Any]:
        """Return its ids in Entra too."""
        ids = {key: str(uuid.uuid5(_NAMESPACE, f"{key} {resource_id}")) for key in ("clientId", "principalId")}
        return {**super().outputs(call, resource_id, inputs), **ids, "tenantId": str(_NAMESPACE)}


def identity_outputs(inputs: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the output ``identity`` of a machine: Azure tells as a map what it is given as a list."""
    given = inputs.get("identity")
    if not given:
        return {}
    ids = given.get("userAssignedIdentities") or []
    told = {one: {"clientId": str(uuid.uuid5(_NAMESPACE, f"clientId {one}"))} for one in ids}
    return {"identity": {"type": given["type"], "userAssignedIdentities": told}}
