"""Prometheus scrapes what there is to scrape, answers queries, and is the release's."""

from collections import Counter
from typing import Any

from crosscloud.e2e import monitoring, targets
from crosscloud.e2e.checks.dns import runs
from crosscloud.e2e.cluster import items
from crosscloud.e2e.model import Check, Context, Failed, NotYet
from crosscloud.e2e.pods import plural

#: Over this time a rate is asked for: two scrapes have to lie in it, so a fresh Prometheus is waited for.
RATE = "sum by (job) (rate(process_cpu_seconds_total[2m]))"


def run_targets(context: Context) -> list[str]:
    """Wait until every expected target is there and every target is up."""
    return context.deadline.until(lambda: scraped(context))


def scraped(context: Context) -> list[str]:
    """Compare Prometheus' targets with the cluster once."""
    pods = [pod for pod in items(context.api, "/api/v1/pods") if runs(pod, context.release.coredns.image)]
    wanted = targets.expected(context.api, [pod for pod in pods if not pod["metadata"].get("deletionTimestamp")])
    found: list[dict[str, Any]] = monitoring.prometheus(context.api, "/api/v1/targets", state="active")["activeTargets"]
    problems = targets.missing(wanted, found)
    if problems:
        raise NotYet("\n".join(problems))
    jobs = Counter(target["labels"].get("job", "?") for target in found)
    listed = ", ".join(f"{job} {count}" for job, count in sorted(jobs.items()))
    return [f"{plural(len(found), 'target')} up, {len(wanted)} expected: {listed}"]


def run_queries(context: Context) -> list[str]:
    """Compare the version, and ask for ``up`` and for a rate."""
    build = context.deadline.until(lambda: monitoring.prometheus(context.api, "/api/v1/status/buildinfo"))
    wanted = context.release.prometheus.version
    if wanted and build["version"] != wanted:
        raise Failed(f"Prometheus says that it is {build['version'] or 'no version'}, the release names {wanted}")
    context.deadline.until(lambda: agreed_up(context))
    rates = context.deadline.until(lambda: rated(context))
    return [f"Prometheus {build['version']} answered up and a rate over {plural(rates, 'job')}"]


def agreed_up(context: Context) -> int:
    """Return how many series ``up`` has, all of them 1."""
    samples = monitoring.query(context.api, "up")
    down = [f"up is {s['value'][1]} for {s['metric'].get('job')} {s['metric'].get('instance')}" for s in samples]
    down = [line for line, sample in zip(down, samples, strict=True) if float(sample["value"][1]) != 1]
    if down or not samples:
        raise NotYet("\n".join(down) or "the query up has no result yet")
    return len(samples)


def rated(context: Context) -> int:
    """Return for how many jobs a rate is known; every job of ours has used processor time."""
    samples = monitoring.query(context.api, RATE)
    if not samples:
        raise NotYet(f"the query {RATE} has no result yet: it needs two scrapes")
    return len(samples)


TARGETS = Check("prometheus-targets", "Prometheus has every expected target, and all are up", run_targets)
QUERIES = Check("prometheus-queries", "Prometheus is the release's and answers queries", run_queries)
