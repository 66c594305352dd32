"""The lines of the security checklist that rendered resources show; each check yields what breaks its line."""

import base64
import binascii
import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from crosscloud.plugins.simulated.schema import Description, describe
from tests.components.security.openings import from_outside, openings
from tests.components.security.program import API, OWNER, SECRETS, SSH, Program

Findings = Iterator[str]
#: The cluster's own networks in the programs, and the address that the test double gives to Azure's NAT gateway.
_INSIDE = {"10.0.0.0/16", "198.51.100.8/32"}
_ANYWHERE = {"0.0.0.0/0", "::/0", "*", "Internet", "Any"}
_API_PORTS = {"gke": 443}


def api_is_for_the_configured_networks(cloud: str, made: Program) -> Findings:
    """Yield every other network that may reach the API, and configured ones that may not."""
    port = _API_PORTS.get(cloud, 6443)
    found = {one.source for one in openings(cloud, made) if one.opens(port) and from_outside(one.source, _INSIDE)}
    yield from (f"{source} may reach the API" for source in sorted(found - set(API)))
    yield from (f"{source} may not reach the API" for source in sorted(set(API) - found))


def nothing_else_is_open(cloud: str, made: Program) -> Findings:
    """Yield what a network outside the cluster may reach beside the API and, for those configured, port 22."""
    port = _API_PORTS.get(cloud, 6443)
    for one in openings(cloud, made):
        expected = not from_outside(one.source, _INSIDE) or one.ports in ((port, port), (22, 22))
        if one.source in _ANYWHERE or not expected:
            yield f"{one.source} may reach {one.ports}"


def port_22_is_closed(cloud: str, made: Program) -> Findings:
    """Yield who may reach port 22."""
    yield from (f"{one.source} may reach port 22" for one in openings(cloud, made) if one.opens(22))


def port_22_is_open_to_the_configured_networks(cloud: str, made: Program) -> Findings:
    """Yield who else than the configured networks may reach port 22, and those that may not."""
    found = {one.source for one in openings(cloud, made) if one.opens(22)}
    yield from (f"{source} may reach port 22" for source in sorted(found - set(SSH)))
    yield from (f"{source} may not reach port 22" for source in sorted(set(SSH) - found))


def metadata_needs_a_token_and_stays_on_the_machine(_cloud: str, made: Program) -> Findings:
    """Yield machines of AWS whose metadata service answers without a token, or further than one hop away."""
    for one in made.of("Instance", "LaunchTemplate"):
        options = one.inputs.get("metadataOptions") or {}
        if options.get("httpTokens") != "required" or options.get("httpPutResponseHopLimit") != 1:
            yield f"{one}: {options}"


def google_protects_metadata_and_has_no_old_logins(_cloud: str, made: Program) -> Findings:
    """Yield what of GKE lets pods see their node's metadata, or anyone log in by other means than Google's."""
    for one in made.of("Cluster", "NodePool"):
        mode = one.inputs["nodeConfig"].get("workloadMetadataConfig", {}).get("mode")
        if mode != "GKE_METADATA":
            yield f"{one}: workload metadata {mode}"
    for cluster in made.of("Cluster"):
        if cluster.inputs.get("enableLegacyAbac") is not False:
            yield f"{cluster}: legacy ABAC"
        login = cluster.inputs.get("masterAuth", {})
        issued = login.get("clientCertificateConfig", {}).get("issueClientCertificate")
        if issued is not False or {"username", "password"} & set(login):
            yield f"{cluster}: masterAuth {login}"


def azure_takes_no_password(_cloud: str, made: Program) -> Findings:
    """Yield machines of Azure that take passwords."""
    for one in made.of("VirtualMachine", "VirtualMachineScaleSet"):
        profile = one.inputs.get("virtualMachineProfile", one.inputs)["osProfile"]
        if "adminPassword" in profile or not profile.get("linuxConfiguration", {}).get("disablePasswordAuthentication"):
            yield str(one)


def every_subnet_has_a_security_group(_cloud: str, made: Program) -> Findings:
    """Yield subnets of Azure without a security group."""
    inline = [subnet for one in made.of("VirtualNetwork") for subnet in one.inputs.get("subnets") or []]
    yield from (f"subnet {each['name']}" for each in inline if not each.get("networkSecurityGroup"))
    yield from (str(one) for one in made.of("Subnet") if not one.inputs.get("networkSecurityGroup", {}).get("id"))


def disks_of_aws_are_encrypted(_cloud: str, made: Program) -> Findings:
    """Yield machines of AWS with a disk that is not encrypted, or that is left to the image's own choice."""
    for one in made.of("Instance"):
        disks = [one.inputs.get("rootBlockDevice") or {}, *(one.inputs.get("ebsBlockDevices") or [])]
        if not all(disk.get("encrypted") is True for disk in disks):
            yield str(one)
    for one in made.of("LaunchTemplate"):
        mapped = one.inputs.get("blockDeviceMappings") or [{}]
        if not all(str(each.get("ebs", {}).get("encrypted")).lower() == "true" for each in mapped):
            yield str(one)


def disks_are_of_a_kind_that_is_always_encrypted(_cloud: str, made: Program) -> Findings:
    """Yield disks of Azure that are not managed, and those of Google with a key in the clear.

    Managed disks, and all of Google's, are encrypted at rest without being asked:
    https://learn.microsoft.com/azure/virtual-machines/disk-encryption ·
    https://cloud.google.com/compute/docs/disks/disk-encryption
    """
    for one in made.of("VirtualMachine", "VirtualMachineScaleSet"):
        disk = one.inputs.get("virtualMachineProfile", one.inputs)["storageProfile"]["osDisk"]
        if not disk.get("managedDisk", {}).get("storageAccountType") or disk.get("vhd"):
            yield f"{one}: {disk}"
    for one in made.of("Instance", "InstanceTemplate", "Cluster", "NodePool"):
        if re.search(r"(?i)encryptionKeyRaw|rsaEncryptedKey", json.dumps(one.inputs)):
            yield f"{one}: a key in the clear"


_TOO_MUCH = re.compile(
    r"roles/(owner|editor|.*[aA]dmin)$|8e3af657-a8ff-443c-a75c-2fe8c4bcb635|b24988ac-6180-42a0-ab88-"
)


def identities_may_do_no_more_than_they_need(_cloud: str, made: Program) -> Findings:
    """Yield policies that allow everything, managed policies and roles of administrators, and borrowed identities."""
    for one in made.made:
        for text in _strings(one.inputs):
            if text.lstrip().startswith("{") and "Statement" in text:
                yield from (f"{one}: {statement}" for statement in _statements(text) if _allows_everything(statement))
            elif _TOO_MUCH.search(text) or re.search(r":policy/.*(Administrator|FullAccess|PowerUser)", text):
                yield f"{one}: {text}"
            elif text.endswith("-compute@developer.gserviceaccount.com"):
                yield f"{one}: the project's default account"


def _statements(text: str) -> list[dict[str, Any]]:
    found = json.loads(text)["Statement"]
    return [found] if isinstance(found, dict) else list(found)


def _allows_everything(statement: dict[str, Any]) -> bool:
    """Tell whether a statement allows every action (of everything, or of one service on everything)."""

    def listed(key: str) -> list[str]:
        value = statement.get(key, [])
        return [value] if isinstance(value, str) else list(value)

    everything = any(action == "*" for action in listed("Action"))
    service = any(action.endswith(":*") for action in listed("Action")) and "*" in listed("Resource")
    return statement.get("Effect") == "Allow" and (everything or service or "NotAction" in statement)


_TAG_WORDS = ("tags", "labels", "resourceLabels")
#: What takes no tags of ours by that name: Google's network tags, and labels of Kubernetes itself.
_NOT_TAGS = {("gcp", "tags"), ("gcp:container", "labels")}


def everything_that_takes_tags_has_them(_cloud: str, made: Program) -> Findings:
    """Yield what takes tags or labels, by its SDK class, in any of its blocks that are there, and lacks ours."""
    for one in made.made:
        if one.sdk:
            description = describe(one.sdk)
            for path, value in _taggable(description, description.inputs, one.inputs, one.type):
                if OWNER not in json.dumps(value):
                    yield f"{one}: {path or '.'}"


def _taggable(
    description: Description, of: Mapping[str, Any], inputs: Any, token: str, path: str = ""
) -> Iterator[Any]:
    for name, shape in of["properties"].items():
        where = f"{path}.{name}" if path else name
        if name in _TAG_WORDS and not any(token.startswith(start) and name == word for start, word in _NOT_TAGS):
            yield where, inputs.get(name)
        kind, inner = (shape[0], shape[1]) if isinstance(shape, list) else ("", None)
        for element in _present(inputs.get(name), kind):
            block = inner[1] if kind == "list" and isinstance(inner, list) else inner
            # What only names another resource by its id has that one's type, and takes no tags.
            if isinstance(block, str) and block in description.objects and not _names_another(element):
                yield from _taggable(description, description.objects[block], element, token, where)


def _names_another(element: Any) -> bool:
    return not isinstance(element, dict) or "id" in element


def _present(value: Any, kind: str) -> list[Any]:
    return value if kind == "list" and isinstance(value, list) else [value] if value is not None else []


def no_secret_is_in_plain_sight(_cloud: str, made: Program) -> Findings:
    """Yield inputs of the cloud that hold a secret, as it is or in base64, and are not secret themselves."""
    for one in made.made:
        if one.sdk:
            for text in _strings(one.shown):
                if any(secret in reading for reading in (text, _decoded(text)) for secret in SECRETS):
                    yield f"{one}: {text[:40]}"


def _decoded(text: str) -> str:
    try:
        return base64.b64decode(text, validate=True).decode(errors="replace")
    except (binascii.Error, ValueError):
        return ""


def the_kubeconfig_is_secret(_cloud: str, made: Program) -> Findings:
    """Yield the kubeconfig if the program's output of it is not secret."""
    if not made.kubeconfig_is_secret:
        yield "the kubeconfig"


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _strings(inner)


Check = Callable[[str, Program], Findings]
ALL = ("aws", "azure", "gce", "gke", "packet")
MACHINES = ("aws", "azure", "gce", "packet")
#: Each line of the checklist with the clouds that it is about. Bare metal has disks that nobody encrypts, and no roles.
LINES: tuple[tuple[Check, tuple[str, ...]], ...] = (
    (api_is_for_the_configured_networks, ALL),
    (nothing_else_is_open, ALL),
    (port_22_is_closed, ALL),
    (metadata_needs_a_token_and_stays_on_the_machine, ("aws",)),
    (google_protects_metadata_and_has_no_old_logins, ("gke",)),
    (azure_takes_no_password, ("azure",)),
    (every_subnet_has_a_security_group, ("azure",)),
    (disks_of_aws_are_encrypted, ("aws",)),
    (disks_are_of_a_kind_that_is_always_encrypted, ("azure", "gce", "gke")),
    (identities_may_do_no_more_than_they_need, ALL),
    (everything_that_takes_tags_has_them, ALL),
    (no_secret_is_in_plain_sight, ALL),
    (the_kubeconfig_is_secret, ALL),
)
WITH_SSH: tuple[tuple[Check, tuple[str, ...]], ...] = (
    (port_22_is_open_to_the_configured_networks, MACHINES),
    (nothing_else_is_open, MACHINES),
    (azure_takes_no_password, ("azure",)),
)
