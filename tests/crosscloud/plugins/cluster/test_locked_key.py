"""A key that nobody can log in with."""

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_ssh_public_key

from crosscloud.plugins.base import UNKNOWN, Call, Values
from crosscloud.plugins.crosscloud.locked_key import LockedSshKey

CALL = Call(urn="urn:pulumi:test::crosscloud::crosscloud:index:LockedSshKey::demo")


def test_it_is_a_public_key_of_azures_kind_and_nothing_of_the_private_one_is_kept() -> None:
    made, outputs = LockedSshKey().create(CALL, Values())
    key = load_ssh_public_key(outputs["publicKey"].encode())
    assert isinstance(key, RSAPublicKey)
    assert key.key_size >= 2048
    assert set(outputs) == {"publicKey"}
    assert made == "demo-locked"


def test_it_is_made_once_and_not_in_a_preview() -> None:
    key = LockedSshKey()
    assert key.create(Call(urn=CALL.urn, preview=True), Values()) == ("", {"publicKey": UNKNOWN})
    kept = Values({"publicKey": "ssh-rsa AAAA"})
    assert key.read(CALL, "demo-locked", Values(), kept) == kept
    assert not key.diff(CALL, "demo-locked", Values(), kept, Values()).any
