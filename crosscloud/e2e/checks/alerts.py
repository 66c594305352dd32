"""A rule that is made to fire in Prometheus arrives in Alertmanager."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from crosscloud.e2e import monitoring, rules
from crosscloud.e2e.cluster import proxied
from crosscloud.e2e.model import Check, Context, Failed, NotYet
from crosscloud.e2e.wait import Deadline

#: Seconds for taking the rule away again, also when the check's own time is up.
REMOVAL = 30.0


def run(context: Context) -> list[str]:
    """Add a rule of this run's own, wait for its alert in Prometheus and in Alertmanager, and take the rule away."""
    status = context.deadline.until(lambda: monitoring.alertmanager(context.api, "/api/v2/status"))
    version, wanted = status["versionInfo"]["version"], context.release.alertmanager.version
    if wanted and version != wanted:
        raise Failed(f"Alertmanager says that it is {version or 'no version'}, the release names {wanted}")
    mark = secrets.token_hex(4)
    with rule(context, mark):
        context.deadline.until(lambda: loaded(context, mark))
        context.deadline.until(lambda: arrived(context, mark))
    return [f"{rules.ALERT}{{run={mark!r}}} fired in Prometheus and arrived in Alertmanager {version}"]


@contextmanager
def rule(context: Context, mark: str) -> Iterator[None]:
    """Keep the rule in Prometheus' configuration for as long as the block runs."""
    place = context.deadline.until(lambda: rules.find_place(context.api))
    rules.put(context.api, place, mark)
    try:
        yield
    finally:
        # A deadline of its own, which an interruption doesn't end: what was added is taken away in any case.
        Deadline(REMOVAL).until(lambda: rules.take_away(context.api, place, mark))


def loaded(context: Context, mark: str) -> None:
    """Have Prometheus read its rules again until it has ours, and look whether it fires."""
    groups = monitoring.prometheus(context.api, "/api/v1/rules", type="alert")["groups"]
    ours = [r for group in groups for r in group["rules"] if r.get("labels", {}).get(rules.MARK) == mark]
    if not ours:
        # The kubelet brings the new file into the pod within a second or two; only then does a reload find it.
        context.api.post(proxied(monitoring.prometheus_service(context.api), "/-/reload"))
        raise NotYet("Prometheus has not loaded the rule that was added to its configuration")
    if ours[0]["state"] != "firing":
        error = f": {ours[0]['lastError']}" if ours[0].get("lastError") else ""
        raise NotYet(f"the rule is {ours[0]['state']} in Prometheus, not firing{error}")


def arrived(context: Context, mark: str) -> None:
    """Look whether Alertmanager has exactly this run's alert."""
    alerts: list[dict[str, Any]] = monitoring.alertmanager(
        context.api, "/api/v2/alerts", filter=f'{rules.MARK}="{mark}"'
    )
    if not [alert for alert in alerts if alert["labels"].get("alertname") == rules.ALERT]:
        raise NotYet(f"the alert fires in Prometheus but has not arrived in Alertmanager; {known(context)}")


def known(context: Context) -> str:
    """Return which Alertmanagers Prometheus sends to, for the reason of a failure."""
    found = monitoring.prometheus(context.api, "/api/v1/alertmanagers")["activeAlertmanagers"]
    listed = ", ".join(one["url"] for one in found)
    return f"Prometheus sends to {listed}" if listed else "Prometheus knows no Alertmanager"


CHECK = Check("alerts", "A rule made to fire arrives in Alertmanager", run)
