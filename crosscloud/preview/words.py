"""A preview in the words of those who run the clusters.

What they wrote is compared, the stack's configuration and its release, before and after; what comes of it is counted
from the engine's steps. ``words.yaml`` has the sentences and the types of the clouds' resources. What nothing there has
words for is named as the resource that it is.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from crosscloud.preview import configuration, machines, releases
from crosscloud.preview.data import words
from crosscloud.preview.model import UNKNOWN, Change, Op, Preview
from crosscloud.preview.releases import ReleaseChange
from crosscloud.problems import counted

_CLUSTER = "crosscloud:cluster:"
_HELM = "kubernetes:helm.sh/v3:Release"
#: How many of a chart's values are named in a sentence.
_NAMED = 3


@dataclass(frozen=True)
class Said:
    """What there is to say: of the cluster, of its release, and of resources for which there are no better words.

    ``lost`` names clusters that are gone afterwards, with what runs in them.
    """

    cluster: str
    sentences: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    releases: tuple[ReleaseChange, ...] = ()
    resources: tuple[str, ...] = ()


def say(preview: Preview) -> Said:
    """Say what a preview changes; nothing is said where nothing changes."""
    old, new = configuration.before_and_after(preview)
    clusters = [one for one in preview.changes if one.type.startswith(_CLUSTER)]
    name = str((new or old).get("clusterName") or (clusters[0].name if clusters else preview.stack))
    released = tuple(releases.changes(preview))
    # under another name, or on another cloud, it is another cluster: one goes, and one comes
    if gone_and_made := [one for one in preview.changed if one in clusters and one.op in (Op.CREATE, Op.DELETE)]:
        asked = str(preview.outputs[1].get("kubernetesAsked") or "")
        lost = tuple(one.name for one in gone_and_made if one.op is Op.DELETE and _pools(old or new))
        return Said(name, tuple(_made(one, old, new, asked) for one in gone_and_made), lost, released)
    replaced = machines.replaced(preview, old, new)
    sentences = tuple(dict.fromkeys(_sentences(preview, replaced, old, new, released)))
    return Said(name, sentences, (name,) if replaced.whole_cluster else (), released, tuple(_resources(preview)))


def _pools(config: Mapping[str, Any]) -> list[str]:
    """Return the machines of a cluster in words, pool by pool; none of one that others have made."""
    pools = (("controlPlanes", "control plane"), ("workers", "worker"))
    return [_pool(config[key], noun) for key, noun in pools if isinstance(config.get(key), Mapping)]


def _made(cluster: Change, old: Mapping[str, Any], new: Mapping[str, Any], kubernetes: str) -> str:
    made = cluster.op is Op.CREATE
    config = (new or old) if made else (old or new)
    parts = _pools(config)
    if config and not parts:
        what = "deployed into" if made else "removed from"
        return f"the projects are {what} the cluster {cluster.name}, which {'is there already' if made else 'stays'}"
    if made and kubernetes:
        parts.append(f"Kubernetes {kubernetes}")
    what = f"the cluster {cluster.name} is {'made' if made else 'deleted, with all that is in it'}"
    return f"{what}: {', '.join(parts)}" if parts else what


def _pool(pool: Mapping[str, Any], noun: str) -> str:
    size = f" ({pool['size']})" if pool.get("size") else ""
    return f"{counted(int(pool.get('count') or 0), noun)}{size}"


def _sentences(
    preview: Preview,
    replaced: machines.Machines,
    old: Mapping[str, Any],
    new: Mapping[str, Any],
    released: tuple[ReleaseChange, ...],
) -> Iterator[str]:
    causes = [one.sentence for one in released if one.attribute == "kubernetes"]
    others: list[str] = []
    for difference, sentence in configuration.changed(old, new):
        (causes if sentence.machines else others).extend(configuration.sentences(difference, sentence))
    comes_of_it = str(replaced)
    if len(causes) == 1 and comes_of_it:
        yield f"{causes[0]}: {comes_of_it}"
    else:
        yield from causes
        if comes_of_it and (causes or not replaced.cause):
            yield comes_of_it
        elif comes_of_it:
            yield f"{comes_of_it}, because of {replaced.cause}"
    yield from others
    yield from machines.renewed_alone(preview, old, new)
    yield from _endpoint(preview)
    projects = [one for one in released if one.attribute != "kubernetes"]
    yield from (f"{one.sentence}, rolled out by helm" for one in projects)
    for change in preview.changed:
        if change.type == _HELM:
            yield from _helm(change)


def _endpoint(preview: Preview) -> Iterator[str]:
    old, new = (outputs.get("endpoint") for outputs in preview.outputs)
    if old and new and old != new:
        then = "another one, which is known after the change" if UNKNOWN in str(new) else new
        yield f"the API's endpoint {old} → {then}: kubeconfigs of before no longer lead to it"


def _helm(change: Change) -> Iterator[str]:
    """Yield what happens to a helm release, but for its images, which the release tells better."""
    last = change.name.rpartition("-")[2]
    title = words().projects.get(last, last)
    if change.op in (Op.CREATE, Op.DELETE):
        yield f"{title} is {'deployed' if change.op is Op.CREATE else 'removed'} by helm"
        return
    if change.op is Op.REPLACE and change.causes:
        yield f"{title} is removed and deployed anew, because of {', '.join(change.causes)}"
    for one in change.differences:
        if one.path in ("version", "chart"):
            yield f"{title}: chart {'version ' if one.path == 'version' else ''}{one.old} → {one.new}"
    values = [one for one in change.differences if one.path.startswith("values.") and "image." not in one.path.lower()]
    shown = [f"{one.path.removeprefix('values.')} {one.old} → {one.new}" for one in values if _short(one.old, one.new)]
    if values and len(values) <= _NAMED and len(shown) == len(values):
        yield f"{title} chart values: {', '.join(shown)}"
    elif values:
        names = list(dict.fromkeys(one.path.removeprefix("values.").partition("[")[0] for one in values))
        more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        yield f"{title} chart values: {', '.join(names[:_NAMED])}{more}"


def _short(*values: Any) -> bool:
    return all(len(str(value)) <= 60 and not isinstance(value, dict | list) for value in values)  # noqa: PLR2004


def _resources(preview: Preview) -> Iterator[str]:
    """Yield what is updated and made, alike resources in one line; what is replaced and deleted is shown by itself."""
    groups: dict[tuple[Op, str, tuple[str, ...]], list[Change]] = {}
    for change in preview.changed:
        if change.op in (Op.REPLACE, Op.DELETE) or change.type in words().bookkeeping:
            continue
        roots = tuple(dict.fromkeys(one.path.partition("[")[0] for one in change.differences))
        groups.setdefault((change.op, "" if len(roots) == 1 else change.type, roots), []).append(change)
    for (op, _, roots), changes in groups.items():
        kinds = {change.type.rpartition(":")[2] for change in changes}
        what = kinds.pop() if len(kinds) == 1 else "resources"
        shown = f"{what} {changes[0].name}" if len(changes) == 1 else f"{len(changes)} {what}"
        yield f"{op} {shown}" + (f": {', '.join(roots)}" if roots else "")
