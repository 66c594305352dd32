"""The bundled charts, rendered by the genuine helm; ``CROSSCLOUD_UPDATE_GOLDEN=1`` rewrites the golden files."""

import copy
import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from crosscloud.helm_values import PROJECTS, HelmProject, coredns, prometheus
from crosscloud.helm_values.charts import BUNDLED

from .conftest import Configure
from .releases import RELEASES
from .rendering import RenderError, assert_holds_for_every_chart, containers, render, the

GOLDENS = Path(__file__).parent / "goldens"
CI = RELEASES["ci-digest"]
every_project = pytest.mark.parametrize("project", PROJECTS, ids=lambda project: project.DEPLOYMENT.name)


@every_project
@pytest.mark.parametrize("name", RELEASES)
def test_every_form_of_tag_renders_and_holds_what_is_promised(
    helm: str, configure: Configure, project: HelmProject, name: str
) -> None:
    config = configure("local")
    objects = render(helm, chart(project), project, project.values(RELEASES[name], config))
    assert_holds_for_every_chart(objects, project, RELEASES[name], config)


@pytest.mark.parametrize(
    ("project", "cloud"),
    [(coredns, "local"), (coredns, "existing"), (prometheus, "local")],
    ids=["coredns-local", "coredns-existing", "prometheus-local"],
)
def test_the_rendered_chart_is_the_golden_one(
    helm: str, configure: Configure, project: HelmProject, cloud: str
) -> None:
    objects = render(helm, chart(project), project, project.values(CI, configure(cloud)))
    text = yaml.safe_dump_all(objects, sort_keys=True, width=120)
    golden = GOLDENS / f"{project.DEPLOYMENT.name}-{cloud}.yaml"
    if os.environ.get("CROSSCLOUD_UPDATE_GOLDEN") == "1":
        golden.write_text(text, encoding="utf-8")
    assert text == golden.read_text(encoding="utf-8")


@every_project
def test_a_key_that_the_chart_does_not_know_is_refused(helm: str, configure: Configure, project: HelmProject) -> None:
    values = project.values(CI, configure("local"))
    render(helm, chart(project), project, values)
    for changed in misspelt(values):
        with pytest.raises(RenderError, match="additional properties 'tyop' not allowed"):
            render(helm, chart(project), project, changed)


@pytest.mark.parametrize(
    "path",
    [
        "server.persistentVolume.enabled",
        "alertmanager.persistence.enabled",
        "configmapReload.prometheus.enabled",
        "kube-state-metrics.enabled",
        "prometheus-pushgateway.enabled",
    ],
)
def test_what_the_bundled_chart_cannot_do_is_refused(helm: str, configure: Configure, path: str) -> None:
    values = prometheus.values(CI, configure("local"))
    *parents, last = path.split(".")
    block = values
    for key in parents:
        block = block[key]
    block[last] = True
    with pytest.raises(RenderError, match="value must be false"):
        render(helm, chart(prometheus), prometheus, values)


@every_project
def test_a_chart_without_values_asks_for_the_image(helm: str, project: HelmProject) -> None:
    with pytest.raises(RenderError, match="/image/repository"):
        render(helm, chart(project), project, {})


def test_a_dns_server_beside_another_takes_nothing_from_it(helm: str, configure: Configure) -> None:
    objects = render(helm, chart(coredns), coredns, coredns.values(CI, configure("existing")))
    assert {one["metadata"]["name"] for one in objects} == {"crosscloud-coredns"}
    selector = the(objects, "Service", "crosscloud-coredns")["spec"]["selector"]
    assert selector["k8s-app"] == "crosscloud-coredns"


def test_dns_metrics_are_a_container_port_by_which_they_are_found(helm: str, configure: Configure) -> None:
    objects = render(helm, chart(coredns), coredns, coredns.values(CI, configure("local")))
    (container,) = containers(objects)
    assert coredns.METRICS_PORT in {port["containerPort"] for port in container["ports"]}


def chart(project: HelmProject) -> Path:
    return BUNDLED / project.DEPLOYMENT.chart


#: Blocks whose content is the Kubernetes API's or the program's own, not the chart's.
_FREE = {"affinity", "config", "containerSecurityContext", "extraArgs", "podAnnotations", "podSecurityContext"}
_FREE |= {"external_labels", "resources", "securityContext", "scrapeConfigs", "alerting_rules.yml"}


def misspelt(values: dict[str, Any]) -> list[dict[str, Any]]:
    """Return a copy of the values for each block of the chart, with a key in it that no chart knows."""
    made: list[dict[str, Any]] = []

    def walk(block: dict[str, Any], at: tuple[str, ...]) -> None:
        changed = copy.deepcopy(values)
        inner = changed
        for key in at:
            inner = inner[key]
        inner["tyop"] = 1
        made.append(changed)
        for key, value in block.items():
            if isinstance(value, dict) and key not in _FREE:
                walk(value, (*at, key))

    walk(values, ())
    return made
