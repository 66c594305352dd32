"""``crosscloud:index:ClusterGuard``: refuses what would destroy a live cluster, before anything is changed.

It makes nothing. It remembers what the cluster was made of, and the engine's check of its inputs, which comes before
that of everything else, compares with what is remembered.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from crosscloud.plugins.base import UNKNOWN, Call, CheckFailure, Resource, Values
from crosscloud.plugins.crosscloud import checks

_REQUIRED = ("cloud", "clusterName", "clusterDomain", "dnsServiceIp", "cidrs", "place", "controlPlanes", "shape")
_INSIST = (
    "`pulumi config set crosscloud:allowClusterReplacement true` insists: what is in the cluster is lost, "
    "which is nothing if it never came up"
)
_ANOTHER = "make another stack with it and move over"
_ANOTHER_STACK = f"{_ANOTHER}, or set it back"
#: The keys of what never changes while a cluster lives, and why: ``{}`` stands for the cloud's name.
_FIXED: Mapping[str, tuple[str, str]] = {
    "clusterName": ("crosscloud:clusterName", "it is part of every resource's name, so all of them would be replaced"),
    "clusterDomain": ("crosscloud:clusterDomain", "it is in the certificates and in every pod's resolver"),
    "dnsServiceIp": ("crosscloud:dnsServiceIp", "running pods would go on to ask the old address"),
    "cidrs.pod": ("crosscloud:podCidr", "nodes and pods keep the addresses that they have"),
    "cidrs.service": ("crosscloud:serviceCidr", "services, and the API server's certificate, keep their addresses"),
    "cidrs.network": ("crosscloud:{}.networkCidr", "the network would be replaced, with every machine in it"),
}
_MOVED = "nothing can be moved there, so all of it would be replaced"
#: The keys of what replaces a control plane; others are the cloud's own.
_SHAPE: Mapping[str, str] = {
    "size": "crosscloud:controlPlanes.size",
    "diskGb": "crosscloud:controlPlanes.diskGb",
    "kubernetesImage": "KUBERNETES_IMAGE and KUBERNETES_TAG of crosscloud:releaseFile",
    "firstBoot": "what machines do at their first boot, which comes with this version of crosscloud,",
}
_SINGLE = "the only control plane would be replaced, and etcd's data, which is the cluster, is on its disk"
_THREE = (
    "set it back and go to three control planes first (crosscloud:controlPlanes.count: 3), which are replaced in turn"
)


class ClusterGuard(Resource):
    """Inputs: ``cloud``, ``clusterName``, ``clusterDomain``, ``dnsServiceIp``, ``cidrs`` (``pod``, ``service``,
    ``network``), ``place`` (region and the like), ``controlPlanes`` (their count), ``shape`` (what replaces a control
    plane when it changes), ``kubernetes`` (the tag of the release's; may be absent) and ``insist``.
    It has no outputs of its own."""

    def check(self, _call: Call, old: Values, new: Values) -> tuple[Mapping[str, Any], list[CheckFailure]]:
        """Refuse every dangerous change at once, unless it is insisted on: now, or when it was recorded."""
        failures = checks.keys(new, _REQUIRED, ["insist", "kubernetes"])
        if not failures and old and not new.get("insist"):
            failures = [*_fixed(old, new), *_moved(old, new), *_reshaped(old, new), *_skewed(old, new)]
        return new, failures

    def create(self, call: Call, inputs: Values) -> tuple[str, Mapping[str, Any]]:
        """Remember."""
        return "" if call.preview else f"{inputs['clusterName']}-guard", inputs

    def read(self, _call: Call, _resource_id: str, _inputs: Values, outputs: Values) -> Mapping[str, Any] | None:
        """Return what is remembered: it exists nowhere else."""
        return outputs

    def update(
        self, _call: Call, _resource_id: str, _old_inputs: Values, _old_outputs: Values, new_inputs: Values
    ) -> Mapping[str, Any]:
        """Remember what passed."""
        return new_inputs

    def delete(self, call: Call, resource_id: str, inputs: Values, outputs: Values) -> None:
        """Do nothing: there is nothing."""


def _fixed(old: Values, new: Values) -> Iterator[CheckFailure]:
    for path, (key, why) in _FIXED.items():
        before, after = _at(old, path), _at(new, path)
        if _changed(before, after):
            yield _refused(path, key.format(new["cloud"]), before, after, f"{why}; {_ANOTHER_STACK}")


def _moved(old: Values, new: Values) -> Iterator[CheckFailure]:
    there, here = _parts(old, "place"), _parts(new, "place")
    for part in sorted({*there, *here}):
        before, after = there.get(part, ""), here.get(part, "")
        if _changed(before, after):
            key = f"crosscloud:{new['cloud']}.{part}"
            yield _refused(f"place.{part}", key, before, after, f"{_MOVED}; {_ANOTHER_STACK}")


def _reshaped(old: Values, new: Values) -> Iterator[CheckFailure]:
    """Refuse another shape where there is one control plane, or was: several are replaced one after the other."""
    if 1 not in (old.get("controlPlanes"), new["controlPlanes"]):
        return
    there, here = _parts(old, "shape"), _parts(new, "shape")
    # A part that only one of them has is the program's doing, not the user's, and replaces nothing by itself.
    for part in sorted({*there} & {*here}):
        if _changed(there[part], here[part]):
            own = part if "." in part else f"{new['cloud']}.{part}"
            key = _SHAPE.get(part, f"crosscloud:{own}")
            why = f"{_SINGLE}; {_THREE}, or make another stack"
            yield _refused(f"shape.{part}", key, there[part], here[part], why)


def _skewed(old: Values, new: Values) -> Iterator[CheckFailure]:
    """Refuse what control planes that are replaced in turn can't take: an earlier minor version, or one left out.

    Meanwhile those of both versions serve one etcd (https://kubernetes.io/releases/version-skew-policy/).
    """
    before, after = old.get("kubernetes"), new.get("kubernetes")
    there, here = _minor(before), _minor(after)
    in_turn = 1 not in (old.get("controlPlanes"), new["controlPlanes"])
    if in_turn and there and here and here not in (there, (there[0], there[1] + 1)):
        why = "control planes are replaced in turn, and go to the next minor version alone; go there first"
        yield _refused("kubernetes", "KUBERNETES_TAG of crosscloud:releaseFile", before, after, f"{why}, or {_ANOTHER}")


def _minor(tag: Any) -> tuple[int, int] | None:
    """Return the major and minor version that a tag holds (``ci-v1.37.2.bfcf8764.0``), if it does."""
    found = re.search(r"v(\d+)\.(\d+)", tag) if isinstance(tag, str) else None
    return (int(found[1]), int(found[2])) if found else None


def _refused(path: str, key: str, before: Any, after: Any, why: str) -> CheckFailure:
    return CheckFailure(path, f"{key} was {before or 'not set'} and would be {after or 'not set'}: {why}; {_INSIST}")


def _changed(before: Any, after: Any) -> bool:
    return before is not None and UNKNOWN not in (before, after) and before != after


def _at(values: Values, path: str) -> Any:
    first, _, rest = path.partition(".")
    return _parts(values, first).get(rest) if rest else values.get(first)


def _parts(values: Values, key: str) -> Mapping[str, Any]:
    """Return a block of inputs; an empty one while it is not known."""
    found = values.get(key)
    return found if isinstance(found, Mapping) else {}
