"""A rule of our own in Prometheus' configuration: where it goes, how it gets there, and how it leaves.

Prometheus reads every rule file of a pattern (``rule_files`` with a ``*``) in a folder that a ConfigMap fills. A file
beside the chart's own is added to that ConfigMap for the time of the check; no file that helm owns is changed.
"""

import fnmatch
import json
import time
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

import yaml

from crosscloud.e2e.cluster import Api, proxied
from crosscloud.e2e.manifests import ABANDONED
from crosscloud.e2e.model import Failed, NotYet
from crosscloud.e2e.monitoring import pods_of, prometheus, prometheus_service
from crosscloud.e2e.pods import is_ready

ALERT = "CrosscloudE2e"
#: The label that tells one run's alert from another's.
MARK = "crosscloud_e2e_run"
_PREFIX = "crosscloud-e2e-"


@dataclass(frozen=True)
class Place:
    """The ConfigMap that fills the folder, the pattern of rule files in it, and the pods that mount it."""

    namespace: str
    config_map: str
    pattern: str
    pods: tuple[str, ...]

    @property
    def path(self) -> str:
        """The ConfigMap's path in the API."""
        return f"/api/v1/namespaces/{self.namespace}/configmaps/{self.config_map}"

    def file(self, mark: str, made: int) -> str:
        """Return the name of the file for a run that began at ``made`` (seconds since 1970)."""
        return self.pattern.replace("*", f"{_PREFIX}{made}-{mark}")


def find_place(api: Api) -> Place:
    """Return where a rule can be added, told by Prometheus' own configuration and its pods' mounts."""
    patterns = rule_patterns(prometheus(api, "/api/v1/status/config")["yaml"])
    pods = [pod for pod in pods_of(api, prometheus_service(api)) if is_ready(pod)]
    if not pods:
        raise NotYet("no pod of Prometheus is ready")
    for pattern in patterns:
        config_map = mounted(pods[0], str(pattern.parent))
        if config_map:
            namespace = pods[0]["metadata"]["namespace"]
            return Place(namespace, config_map, pattern.name, tuple(pod["metadata"]["name"] for pod in pods))
    raise Failed(
        "no rule can be added: Prometheus' rule_files need a pattern such as /etc/config/*_rules.yml "
        f"in a folder that a ConfigMap fills, and are {', '.join(map(str, patterns)) or 'without any pattern'}"
    )


def rule_patterns(configuration: str) -> list[PurePosixPath]:
    """Return the ``rule_files`` of a configuration whose file name has a ``*``."""
    files = (yaml.safe_load(configuration) or {}).get("rule_files") or []
    return [path for path in map(PurePosixPath, files) if "*" in path.name]


def mounted(pod: dict[str, Any], folder: str) -> str | None:
    """Return the ConfigMap that a pod's container has mounted at this folder."""
    maps = {v["name"]: v["configMap"]["name"] for v in pod["spec"].get("volumes") or [] if "configMap" in v}
    mounts = [mount for container in pod["spec"]["containers"] for mount in container.get("volumeMounts") or []]
    return next((maps[m["name"]] for m in mounts if m["mountPath"] == folder and m["name"] in maps), None)


def put(api: Api, place: Place, mark: str) -> None:
    """Add the rule, take away those of killed runs, and have the kubelet bring the change into the pods at once."""
    now = int(time.time())
    found = api.get(place.path).get("data") or {}
    changes: dict[str, str | None] = {name: None for name in found if is_abandoned(place, name, now)}
    changes[place.file(mark, now)] = rule_file(mark)
    api.patch(place.path, {"data": changes})
    nudge(api, place, mark)


def take_away(api: Api, place: Place, mark: str) -> None:
    """Take the rule away and have Prometheus forget it; the alert in Alertmanager ends by itself."""
    found = api.get(place.path).get("data") or {}
    ours = [name for name in found if fnmatch.fnmatch(name, place.pattern) and f"-{mark}" in name]
    if ours:
        api.patch(place.path, {"data": dict.fromkeys(ours)})
    nudge(api, place, None)
    groups = prometheus(api, "/api/v1/rules", type="alert")["groups"]
    if any(rule.get("labels", {}).get(MARK) == mark for group in groups for rule in group["rules"]):
        api.post(proxied(prometheus_service(api), "/-/reload"))
        raise NotYet("Prometheus still has the rule that was added for this run")


def nudge(api: Api, place: Place, mark: str | None) -> None:
    """Change an annotation of the pods: the kubelet then looks at their volumes now and not within its minute."""
    for pod in place.pods:
        body = {"metadata": {"annotations": {"crosscloud.cncf.ci/e2e": mark}}}
        api.patch(f"/api/v1/namespaces/{place.namespace}/pods/{pod}", body)


def rule_file(mark: str) -> str:
    """Return a rule that fires at once, as JSON, which YAML is a superset of."""
    rule = {"alert": ALERT, "expr": "vector(1)", "labels": {MARK: mark, "severity": "none"}}
    return json.dumps({"groups": [{"name": f"{_PREFIX}{mark}", "interval": "1s", "rules": [rule]}]})


def is_abandoned(place: Place, name: str, now: int) -> bool:
    """Say whether a file is a rule of ours that is older than any run."""
    before, _, after = place.pattern.partition("*")
    if not name.startswith(before + _PREFIX) or not name.endswith(after):
        return False
    made = name.removeprefix(before + _PREFIX).partition("-")[0]
    return made.isdecimal() and now - int(made) > ABANDONED
