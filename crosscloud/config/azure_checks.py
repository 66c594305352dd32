"""What Azure alone asks of a stack's keys."""

from collections.abc import Iterator

from crosscloud.config.blocks import Azure
from crosscloud.config.findings import Finding, Path
from crosscloud.config.stacks import AzureStack, Stack

#: https://learn.microsoft.com/azure/virtual-machines/linux/create-ssh-keys-detailed#supported-ssh-key-formats
_KEY_TYPES = ("ssh-rsa ", "ssh-ed25519 ")
#: The disk of Ubuntu's and Debian's images on Azure, in GB: a machine's can't be smaller.
_IMAGE_GB = 30
_PUBLISHERS = ("Canonical:", "Debian:")


def azure(stack: Stack) -> Iterator[Finding]:
    """Yield what is wrong with a stack on Azure."""
    if not isinstance(stack, AzureStack):
        return
    yield from _image(stack)
    if stack.azure.spread == "availabilitySet" and stack.azure.zones:
        wrong = "have no effect with an availability set"
        yield Finding(("azure", "zones"), wrong, "no zones, or spread: zones", (("azure", "spread"),))
    if stack.admin_ssh_key and not stack.admin_ssh_key.startswith(_KEY_TYPES):
        yield Finding(("adminSshKey",), "is of a type that Azure does not take", "ssh-rsa or ssh-ed25519")


def _image(stack: AzureStack) -> Iterator[Finding]:
    image, path = stack.azure.image, ("azure", "image")
    if not image.startswith(_PUBLISHERS):
        return
    if stack.arch == "arm64" and "arm64" not in image:
        yield Finding(path, f"{image} is not for arm64", Azure.images["arm64"])
    disks: tuple[tuple[Path, int], ...] = (
        (("controlPlanes", "diskGb"), stack.control_planes.disk_gb),
        (("workers", "diskGb"), stack.workers.disk_gb),
    )
    for where, size in disks:
        if size < _IMAGE_GB:
            yield Finding(where, f"{size} is less than the image's own disk", f"{_IMAGE_GB} or more", (path,))
