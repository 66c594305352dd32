"""What a machine of a cluster on Azure is made of, whether it stands alone or in a scale set."""

import base64
from dataclasses import dataclass

from pulumi import Input, Output
from pulumi_azure_native import compute

from crosscloud.config import AzureStack

#: Where the kubelet says on its machine whether it works: its defaults ``healthzPort`` and ``healthzBindAddress``.
_KUBELET_HEALTH = {"protocol": "http", "port": 10248, "requestPath": "/healthz"}
#: etcd writes to its disk before it answers, so control planes have a premium one.
CONTROL_PLANE_DISK, WORKER_DISK = "Premium_LRS", "StandardSSD_LRS"


@dataclass(frozen=True)
class MachineKind:
    """What all machines of a stack have in common; ``ssh_key`` is a public key in OpenSSH's form."""

    config: AzureStack
    ssh_key: Input[str]

    def image(self) -> compute.ImageReferenceArgs:
        """Return the image's reference; ``latest`` is looked up by Azure when a machine is made, and kept."""
        publisher, offer, sku, version = self.config.azure.image.split(":")
        return compute.ImageReferenceArgs(publisher=publisher, offer=offer, sku=sku, version=version)

    def linux(self) -> compute.LinuxConfigurationArgs:
        """Return how one logs in: with a key, never with a password."""
        path = f"/home/{self.config.admin_username}/.ssh/authorized_keys"
        return compute.LinuxConfigurationArgs(
            disable_password_authentication=True,
            provision_vm_agent=True,
            ssh=compute.SshConfigurationArgs(public_keys=[compute.SshPublicKeyArgs(key_data=self.ssh_key, path=path)]),
        )

    def security(self) -> compute.SecurityProfileArgs | None:
        """Return secure boot and a virtual TPM, which Azure's sizes with Arm processors don't all have.

        Disks are encrypted by Azure's own keys in any case; ``encryptionAtHost`` adds caches and temporary disks.
        https://learn.microsoft.com/azure/virtual-machines/disk-encryption-overview
        """
        at_host = True if self.config.azure.encryption_at_host else None
        if self.config.arch != "amd64":
            return compute.SecurityProfileArgs(encryption_at_host=at_host) if at_host else None
        return compute.SecurityProfileArgs(
            encryption_at_host=at_host,
            security_type="TrustedLaunch",
            uefi_settings=compute.UefiSettingsArgs(secure_boot_enabled=True, v_tpm_enabled=True),
        )

    def diagnostics(self) -> compute.DiagnosticsProfileArgs:
        """Return that Azure keeps the console's log, in storage of its own."""
        return compute.DiagnosticsProfileArgs(boot_diagnostics=compute.BootDiagnosticsArgs(enabled=True))

    def health(self) -> compute.VirtualMachineScaleSetExtensionProfileArgs:
        """Return the extension that tells a scale set whether a machine's kubelet works.

        https://learn.microsoft.com/azure/virtual-machine-scale-sets/virtual-machine-scale-sets-health-extension
        """
        extension = compute.VirtualMachineScaleSetExtensionArgs(
            name="health",
            publisher="Microsoft.ManagedServices",
            type="ApplicationHealthLinux",
            type_handler_version="1.0",
            auto_upgrade_minor_version=True,
            settings=dict(_KUBELET_HEALTH),
        )
        return compute.VirtualMachineScaleSetExtensionProfileArgs(extensions=[extension])


def encoded(user_data: Output[str]) -> Output[str]:
    """Return user-data as Azure's ``customData``: base64, and as secret as it was."""
    return Output.secret(user_data.apply(lambda text: base64.b64encode(text.encode()).decode()))
