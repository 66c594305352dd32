"""What the cross-project component asks the engine for, seen by the engine's own test double."""

import json
import os
from pathlib import Path
from typing import Any

import pulumi
import pytest
from pulumi.runtime import Mocks, rpc

from components.cluster import Cluster
from components.cross_project import CrossProject
from crosscloud import config
from crosscloud.config import StackConfig
from crosscloud.helm_values.charts import ChartError, locate
from crosscloud.helm_values.coredns import DEPLOYMENT
from crosscloud.release import Image, Release

GOLDENS = Path(__file__).parent / "goldens"
KUBECONFIG = "a kubeconfig that nobody may see"
RELEASE = "kubernetes:helm.sh/v3:Release"


def image(project: str) -> Image:
    return Image(f"registry.cncf.ci/{project}", "ci-v1.6.3.fd07e315.6097", "sha256:" + "0123456789abcdef" * 4)


IMAGES = Release(**{name: image(name) for name in Release.__slots__})


class Engine(Mocks):
    """Keeps what is registered, in the order of registration."""

    def __init__(self) -> None:
        self.made: list[pulumi.runtime.MockResourceArgs] = []

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        self.made.append(args)
        return args.resource_id or f"{args.name}-id", dict(args.inputs)

    def call(self, args: pulumi.runtime.MockCallArgs) -> tuple[dict[Any, Any], list[tuple[str, str]] | None]:
        raise AssertionError(f"nothing is asked of the cloud: {args.token}")

    def of(self, kind: str) -> dict[str, pulumi.runtime.MockResourceArgs]:
        return {one.name: one for one in self.made if one.typ == kind}


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
    mocks = Engine()
    pulumi.runtime.set_mocks(mocks, project="crosscloud", stack="test")
    return mocks


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
    made = [
        {"type": one.typ, "name": one.name, "inputs": one.inputs}
        for one in engine.made
        if one.typ.startswith("kubernetes:")
    ]
    for one in made:
        # Content digests change with every edit of a chart; that there is one is another test's matter.
        one["inputs"] = {key: value for key, value in dict(one["inputs"]).items() if key != "description"}
    text = json.dumps(sorted(made, key=lambda one: (one["type"], one["name"])), indent=2, sort_keys=True) + "\n"
    golden = GOLDENS / "cross_project.json"
    if os.environ.get("CROSSCLOUD_UPDATE_GOLDEN") == "1":
        golden.parent.mkdir(exist_ok=True)
        golden.write_text(text, encoding="utf-8")
    assert text == golden.read_text(encoding="utf-8")


def test_the_kubeconfig_is_a_secret_of_the_provider_and_of_nothing_else(engine: Engine) -> None:
    deploy(stack())
    (provider,) = engine.of("pulumi:providers:kubernetes").values()
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
    releases = engine.of(RELEASE)
    assert releases["test-coredns"].inputs["values"]["image"]["tag"].endswith(f"@{IMAGES.coredns.digest}")
    assert releases["test-prometheus"].inputs["values"]["server"]["image"]["digest"] == IMAGES.prometheus.digest
    assert component.images == {
        project: getattr(IMAGES, project).reference
        for project in ("alertmanager", "coredns", "node_exporter", "prometheus")
    }


def test_a_failed_release_stays_to_be_looked_at_and_the_wait_is_bounded(engine: Engine) -> None:
    deploy(stack())
    for made in engine.of(RELEASE).values():
        assert made.inputs["atomic"] is False
        assert made.inputs["skipAwait"] is False
        assert 0 < made.inputs["timeout"] <= 600
        assert made.inputs["maxHistory"] > 0


def test_a_cluster_that_was_there_before_keeps_its_namespaces(engine: Engine) -> None:
    deploy(config.load({"cloud": "existing", "existing": {"kubeconfig": "some"}}, stack="test", files=False))
    assert not engine.of("kubernetes:core/v1:Namespace")
    assert engine.of(RELEASE)["test-prometheus"].inputs["createNamespace"] is True


def test_upstream_charts_are_pinned_and_come_from_their_repositories(engine: Engine) -> None:
    deploy(stack(chartSource={"kind": "upstream"}))
    releases = engine.of(RELEASE)
    assert releases["test-coredns"].inputs["repositoryOpts"] == {"repo": "https://coredns.github.io/helm"}
    assert releases["test-coredns"].inputs["version"] == "1.46.2"
    assert releases["test-prometheus"].inputs["version"] == "29.27.0"
    assert "description" not in releases["test-prometheus"].inputs


def test_bundled_charts_name_their_content_and_no_path_of_this_machine(engine: Engine) -> None:
    deploy(stack())
    for made in engine.of(RELEASE).values():
        assert made.inputs["chart"].startswith("components/charts/")
        assert "content sha256:" in made.inputs["description"]
        assert "repositoryOpts" not in made.inputs


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
