"""What the cross-project component asks the engine for, seen by the engine's own test double."""

import json
from pathlib import Path
from typing import Any

import pulumi
import pytest
from pulumi.runtime import MockResourceArgs, rpc

from components.cluster import Cluster
from components.cross_project import CrossProject
from crosscloud import config
from crosscloud.config import StackConfig
from crosscloud.helm_values.charts import ChartError, locate
from crosscloud.helm_values.coredns import DEPLOYMENT
from tests.components import double
from tests.components.double import IMAGES, same_as_golden, seen

KUBECONFIG = "a kubeconfig that nobody may see"


class Engine(double.Engine):
    """Answers as the Kubernetes provider does."""

    prefix = "kubernetes:"

    def identity(self, args: MockResourceArgs) -> str:
        return args.resource_id or super().identity(args)


class SomeCluster(Cluster):
    """A cluster that is there."""

    def __init__(self, stack: StackConfig) -> None:
        super().__init__("some", stack, IMAGES)
        self.finish(
            kubeconfig=KUBECONFIG,
            endpoint="https://10.0.0.1:6443",
            kubernetes_version="v1.6.3",
            nodes=[],
            lifetime=self,
        )


@pytest.fixture
def engine() -> Engine:
    return double.use(Engine())


def stack(**values: Any) -> StackConfig:
    return config.load({"cloud": "local", **values}, stack="test", files=False)


def deploy(configured: StackConfig) -> CrossProject:
    """Run a program that makes the component, to its end."""
    made: list[CrossProject] = []

    @pulumi.runtime.test  # type: ignore[untyped-decorator]
    def program() -> pulumi.Output[Any]:
        made.append(CrossProject(SomeCluster(configured), configured, IMAGES))
        return pulumi.Output.all(*(one["name"] for one in made[0].releases.values()))

    program()
    return made[0]


def test_the_component_makes_what_the_golden_file_holds(engine: Engine) -> None:
    deploy(stack())
    made = seen(engine)
    for one in made:
        # Content digests change with every edit of a chart; that there is one is another test's matter.
        one["inputs"].pop("description", None)
    same_as_golden(made, "cross_project.json")


def test_the_kubeconfig_is_a_secret_of_the_provider_and_of_nothing_else(engine: Engine) -> None:
    deploy(stack())
    (provider,) = (one for one in engine.made if one.typ == "pulumi:providers:kubernetes")
    assert provider.inputs["kubeconfig"] == {rpc._special_sig_key: rpc._special_secret_sig, "value": KUBECONFIG}
    for one in engine.made:
        assert one is provider or one.typ.startswith("crosscloud:") or KUBECONFIG not in json.dumps(one.inputs)


def test_every_resource_is_a_child_of_the_component(engine: Engine) -> None:
    component = deploy(stack())
    children = {child._name for child in component._childResources}
    made = {one.name for one in engine.made if one.typ.startswith(("kubernetes:", "pulumi:providers:"))}
    assert children == made
    assert made == {"test", "test-coredns", "test-prometheus", "test-monitoring"}


def test_images_come_from_the_release_by_digest(engine: Engine) -> None:
    component = deploy(stack())
    releases = engine.of("Release")
    assert releases["test-coredns"]["values"]["image"]["tag"].endswith(f"@{IMAGES.coredns.digest}")
    assert releases["test-prometheus"]["values"]["server"]["image"]["digest"] == IMAGES.prometheus.digest
    assert component.images == {
        project: getattr(IMAGES, project).reference
        for project in ("alertmanager", "coredns", "node_exporter", "prometheus")
    }


def test_a_failed_release_stays_to_be_looked_at_and_the_wait_is_bounded(engine: Engine) -> None:
    deploy(stack())
    for made in engine.of("Release").values():
        assert made["atomic"] is False
        assert made["skipAwait"] is False
        assert 0 < made["timeout"] <= 600
        assert made["maxHistory"] > 0


def test_a_cluster_that_was_there_before_keeps_its_namespaces(engine: Engine) -> None:
    deploy(config.load({"cloud": "existing", "existing": {"kubeconfig": "some"}}, stack="test", files=False))
    assert not engine.of("Namespace")
    assert engine.of("Release")["test-prometheus"]["createNamespace"] is True


def test_upstream_charts_are_pinned_and_come_from_their_repositories(engine: Engine) -> None:
    deploy(stack(chartSource={"kind": "upstream"}))
    releases = engine.of("Release")
    assert releases["test-coredns"]["repositoryOpts"] == {"repo": "https://coredns.github.io/helm"}
    assert releases["test-coredns"]["version"] == "1.46.2"
    assert releases["test-prometheus"]["version"] == "29.27.0"
    assert "description" not in releases["test-prometheus"]


def test_bundled_charts_name_their_content_and_no_path_of_this_machine(engine: Engine) -> None:
    deploy(stack())
    for made in engine.of("Release").values():
        assert made["chart"].startswith("components/charts/")
        assert "content sha256:" in made["description"]
        assert "repositoryOpts" not in made


def test_the_clusters_upstream_charts_are_the_default_but_on_this_host() -> None:
    assert stack().chart_source.kind == "bundled"
    aws = config.load({"cloud": "aws", "apiAccessCidrs": ["203.0.113.7/32"]}, stack="test", files=False)
    assert aws.chart_source.kind == "upstream"


def test_a_folder_of_charts_is_taken_as_it_is(tmp_path: Path) -> None:
    chart = tmp_path / "my charts" / "coredns"
    chart.mkdir(parents=True)
    (chart / "Chart.yaml").write_text("name: coredns\nversion: 1.2.3\n", encoding="utf-8")
    source = stack(chartSource={"kind": "path", "path": str(chart.parent)}).chart_source
    before = locate(DEPLOYMENT, source)
    assert (before.version, before.repository) == ("1.2.3", None)
    (chart / "values.yaml").write_text("{}\n", encoding="utf-8")
    assert locate(DEPLOYMENT, source).description != before.description


def test_a_folder_without_the_chart_is_refused_with_the_reason(tmp_path: Path) -> None:
    source = stack(chartSource={"kind": "path", "path": str(tmp_path)}).chart_source
    with pytest.raises(ChartError, match=r"there is no chart at .*coredns: chartSource.path must be a folder"):
        locate(DEPLOYMENT, source)
