"""The base of Azure's resources: ids, names, locations, and Resource Manager's words for what is wrong.

What replaces a resource is what azure-native's metadata says: every part of the id, and properties that its
specification marks as fixed (pulumi-azure-native, ``provider/pkg/gen/replacement.go`` and ``x-ms-mutability``).
Resources with names of the program's choosing are deleted before they are made anew (its ``provider.go``, ``Diff``).
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, ClassVar

from crosscloud.plugins.base import UNKNOWN, Call, CheckFailure, PluginError, Values
from crosscloud.plugins.simulated import Record, RecordedResource, data

PACKAGE = "crosscloud.plugins.simulated_azure_native"
SUBSCRIPTION = "/subscriptions/00000000-0000-0000-0000-000000000000"
#: https://learn.microsoft.com/azure/azure-resource-manager/management/tag-resources#limitations
_TAGS, _TAG_KEY, _TAG_VALUE = 50, 512, 256
_FORBIDDEN_IN_TAGS = set("<>%&\\?/")


class AzureResource(RecordedResource):
    """A resource in a resource group.

    ``namespace`` is the part of its id after ``providers`` ("Microsoft.Network/virtualNetworks"), ``named`` the input
    that is its name. ``unmodelled`` are inputs that the rehearsal would silently do nothing about: they are refused.
    """

    namespace: ClassVar[str]
    named: ClassVar[str]
    #: Whether another location makes another one; where it does not, Azure refuses the change.
    moves = True
    unmodelled: ClassVar[Sequence[str]] = ()
    computed: ClassVar[Collection[str]] = ("name", "type", "azureApiVersion")
    delete_before_replace = True
    #: Further inputs that replace it.
    fixed: ClassVar[Sequence[str]] = ()

    def __init__(self) -> None:
        super().__init__()
        own = (self.named, *self.fixed, *(["location"] if self.moves else []))
        self.replace_on = ("resourceGroupName", *own) if "resourceGroupName" not in own else own
        self.references = {"resourceGroupName": "ResourceGroup", **self.references}  # type: ignore[misc]  # per class

    @cached_property
    def _names(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = data(PACKAGE, "names")["names"]
        return found

    # Rules

    def rules(self, _call: Call, new: Values) -> Iterator[CheckFailure]:
        """Hold name, location and tags to Azure's rules."""
        name = new.get(self.named)
        if isinstance(name, str):
            yield from self.name_rules(self.named, name, self.kind)
        elif name is None:
            yield CheckFailure(self.named, "is missing; the rehearsal makes up no names but that of a resource group")
        yield from location_rules(new.get("location"))
        yield from _tag_rules(new.get("tags"))
        for place in self.unmodelled:
            if new.get(place) is not None:
                yield CheckFailure(place, "is not modelled by the rehearsal: it would have no effect")

    def name_rules(self, place: str, name: str, kind: str) -> Iterator[CheckFailure]:
        """Hold the name of a kind of thing to its rule."""
        rule = self._names[kind]
        if not rule["shortest"] <= len(name) <= rule["longest"]:
            yield CheckFailure(
                place, f"{name!r} has {len(name)} characters; {rule['shortest']} to {rule['longest']} are allowed"
            )
        elif not re.search(rule["pattern"], name):
            yield CheckFailure(place, f"{name!r} is no name of a {kind}; {rule['words']}")

    # Identity

    def identify(self, _call: Call, inputs: Values) -> str:
        """Return ``/subscriptions/…/resourceGroups/…/providers/Microsoft.…/…``."""
        return f"{group_id(inputs['resourceGroupName'])}/providers/{self.namespace}/{inputs[self.named]}"

    def outputs(self, _call: Call, _id: str, inputs: Values) -> Mapping[str, Any]:
        """Return the name and the type as Azure tells them."""
        told = {"name": inputs[self.named], "type": self.namespace, "provisioningState": "Succeeded"}
        return {key: value for key, value in told.items() if key in self.description.outputs}

    def find(self, kind: str, reference: str) -> Record | None:
        """Find by id; a resource group by its name, and a part of a resource (``LoadBalancer/backendAddressPools``)."""
        if kind == "ResourceGroup":
            return self.cloud.get(kind, group_id(reference))
        if "/" not in kind:
            return self.cloud.get(kind, reference)
        kind, part = kind.split("/")
        whole, _, rest = reference.rpartition(f"/{part}/")
        record = self.cloud.get(kind, whole)
        names = [one.get("name") for one in (record.inputs.get(part) or [])] if record else []
        return record if rest in names else None

    def change(
        self, call: Call, resource_id: str, old_inputs: Values, old_outputs: Values, new: Values
    ) -> Mapping[str, Any]:
        """Refuse another location, as Azure does where the provider does not know better."""
        if plain(old_inputs.get("location")) != plain(new.get("location")):
            raise PluginError(
                f'Code="InvalidResourceLocation" Message="The resource \'{new[self.named]}\' already exists in '
                f"location '{old_inputs.get('location')}' in resource group '{new['resourceGroupName']}'. A resource "
                f"with the same name cannot be created in location '{new.get('location')}'. Please select a new "
                'resource name."'
            )
        return super().change(call, resource_id, old_inputs, old_outputs, new)

    # Words

    def missing(self, call: Call, place: str, kind: str, reference: str) -> str:
        """Return Azure's words for a reference that leads nowhere."""
        if kind == "ResourceGroup":
            return f'Code="ResourceGroupNotFound" Message="Resource group \'{reference}\' could not be found."'
        return (
            f'Code="InvalidResourceReference" Message="Resource {reference} referenced by resource {call.name} '
            f"({place}) was not found. Please make sure that the referenced resource exists, and that both resources "
            'are in the same region."'
        )

    def in_use(self, _call: Call, record: Record, referrers: Sequence[Record]) -> str:
        """Return Azure's words for a deletion of what is still needed."""
        return (
            f'Code="InUse{self.kind}CannotBeDeleted" Message="{self.kind} {record.id} cannot be deleted because it is '
            f"in use by the following resources: {', '.join(one.id for one in referrers)}. In order to delete it, "
            'remove the association with the resource(s)."'
        )

    def taken(self, _call: Call, record: Record) -> str:
        """Return azure-native's words: it asks before it makes anything."""
        return f'cannot create already existing resource "{record.id}"'

    def invalid(self, code: str, message: str) -> PluginError:
        """Return the error by which Azure refuses what only other resources make wrong."""
        return PluginError(f'Status=400 Code="{code}" Message="{message}"')


def group_id(name: str) -> str:
    """Return the id of a resource group."""
    return f"{SUBSCRIPTION}/resourceGroups/{name}"


def plain(location: Any) -> Any:
    """Return a location as Azure compares it: "East US 2" is eastus2."""
    return location.lower().replace(" ", "") if isinstance(location, str) else location


def place(location: Any) -> Mapping[str, Any] | None:
    """Return what is known of a location."""
    found: Mapping[str, Any] | None = data(PACKAGE, "locations")["locations"].get(plain(location))
    return found


def location_rules(location: Any) -> Iterator[CheckFailure]:
    """Refuse a location that is none."""
    if location is None:
        yield CheckFailure("location", "is missing")
    elif location is not UNKNOWN and place(location) is None:
        known = ", ".join(sorted(data(PACKAGE, "locations")["locations"]))
        yield CheckFailure("location", f"{location!r} is no location that the rehearsal knows; it knows {known}")


def zone_rules(inputs: Mapping[str, Any]) -> Iterator[CheckFailure]:
    """Refuse zones that the location does not have."""
    zones, location = inputs.get("zones"), inputs.get("location")
    known = None if location is UNKNOWN else place(location)
    if zones in (None, UNKNOWN) or known is None:
        return
    for zone in zones:
        if zone is not UNKNOWN and zone not in known["zones"]:
            there = ", ".join(known["zones"]) or "none: it has no availability zones"
            yield CheckFailure("zones", f"{location} has no availability zone {zone!r}; it has {there}")


def _tag_rules(tags: Any) -> Iterator[CheckFailure]:
    if not isinstance(tags, Mapping):
        return
    if len(tags) > _TAGS:
        yield CheckFailure("tags", f"there are {len(tags)}; {_TAGS} at most are allowed")
    for key, value in tags.items():
        if len(key) > _TAG_KEY or set(key) & _FORBIDDEN_IN_TAGS:
            yield CheckFailure(f"tags.{key}", f"is no tag's name; {_TAG_KEY} characters, none of <>%&\\?/")
        if isinstance(value, str) and len(value) > _TAG_VALUE:
            yield CheckFailure(f"tags.{key}", f"has {len(value)} characters; {_TAG_VALUE} at most are allowed")
