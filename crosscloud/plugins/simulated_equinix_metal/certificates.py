"""The certificate of the simulated metadata service, and the authority that a rehearsal's machines trust."""

import datetime
from pathlib import Path

from crosscloud.machines.store import write_private

NAME = "metadata.platformequinix.com"
AUTHORITY, CERTIFICATE, KEY = "authority.pem", "certificate.pem", "key.pem"
_DAYS = 825


def ensure(folder: Path) -> str:
    """Return the authority's certificate (PEM); made once with the service's own, whose files are beside it."""
    if not (folder / AUTHORITY).exists():
        _make(folder)
    return (folder / AUTHORITY).read_text()


def _make(folder: Path) -> None:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    def named(text: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])

    def certificate(
        subject: str, public: ec.EllipticCurvePublicKey, more: tuple[x509.ExtensionType, bool]
    ) -> x509.Certificate:
        now = datetime.datetime.now(datetime.UTC)
        builder = x509.CertificateBuilder().subject_name(named(subject)).issuer_name(named("rehearsal"))
        builder = builder.public_key(public).serial_number(x509.random_serial_number())
        builder = builder.not_valid_before(now - datetime.timedelta(hours=1))
        builder = builder.not_valid_after(now + datetime.timedelta(days=_DAYS))
        return builder.add_extension(more[0], critical=more[1]).sign(authority, hashes.SHA256())

    authority, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    own = certificate(NAME, key.public_key(), (x509.SubjectAlternativeName([x509.DNSName(NAME)]), False))
    root = certificate("rehearsal", authority.public_key(), (x509.BasicConstraints(ca=True, path_length=0), True))
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_private(folder / KEY, private)
    write_private(folder / CERTIFICATE, own.public_bytes(pem))
    write_private(folder / AUTHORITY, root.public_bytes(pem))  # last: it says that the others are there
