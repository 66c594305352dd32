"""What Azure asks of a machine's profile, be it a machine or the model of a scale set."""

import base64
import binascii
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from crosscloud.plugins.base import UNKNOWN, CheckFailure, PluginError
from crosscloud.plugins.simulated import data, faults
from crosscloud.plugins.simulated_azure_native.base import PACKAGE, plain

#: In bytes, before base64: https://learn.microsoft.com/azure/virtual-machines/custom-data
CUSTOM_DATA_LIMIT = 65535
#: https://learn.microsoft.com/azure/virtual-machines/linux/create-ssh-keys-detailed#supported-ssh-key-formats
_KEY_TYPES = ("ssh-rsa ", "ssh-ed25519 ")
#: The names that Azure takes for no administrator, by the documentation of ``osProfile.adminUsername``.
_FORBIDDEN_USERS = {
    "administrator", "admin", "user", "user1", "test", "user2", "test1", "user3", "admin1", "1", "123", "a", "actuser",
    "adm", "admin2", "aspnet", "backup", "console", "david", "guest", "john", "owner", "root", "server", "sql",
    "support", "support_388945a0", "sys", "test2", "test3", "user4", "user5",
}  # fmt: skip
_DISKS = ("Premium_LRS", "Premium_ZRS", "StandardSSD_LRS", "StandardSSD_ZRS", "Standard_LRS")
_COMPUTER = re.compile(r"^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9-])?$")


def size_of(name: Any) -> Mapping[str, Any] | None:
    """Return what is known of a size."""
    found: Mapping[str, Any] | None = data(PACKAGE, "sizes")["sizes"].get(name)
    return found


def size_rules(path: str, size: Any, location: Any) -> Iterator[CheckFailure]:
    """Refuse a size that is none, and one that a location does not have at all."""
    if size in (None, UNKNOWN):
        if size is None:
            yield CheckFailure(path, "is missing")
        return
    known = size_of(size)
    if known is None:
        there = ", ".join(data(PACKAGE, "sizes")["sizes"])
        yield CheckFailure(path, f"InvalidParameter: {size!r} is no size that the rehearsal knows; it knows {there}")
    elif plain(location) in known.get("lacks", ()):
        yield CheckFailure(path, sku_not_available(size, location))


def sku_not_available(size: str, location: str) -> str:
    """Return Azure's words for a size that is not to be had, now or ever."""
    return (
        f"SkuNotAvailable: The requested VM size for resource 'Following SKUs have failed for Capacity Restrictions: "
        f"{size}' is currently not available in location '{location}'. Please try another size or deploy to a "
        "different location or different zone. See https://aka.ms/azureskunotavailable for details."
    )


def capacity(size: str, location: str, zone: str) -> None:
    """Fail as Azure does without capacity, if that fault is on."""
    code = "ZonalAllocationFailed" if zone else "AllocationFailed"
    where = f" in zone {zone} of {location}" if zone else f" in {location}"
    faults.capacity(
        zone,
        f'Status=409 Code="{code}" Message="Allocation failed. We do not have sufficient capacity for the requested VM '
        f"size {size}{where}. Read more about improving likelihood of allocation success at "
        'http://aka.ms/allocation-guidance"',
    )


def profile_rules(profile: Mapping[str, Any], size: Any, *, name: str, longest: int) -> Iterator[CheckFailure]:
    """Hold the parts of a profile to Azure's rules; ``name`` is the input that names the computer."""
    system = profile.get("osProfile")
    if isinstance(system, Mapping):
        yield from _system_rules(system, name, longest)
    elif system is None:
        yield CheckFailure("osProfile", "is missing: the rehearsal boots images, which need one")
    storage, security = profile.get("storageProfile") or {}, profile.get("securityProfile") or {}
    if storage is not UNKNOWN:
        yield from _storage_rules(storage, size_of(size) or {}, size, security)


def _system_rules(system: Mapping[str, Any], name: str, longest: int) -> Iterator[CheckFailure]:
    computer, user = system.get(name), system.get("adminUsername")
    if computer is None:
        yield CheckFailure(f"osProfile.{name}", "is missing")
    elif isinstance(computer, str) and not (len(computer) <= longest and _COMPUTER.match(computer)):
        wrong = f"{computer!r}: at most {longest} letters, digits, hyphens and periods are allowed"
        yield CheckFailure(f"osProfile.{name}", wrong)
    if isinstance(user, str) and user.lower() in _FORBIDDEN_USERS:
        yield CheckFailure("osProfile.adminUsername", f"InvalidParameter: the Admin Username {user} is not allowed")
    elif user is None:
        yield CheckFailure("osProfile.adminUsername", "is missing")
    yield from _custom_data_rules(system.get("customData"))
    linux = system.get("linuxConfiguration") or {}
    if linux is UNKNOWN:
        return
    keys = (linux.get("ssh") or {}).get("publicKeys") or []
    locked = linux.get("disablePasswordAuthentication")
    if locked and system.get("adminPassword"):
        yield CheckFailure("osProfile.adminPassword", "is given, though passwords are disabled")
    if not keys and (locked or not system.get("adminPassword")):
        wrong = "InvalidParameter: authentication using either SSH or by user name and password must be enabled"
        yield CheckFailure("osProfile.linuxConfiguration.ssh.publicKeys", wrong)
    for index, key in enumerate(keys):
        if isinstance(key.get("keyData"), str) and not key["keyData"].startswith(_KEY_TYPES):
            path = f"osProfile.linuxConfiguration.ssh.publicKeys[{index}].keyData"
            yield CheckFailure(path, "is of a type that is not supported; ssh-rsa or ssh-ed25519")


def _custom_data_rules(custom_data: Any) -> Iterator[CheckFailure]:
    if not isinstance(custom_data, str):
        return
    try:
        size = len(base64.b64decode(custom_data, validate=True))
    except (binascii.Error, ValueError):
        wrong = "InvalidParameter: custom data in OSProfile must be in Base64 encoding"
        yield CheckFailure("osProfile.customData", wrong)
        return
    if size > CUSTOM_DATA_LIMIT:
        yield CheckFailure("osProfile.customData", f"has {size} bytes; {CUSTOM_DATA_LIMIT} at most are allowed")


def _storage_rules(
    storage: Mapping[str, Any], size: Mapping[str, Any], name: Any, security: Any
) -> Iterator[CheckFailure]:
    reference, disk = storage.get("imageReference") or {}, storage.get("osDisk") or {}
    image = image_of(reference)
    if image is None:
        if UNKNOWN not in reference.values():
            urn, known = ":".join(_urn(reference)), ", ".join(data(PACKAGE, "images")["images"])
            wrong = f"PlatformImageNotFound: {urn} is no image that the rehearsal knows; it knows {known}"
            yield CheckFailure("storageProfile.imageReference", wrong)
        return
    if size and image["arch"] != size["arch"]:
        wrong = (
            f"Cannot create a VM of size '{name}' because this VM size only supports a CPU Architecture of "
            f"'{size['arch']}', but an image or disk with CPU Architecture '{image['arch']}' was given"
        )
        yield CheckFailure("storageProfile.imageReference", wrong)
    gigabytes = disk.get("diskSizeGB")
    if isinstance(gigabytes, int) and gigabytes < image["diskGb"]:
        wrong = f"is {gigabytes} GB, smaller than the disk of the VM image: {image['diskGb']} GB"
        yield CheckFailure("storageProfile.osDisk.diskSizeGB", wrong)
    kind = (disk.get("managedDisk") or {}).get("storageAccountType")
    if kind is not None and kind not in _DISKS:
        yield CheckFailure(
            "storageProfile.osDisk.managedDisk.storageAccountType", f"{kind!r}: one of {', '.join(_DISKS)}"
        )
    elif str(kind).startswith("Premium") and size and not size["premium"]:
        wrong = f"Requested operation cannot be performed because the VM size {name} does not support {kind}"
        yield CheckFailure("storageProfile.osDisk.managedDisk.storageAccountType", wrong)
    trusted = isinstance(security, Mapping) and security.get("securityType") == "TrustedLaunch"
    if trusted and (image["generation"] == 1 or (size and not size["trustedLaunch"])):
        wrong = "TrustedLaunch needs an image of generation 2 and a size that has it"
        yield CheckFailure("securityProfile.securityType", f"BadRequest: {wrong}; {name} and {reference.get('sku')}")


def _urn(reference: Mapping[str, Any]) -> Sequence[str]:
    return [str(reference.get(part)) for part in ("publisher", "offer", "sku")]


def image_of(reference: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return what is known of an image of the marketplace."""
    found: Mapping[str, Any] | None = data(PACKAGE, "images")["images"].get(":".join(_urn(reference)))
    return found


def user_data(profile: Mapping[str, Any]) -> bytes:
    """Return what cloud-init gets, byte for byte."""
    return base64.b64decode((profile["osProfile"]).get("customData") or "")


def fixed_rules(old: Mapping[str, Any], new: Mapping[str, Any], paths: Sequence[str]) -> None:
    """Refuse a change of what Azure can't change on a machine that is there."""
    for path in paths:
        before, after = old, new
        for key in path.split("."):
            before, after = before.get(key) or {}, after.get(key) or {}
        if before != after:
            raise PluginError(
                f'Status=409 Code="PropertyChangeNotAllowed" Message="Changing property \'{path}\' is not allowed." '
                f'Target="{path}"'
            )
