"""What the resources of EC2 have in common: how they are looked up, tagged, and found to be gone."""

from collections.abc import Mapping
from typing import Any, ClassVar

from crosscloud.plugins.base import Call, Values
from crosscloud.plugins.simulated import SimulatedResource
from crosscloud.plugins.simulated_aws import client
from crosscloud.plugins.simulated_aws.client import ApiError

#: The account that moto gives to everyone.
ACCOUNT = "123456789012"


class AwsResource(SimulatedResource):
    """A resource of AWS. A class says how it is described; what moto does not find is gone."""

    def describe(self, resource_id: str) -> Mapping[str, Any] | None:
        """Return what AWS knows of it, in the API's own form, or None."""
        raise NotImplementedError

    def outputs(self, _live: Mapping[str, Any]) -> dict[str, Any]:
        """Return what can be told of it from AWS's description: outputs, and inputs that may have drifted."""
        return {}

    def find(self, resource_id: str) -> Mapping[str, Any] | None:
        """Return `describe`'s answer, with None for an error that says that it is not there."""
        try:
            return self.describe(resource_id)
        except ApiError as error:
            if missing(error):
                return None
            raise

    def look(self, _call: Call, resource_id: str, _inputs: Values, _outputs: Values) -> Mapping[str, Any] | None:
        """See `SimulatedResource.look`."""
        live = self.find(resource_id)
        return None if live is None else self.outputs(live)


class Ec2Resource(AwsResource):
    """A resource of EC2 that ``Describe…`` lists: ``listing`` is the operation, its argument, and the answer's key."""

    listing: ClassVar[tuple[str, str, str]]
    #: EC2's word for it in tags and ARNs.
    kind: ClassVar[str]

    def describe(self, resource_id: str) -> Mapping[str, Any] | None:
        """Return its entry in the listing."""
        operation, argument, key = self.listing
        found = client.ask("ec2", operation, **{argument: [resource_id]})[key]
        return found[0] if found else None

    def tagged(self, inputs: Mapping[str, Any]) -> list[dict[str, Any]] | None:
        """Return the tags for a creation."""
        return client.tag_specification(self.kind, inputs.get("tags"))

    def arn(self, resource_id: str) -> str:
        """Return the ARN of a resource of this kind."""
        return f"arn:aws:ec2:{client.region()}:{ACCOUNT}:{self.kind}/{resource_id}"

    def known(self, resource_id: str, live: Mapping[str, Any]) -> dict[str, Any]:
        """Return the outputs that all kinds have."""
        tags = client.tag_map(live.get("Tags"))
        return {"arn": self.arn(resource_id), "ownerId": ACCOUNT, "tags": tags, "tagsAll": tags}

    def retag(self, resource_id: str, old: Values, new: Values) -> dict[str, Any]:
        """Bring the tags from the old inputs' to the new ones', and return them as outputs."""
        before, after = old.get("tags") or {}, new.get("tags") or {}
        if gone := [{"Key": key} for key in before if key not in after]:
            client.ask("ec2", "DeleteTags", Resources=[resource_id], Tags=gone)
        if after != before and after:
            client.ask("ec2", "CreateTags", Resources=[resource_id], Tags=client.tag_list(after))
        return {"tagsAll": after}


def missing(error: ApiError) -> bool:
    """Tell whether AWS says by this error that something is not there."""
    return "NotFound" in error.code or error.code in ("NoSuchEntity", "InvalidRouteTableID.Malformed")


def gone_is_fine(service: str, operation: str, **arguments: Any) -> None:
    """Call a deletion; what is gone already is no error."""
    try:
        client.ask(service, operation, **arguments)
    except ApiError as error:
        if not missing(error):
            raise
