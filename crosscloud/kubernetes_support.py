"""Which Kubernetes a release may name: what our bootstrap can start, and what its own project still mends."""

from collections.abc import Iterator

from crosscloud.config import SelfManagedStack
from crosscloud.config.stacks import Stack
from crosscloud.errors import CrosscloudError
from crosscloud.release import Release, version_of

#: The API server reads ``apiserver.config.k8s.io/v1`` AuthenticationConfiguration, which the bootstrap writes, since it
#: is stable: https://kubernetes.io/docs/reference/access-authn-authz/authentication/#using-authentication-configuration
OLDEST = (1, 34)
#: The newest minor version on 2026-11-22; the project mends it and the two before it:
#: https://kubernetes.io/releases/version-skew-policy/#supported-versions
NEWEST = (1, 37)
_MENDED = 3


class TooOldError(CrosscloudError):
    """No cluster of ours can be made with the release's Kubernetes."""


def ensure(stack: Stack, release: Release) -> None:
    """Raise `TooOldError` if the stack's machines can't start the release's Kubernetes."""
    minor = _minor(release.kubernetes.tag)
    if isinstance(stack, SelfManagedStack) and minor is not None and minor < OLDEST:
        raise TooOldError(
            f"KUBERNETES_TAG {release.kubernetes.tag} is of Kubernetes {_shown(minor)}, and machines here start "
            f"{_shown(OLDEST)} or newer; a newer release, or `crosscloud:cloud: existing` with a cluster that has it"
        )


def warnings(release: Release) -> Iterator[str]:
    """Yield that the release's Kubernetes gets no more fixes from its project, if that is so."""
    if why := unsupported(release.kubernetes.tag):
        yield f"KUBERNETES_TAG {release.kubernetes.tag}: {why}"


def unsupported(version: str) -> str:
    """Return why a version (or a tag that has one) gets no more fixes from its project; empty if it does get them."""
    minor = _minor(version)
    oldest = (NEWEST[0], NEWEST[1] - _MENDED + 1)
    if minor is None or minor >= oldest:
        return ""
    return (
        f"Kubernetes {_shown(minor)} gets no more fixes from its project, "
        f"which mends {_shown(oldest)} to {_shown(NEWEST)}"
    )


def _minor(tag: str) -> tuple[int, int] | None:
    version = version_of(tag)
    if version is None:
        return None
    major, minor, *_ = version.split(".")
    return int(major), int(minor)


def _shown(minor: tuple[int, int]) -> str:
    return f"{minor[0]}.{minor[1]}"
