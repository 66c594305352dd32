"""The upstream charts with our values; run by ``make test-upstream-charts``, for it needs the charts' repositories.

Where those can't be reached, ``CROSSCLOUD_UPSTREAM_CHARTS`` may name a folder with the unpacked charts ``coredns`` and
``prometheus``, the latter with its dependencies in ``charts/``.
"""

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from crosscloud.helm_values import PROJECTS, HelmProject, coredns, prometheus
from crosscloud.helm_values.charts import BUNDLED

from .conftest import Configure
from .releases import RELEASES
from .rendering import Object, assert_holds_for_every_chart, pods, render, the

CI = RELEASES["ci-digest"]


@pytest.fixture(scope="session")
def charts(helm: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the upstream charts, in the versions that are pinned."""
    given = os.environ.get("CROSSCLOUD_UPSTREAM_CHARTS")
    folder = Path(given) if given else tmp_path_factory.mktemp("upstream charts")
    for project in PROJECTS:
        pinned = project.DEPLOYMENT
        if not given:
            pull = [helm, "pull", pinned.chart, "--repo", pinned.repository, "--version", pinned.version]
            subprocess.run([*pull, "--untar", "--untardir", str(folder)], check=True)
        metadata = yaml.safe_load((folder / pinned.chart / "Chart.yaml").read_text(encoding="utf-8"))
        assert metadata["version"] == pinned.version
    return folder


@pytest.mark.parametrize("project", PROJECTS, ids=lambda project: project.DEPLOYMENT.name)
@pytest.mark.parametrize("name", RELEASES)
def test_every_form_of_tag_renders_and_holds_what_is_promised(
    helm: str, charts: Path, configure: Configure, project: HelmProject, name: str
) -> None:
    config = configure("local")
    objects = render(helm, charts / project.DEPLOYMENT.chart, project, project.values(RELEASES[name], config))
    assert_holds_for_every_chart(objects, project, RELEASES[name], config)


@pytest.mark.parametrize("project", PROJECTS, ids=lambda project: project.DEPLOYMENT.name)
@pytest.mark.parametrize("cloud", ["local", "existing"])
def test_one_chart_can_follow_the_other(
    helm: str, charts: Path, configure: Configure, project: HelmProject, cloud: str
) -> None:
    """What Kubernetes never lets change, and what others rely on, is the same in both."""
    values = project.values(CI, configure(cloud))
    upstream = render(helm, charts / project.DEPLOYMENT.chart, project, values)
    bundled = render(helm, BUNDLED / project.DEPLOYMENT.chart, project, values)
    assert unchangeable(upstream) == unchangeable(bundled)
    for (name, theirs), (same, ours) in zip(pods(upstream), pods(bundled), strict=True):
        assert name == same
        assert theirs["securityContext"] == ours["securityContext"]
        assert theirs.get("tolerations") == ours.get("tolerations")
        assert theirs.get("priorityClassName") == ours.get("priorityClassName")


def test_prometheus_is_configured_alike(helm: str, charts: Path, configure: Configure) -> None:
    values = prometheus.values(CI, configure("local"))
    upstream = the(render(helm, charts / "prometheus", prometheus, values), "ConfigMap", "prometheus-server")
    bundled = the(render(helm, BUNDLED / "prometheus", prometheus, values), "ConfigMap", "prometheus-server")
    for file in ("prometheus.yml", "alerting_rules.yml"):
        theirs, ours = (yaml.safe_load(one["data"][file]) for one in (upstream, bundled))
        for configuration in (theirs, ours):
            configuration.get("scrape_configs", []).sort(key=lambda job: job["job_name"])
        assert theirs == ours


def test_coredns_is_configured_alike(helm: str, charts: Path, configure: Configure) -> None:
    values = coredns.values(CI, configure("local"))
    upstream, bundled = (
        the(render(helm, folder / "coredns", coredns, values), "ConfigMap", "coredns")["data"]["Corefile"].split()
        for folder in (charts, BUNDLED)
    )
    assert upstream == bundled


def unchangeable(objects: list[Object]) -> dict[str, Any]:
    """Return each service's name, ports and address, and each workload's selector."""
    found: dict[str, Any] = {}
    for one in objects:
        key = f"{one['kind']} {one['metadata']['name']}"
        if one["kind"] == "Service":
            ports = [(port["name"], port["port"], port["protocol"]) for port in one["spec"]["ports"]]
            found[key] = (one["spec"].get("clusterIP"), ports, one["spec"]["selector"])
        elif one["kind"] in {"DaemonSet", "Deployment", "StatefulSet"}:
            found[key] = (one["spec"]["selector"], one["spec"].get("serviceName"))
    return found
