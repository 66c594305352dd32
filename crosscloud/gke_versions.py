"""Which of GKE's Kubernetes versions is the nearest to a release's.

GKE's versions look like ``1.37.1-gke.1552000``: a Kubernetes version, and the number of Google's build of it. Google's
provider tells no channel's whole list; of a channel it tells the newest version that begins with a prefix
(``version_prefix`` of ``gcp.container.get_engine_versions``), so the nearest one is found by a few such questions.
"""

import re
from collections.abc import Callable, Iterator

from crosscloud.errors import CrosscloudError

#: Returns a channel's newest version that begins with a prefix, or nothing if none does.
Newest = Callable[[str], str | None]

#: How many minor versions away is looked for: a channel holds seven at most, those of Extended
#: (https://cloud.google.com/kubernetes-engine/docs/release-schedule).
MINORS = 8
_VERSION = re.compile(r"v?(\d+)\.(\d+)\.(\d+)")


class NoVersionError(CrosscloudError):
    """A channel offers nothing near the release's Kubernetes."""


def nearest(asked: str, newest: Newest) -> str:
    """Return the version to run for ``asked`` (``1.37.2``).

    That is the newest build of the very version; else of the nearest lower patch of its minor version, since that lacks
    fixes alone; else the newest patch of the nearest minor version below; else the lowest patch above, or the newest of
    the nearest minor version above. Raises ``NoVersionError`` if there is none within eight minor versions.
    """
    for prefix in _nearest_first(asked, newest):
        if found := _released(newest(prefix)):
            return found
    raise NoVersionError(f"no Kubernetes version within {MINORS} minor versions of {asked} is offered")


def kubernetes_of(version: str) -> str:
    """Return the Kubernetes version in a version of GKE's: ``1.37.1`` of ``1.37.1-gke.1552000``."""
    return ".".join(map(str, _parts(version)))


def _nearest_first(asked: str, newest: Newest) -> Iterator[str]:
    major, minor, patch = _parts(asked)
    yield f"{major}.{minor}.{patch}-"
    # One question tells whether the minor version is there at all, and in most cases the answer too.
    top = _released(newest(f"{major}.{minor}."))
    highest = _parts(top)[2] if top else -1
    for lower in range(min(patch - 1, highest), -1, -1):
        yield f"{major}.{minor}.{lower}-"
    for below in range(minor - 1, max(minor - MINORS, 0) - 1, -1):
        yield f"{major}.{below}."
    for higher in range(patch + 1, highest + 1):
        yield f"{major}.{minor}.{higher}-"
    for above in range(minor + 1, minor + MINORS + 1):
        yield f"{major}.{above}."


def _released(version: str | None) -> str | None:
    """Leave out previews (``1.38.0-gke.2743000+preview``), which only alpha clusters may run."""
    return version if version and "+" not in version else None


def _parts(version: str) -> tuple[int, int, int]:
    found = _VERSION.match(version)
    if not found:
        raise NoVersionError(f"{version} is no Kubernetes version; three numbers, such as 1.37.2")
    major, minor, patch = map(int, found.groups())
    return major, minor, patch
