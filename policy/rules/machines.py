"""What machines give away: their metadata service, their logins, their disks (lines 3, 5 and 6 of the checklist)."""

import re
from collections.abc import Iterator, Sequence

from policy.rules.rule import Known, Level, Resource, ResourceRule, Values, by_program
from policy.rules.values import at, strings

_AZURE = (
    "azure-native:compute:VirtualMachine",
    "azure-native:compute:VirtualMachineScaleSet",
    "azure-native:compute:VirtualMachineScaleSetVM",
)
#: The names under which Google takes a key itself, in whatever has a disk.
_HANDED_OVER = re.compile(r"(?i)(encryptionKey(Raw|Rsa)|rawKey|rsaEncryptedKey)(Wo)?$")


def metadata_needs_a_token_and_stays_on_the_machine(one: Resource, _: Known) -> Iterator[str]:
    """Yield machines of AWS whose metadata service answers without a token, or further than one hop away."""
    tokens = at(one.props, "metadataOptions.httpTokens")
    hops = at(one.props, "metadataOptions.httpPutResponseHopLimit")
    if at(one.props, "metadataOptions.httpEndpoint") == "disabled":
        return
    if tokens != "required":
        yield f"{one}: the metadata service answers without a token (httpTokens is {tokens or 'left out'})"
    if hops != 1:
        yield f"{one}: the metadata service answers pods (httpPutResponseHopLimit is {hops or 'left out'})"


def azure_takes_no_password(one: Resource, _: Known) -> Iterator[str]:
    """Yield machines of Azure that take passwords."""
    profile = _profile(one).get("osProfile") or {}
    if "adminPassword" in profile or at(profile, "linuxConfiguration.disablePasswordAuthentication") is not True:
        yield f"{one}: takes a password"


def _profile(one: Resource) -> Values:
    """Return what describes a machine of Azure: the machine, or what a scale set makes its machines of."""
    found: Values = one.props.get("virtualMachineProfile") or one.props
    return found


def disks_of_aws_are_encrypted(one: Resource, _: Known) -> Iterator[str]:
    """Yield disks of AWS that are not encrypted, or that are left to the image's own choice."""
    for where, disk in _DISKS[one.type](one.props):
        if str(disk.get("encrypted")).lower() != "true":
            yield f"{one}: {where} is not encrypted"


def _of_machine(props: Values) -> Iterator[tuple[str, Values]]:
    yield "rootBlockDevice", props.get("rootBlockDevice") or {}
    yield from (("a disk of ebsBlockDevices", disk) for disk in props.get("ebsBlockDevices") or ())


def _of_template(props: Values) -> Iterator[tuple[str, Values]]:
    mapped: Sequence[Values] = props.get("blockDeviceMappings") or ({},)
    yield from (("a disk of blockDeviceMappings", each.get("ebs") or {}) for each in mapped)


def _alone(props: Values) -> Iterator[tuple[str, Values]]:
    yield "the disk", props


#: What says how machines of AWS are made, and what only disks are made of.
_MACHINES = {
    "aws:ec2/instance:Instance": _of_machine,
    "aws:ec2/launchConfiguration:LaunchConfiguration": _of_machine,
    "aws:ec2/launchTemplate:LaunchTemplate": _of_template,
    "aws:ec2/spotInstanceRequest:SpotInstanceRequest": _of_machine,
}
_DISKS = {
    **_MACHINES,
    "aws:ebs/snapshotCopy:SnapshotCopy": _alone,
    "aws:ebs/volume:Volume": _alone,
    "aws:ec2/amiCopy:AmiCopy": _alone,
}


def disks_of_azure_are_managed(one: Resource, _: Known) -> Iterator[str]:
    """Yield disks of Azure that are not managed.

    Managed ones are encrypted at rest without being asked:
    https://learn.microsoft.com/azure/virtual-machines/disk-encryption
    """
    storage = _profile(one).get("storageProfile") or {}
    for disk in (storage.get("osDisk") or {}, *(storage.get("dataDisks") or ())):
        if not disk.get("managedDisk") or disk.get("vhd"):
            yield f"{one}: a disk is not managed, so that nothing says it is encrypted"


def azure_encrypts_at_the_host(one: Resource, _: Known) -> Iterator[str]:
    """Yield machines of Azure whose temporary disks and caches are not encrypted."""
    if at(_profile(one), "securityProfile.encryptionAtHost") is not True:
        yield f"{one}: temporary disks and caches are not encrypted"


def google_has_no_key_in_the_clear(one: Resource, _: Known) -> Iterator[str]:
    """Yield what hands Google a disk's key instead of the name of one.

    All disks of Google are encrypted at rest without being asked:
    https://cloud.google.com/compute/docs/disks/disk-encryption
    """
    for path, _text in strings(one.shown):
        if _HANDED_OVER.search(path):
            yield f"{one}: {path} is a key in the clear"


_AWS = by_program("the machines", "components/aws_machines.py")
_GOOGLE = by_program("the machines", "components/gce_machines.py", "components/gke.py", "components/gke_nodes.py")

RULES = (
    ResourceRule(
        "aws-metadata-by-token",
        3,
        Level.MANDATORY,
        ("aws",),
        "The metadata service wants a token (IMDSv2) and answers no further than the machine itself.",
        _AWS,
        types=tuple(_MACHINES),
        check=metadata_needs_a_token_and_stays_on_the_machine,
    ),
    ResourceRule(
        "azure-no-passwords",
        5,
        Level.MANDATORY,
        ("azure",),
        "Nobody logs in to a machine by password.",
        by_program("the machines", "components/azure_machines.py"),
        types=_AZURE,
        check=azure_takes_no_password,
    ),
    ResourceRule(
        "aws-disks-encrypted",
        6,
        Level.MANDATORY,
        ("aws",),
        "Disks are encrypted.",
        _AWS,
        types=tuple(_DISKS),
        check=disks_of_aws_are_encrypted,
    ),
    ResourceRule(
        "azure-disks-managed",
        6,
        Level.MANDATORY,
        ("azure",),
        "Disks are managed by Azure, which encrypts those.",
        by_program("the machines", "components/azure.py", "components/azure_workers.py"),
        types=_AZURE,
        check=disks_of_azure_are_managed,
    ),
    ResourceRule(
        "azure-encryption-at-host",
        6,
        Level.ADVISORY,
        ("azure",),
        "Temporary disks and caches are encrypted too.",
        "Set crosscloud:azure.encryptionAtHost to true, where the subscription has the feature EncryptionAtHost",
        "azure.encryptionAtHost",
        types=_AZURE,
        check=azure_encrypts_at_the_host,
    ),
    ResourceRule(
        "google-disks-without-raw-keys",
        6,
        Level.MANDATORY,
        ("gce", "gke"),
        "No disk's key is handed over; Google encrypts every disk.",
        _GOOGLE,
        types=("gcp:compute/*", "gcp:container/*"),
        check=google_has_no_key_in_the_clear,
    ),
)
