"""Which versions GKE offers, and which of them a rehearsal can boot.

Google's lists are a data file. A rehearsal boots real machines, so of all versions only the builds of this checkout can
run; where Google's list lacks such a version, the rehearsal's rapid channel has it too, as build 0, a number that none
of Google's builds has.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from crosscloud import gke_versions, paths, release
from crosscloud.bootstrap import NodeImages
from crosscloud.bootstrap.images import pullable, support_images
from crosscloud.plugins.base import Call, PluginError, Values
from crosscloud.plugins.simulated import data
from crosscloud.release import ReleaseError

_PACKAGE = "crosscloud.plugins.simulated_gcp"
#: The rehearsal's channel that has the builds of this checkout: the one that has the newest versions at Google.
NEWEST_CHANNEL = "RAPID"
#: Where GKE's own images come from.
_GOOGLES_REGISTRY = "gke.gcr.io"
#: What nodes run beside Kubernetes itself.
_SUPPORT = ("etcd", "pause", "flannel", "flannel_cni")
#: The channels that a cluster may ask for; NONE stands for a cluster that asks for none.
CHANNELS = ("RAPID", "REGULAR", "STABLE", "EXTENDED")


def built() -> release.Release | None:
    """Return the release that this checkout has built, or nothing."""
    file = paths.home() / "release.env"
    try:
        return release.load(file) if file.is_file() else None
    except ReleaseError:
        return None


def offered(channel: str) -> list[str]:
    """Return a channel's versions, newest first; the rapid one's with what this checkout has built."""
    found = list(data(_PACKAGE, "gke_versions")["channels"][channel]["versions"])
    here = built()
    version = here.kubernetes.version if here else None
    if channel == NEWEST_CHANNEL and version and not any(one.startswith(f"{version}-") for one in found):
        found.append(f"{version}-gke.0")
    return sorted(found, key=order, reverse=True)


def images_of(version: str) -> NodeImages:
    """Return what nodes of a version run; raise an error that says what there is if it was not built here."""
    here = built()
    wanted = gke_versions.kubernetes_of(version)
    if here is None:
        raise PluginError("nothing is built that a rehearsal could boot; `crosscloud artifacts build` builds a release")
    if here.kubernetes.version != wanted:
        raise PluginError(
            f"GKE would run {version}, and a rehearsal can't: of Kubernetes it has only what this checkout has built, "
            f"v{here.kubernetes.version}, which the channel {NEWEST_CHANNEL.lower()} offers "
            f"(crosscloud:gke.releaseChannel); `crosscloud artifacts build` with another version in release.env "
            "builds another one"
        )
    support = support_images(paths.home())
    lacking = [name for name in _SUPPORT if name not in support]
    if lacking:
        raise PluginError(f"the images {', '.join(lacking)} are not built; `crosscloud artifacts build` builds them")
    return NodeImages(kubernetes=here.kubernetes.reference, **{name: pullable(support[name]) for name in _SUPPORT})


def dns_image() -> str:
    """Return the image of the cluster's own DNS: the release's CoreDNS, by a name of Google's registry.

    Machines here find what any registry has by its path alone; and nobody takes this one for what the release deploys.
    """
    here = built()
    if here is None:
        raise PluginError("nothing is built that a rehearsal could boot; `crosscloud artifacts build` builds a release")
    image = here.coredns
    return f"{_GOOGLES_REGISTRY}/{image.repository}" + (f"@{image.digest}" if image.digest else f":{image.tag}")


def get_engine_versions(_call: Call, arguments: Values) -> Mapping[str, Any]:
    """Answer ``gcp:container/getEngineVersions``; a prefix holds for all but defaults, as with the provider itself."""
    prefix = str(arguments.get("versionPrefix") or "")
    channels = data(_PACKAGE, "gke_versions")["channels"]
    valid = [one for one in offered("NONE") if one.startswith(prefix)]
    latest = {name: _first(offered(name), prefix) for name in CHANNELS}
    return {
        **arguments,
        "id": "gke-versions",
        "defaultClusterVersion": channels["NONE"]["default"],
        "validMasterVersions": valid,
        "validNodeVersions": valid,
        "latestMasterVersion": valid[0] if valid else "",
        "latestNodeVersion": valid[0] if valid else "",
        "releaseChannelDefaultVersion": {name: channels[name]["default"] for name in CHANNELS},
        "releaseChannelLatestVersion": {name: version for name, version in latest.items() if version},
        "releaseChannelUpgradeTargetVersion": {name: channels[name]["upgradeTarget"] for name in CHANNELS},
    }


def _first(versions: Sequence[str], prefix: str) -> str | None:
    return next((one for one in versions if one.startswith(prefix)), None)


def order(version: str) -> list[int]:
    """Return what versions are ordered by: the numbers in them."""
    return [int(part) for part in version.replace("-gke.", ".").split(".")]
