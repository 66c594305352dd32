"""``crosscloud:index:LockedSshKey``: an SSH key that nobody can log in with."""

from collections.abc import Mapping
from typing import Any

from crosscloud.plugins.base import UNKNOWN, Call, Resource, Values

#: RSA is what every version of Azure's API takes; its documentation asks for 2048 bits or more:
#: https://learn.microsoft.com/azure/virtual-machines/linux/create-ssh-keys-detailed#supported-ssh-key-formats
_BITS = 3072
_EXPONENT = 65537


class LockedSshKey(Resource):
    """A public key whose private half is forgotten as soon as it is made.

    A cloud that makes no machine without a password or a key (Azure) gets it where nobody is to log in. It is made
    once and kept in the state, since another key would be another machine. Inputs: none. Outputs: ``publicKey``, one
    line in OpenSSH's form.
    """

    replace_on = ("*",)

    def create(self, call: Call, inputs: Values) -> tuple[str, Mapping[str, Any]]:
        """Make the key; its private half never leaves this function."""
        if call.preview:
            return "", {**inputs, "publicKey": UNKNOWN}
        return f"{call.name}-locked", {**inputs, "publicKey": public_key(call.name)}

    def read(self, call: Call, resource_id: str, inputs: Values, outputs: Values) -> Mapping[str, Any] | None:  # noqa: ARG002
        """Return what the state holds: it exists nowhere else."""
        return outputs

    def delete(self, call: Call, resource_id: str, inputs: Values, outputs: Values) -> None:
        """Do nothing: there is nothing left of it."""


def public_key(comment: str) -> str:
    """Return a new public key in OpenSSH's form."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    public = rsa.generate_private_key(_EXPONENT, _BITS).public_key()
    line = public.public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    return f"{line.decode()} {comment}-locked"
