"""What an account of Equinix Metal has before a stack is made: its project; and the keys that stacks add to it."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from crosscloud.plugins.base import UNKNOWN, Call, CheckFailure, PluginError, Values
from crosscloud.plugins.simulated import RecordedResource

#: Local BGP as Equinix turns it on: https://deploy.equinix.com/developers/docs/metal/bgp/local-bgp
ASN, PEER_ASN = 65000, 65530
PEERS = ("169.254.255.1", "169.254.255.2")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_PUBLIC_KEY = re.compile(r"(ssh-(ed25519|rsa)|ecdsa-sha2-nistp\d+|sk-\S+@openssh\.com) [A-Za-z0-9+/=]+( .*)?")


def get_project(_call: Call, arguments: Values) -> Mapping[str, Any]:
    """Answer for any project: whoever rehearses has none, and the one that the stack names stands for theirs."""
    project = arguments.get("projectId")
    if not project or not _UUID.fullmatch(project):
        raise PluginError(f"project {project!r} not found: a project's id is a UUID")
    return {
        "id": project,
        "projectId": project,
        "name": "rehearsal",
        "bgpConfigs": [{"asn": ASN, "deploymentType": "local", "maxPrefix": 10, "status": "enabled"}],
        "userIds": [],
    }


FUNCTIONS = {"equinix-metal:index/getProject:getProject": get_project}


def project_rule(new: Values) -> Iterator[CheckFailure]:
    """Yield what is wrong with the id of a project."""
    project = new.get("projectId", UNKNOWN)
    if project is not UNKNOWN and not _UUID.fullmatch(project):
        yield CheckFailure("projectId", f"{project!r} is no project's id; a UUID")


class ProjectSshKey(RecordedResource):
    """A key that devices of a project take."""

    sdk = "pulumi_equinix_metal:ProjectSshKey"
    computed = ("created", "fingerprint", "ownerId", "updated")
    replace_on = ("projectId", "publicKey")
    autoname = "name"

    def rules(self, _call: Call, new: Values) -> Iterator[CheckFailure]:
        """A key is one in OpenSSH's form."""
        yield from project_rule(new)
        key = new.get("publicKey", UNKNOWN)
        if key is not UNKNOWN and not _PUBLIC_KEY.fullmatch(key):
            yield CheckFailure("publicKey", "422 Key is not a valid SSH public key")

    def outputs(self, _call: Call, _id: str, inputs: Values) -> Mapping[str, Any]:
        """Whose it is."""
        return {"fingerprint": "", "ownerId": inputs["projectId"]}
