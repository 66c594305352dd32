"""Prometheus scrapes what there is to scrape, answers queries, and is the release's."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from crosscloud.e2e import monitoring, targets
from crosscloud.e2e.checks.dns import runs
from crosscloud.e2e.cluster import items
from crosscloud.e2e.model import Check, Context, Failed, NotYet
from crosscloud.problems import counted

#: Over this time a rate is asked for: two scrapes have to lie in it, so a fresh Prometheus is waited for.
RATE = "sum by (job) (rate(process_cpu_seconds_total[2m]))"


def run_targets(context: Context) -> list[str]:
    """Wait until every expected target is there and every target is up."""
    return context.deadline.until(lambda: scraped(context))


def scraped(context: Context) -> list[str]:
    """Compare Prometheus' targets with the cluster once."""
    pods = [pod for pod in items(context.api, "/api/v1/pods") if runs(pod, context.release.coredns.image)]
    wanted = targets.expected(context.api, pods)
    found = active_targets(context)
    problems = targets.missing(wanted, found)
    if problems:
        raise NotYet("\n".join(problems))
    jobs = Counter(target["labels"].get("job", "?") for target in found)
    listed = ", ".join(f"{job} {count}" for job, count in sorted(jobs.items()))
    return [f"{counted(len(found), 'target')} up, {len(wanted)} expected: {listed}"]


def run_queries(context: Context) -> list[str]:
    """Compare the version, and ask for ``up`` and for a rate."""
    build = context.deadline.until(lambda: monitoring.prometheus(context.api, "/api/v1/status/buildinfo"))
    wanted = context.release.prometheus.version
    if wanted and build["version"] != wanted:
        raise Failed(f"Prometheus says that it is {build['version'] or 'no version'}, the release names {wanted}")
    context.deadline.until(lambda: agreed_up(context))
    rates = context.deadline.until(lambda: rated(context))
    return [f"Prometheus {build['version']} answered up and a rate over {counted(rates, 'job')}"]


def agreed_up(context: Context) -> None:
    """Compare the query ``up`` with the list of targets: 1 for each that is up, 0 for each that is not."""
    samples = {series(sample["metric"]): sample["value"][1] for sample in monitoring.query(context.api, "up")}
    found = active_targets(context)
    right = {series(target["labels"]): "1" if target["health"] == "up" else "0" for target in found}
    if samples != right or not right:
        odd = sorted(
            f"{job} {instance}" for job, instance in right if samples.get((job, instance)) != right[job, instance]
        )
        raise NotYet(f"the query up does not say what the list of targets does: {', '.join(odd) or 'more of them'}")


def series(labels: Mapping[str, str]) -> tuple[str, str]:
    """Return the two labels that every target has, and no two targets share."""
    return labels.get("job", ""), labels.get("instance", "")


def active_targets(context: Context) -> list[dict[str, Any]]:
    """Return what Prometheus scrapes."""
    data = monitoring.prometheus(context.api, "/api/v1/targets", state="active")
    found: list[dict[str, Any]] = data["activeTargets"]
    return found


def rated(context: Context) -> int:
    """Return for how many jobs a rate is known; every job of ours has used processor time."""
    samples = monitoring.query(context.api, RATE)
    if not samples:
        raise NotYet(f"the query {RATE} has no result yet: it needs two scrapes")
    return len(samples)


TARGETS = Check("prometheus-targets", "Prometheus has every expected target, and all are up", run_targets)
QUERIES = Check("prometheus-queries", "Prometheus is the release's and answers queries", run_queries)
