"""What loading a stack's values promises beside the errors that the fixtures show."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from crosscloud import config
from crosscloud.config.stacks import STACKS
from crosscloud.config.suggestions import keys
from crosscloud.paths import ROOT

ACCESS = {"apiAccessCidrs": ["198.51.100.7/32"]}
LOCAL = {"cloud": "local"}

WriteStack = Callable[..., Path]


@pytest.fixture
def write_stack(tmp_path: Path) -> WriteStack:
    """Return a function that writes a stack's file, with a release beside it, in a folder with spaces in its name."""
    folder = tmp_path / "a checkout with spaces"
    folder.mkdir()
    (folder / "release.env").write_text((ROOT / "release.env").read_text())

    def write(text: str, name: str = "Pulumi.test.yaml") -> Path:
        (folder / name).write_text(text)
        return folder / name

    return write


def refused(values: dict[str, Any], stack_file: Path | None = None, **options: Any) -> list[str]:
    with pytest.raises(config.ConfigErrors) as caught:
        config.load(values, stack="test", stack_file=stack_file, **options)
    return [str(problem) for problem in caught.value.problems]


def test_the_smallest_local_stack_has_every_default() -> None:
    stack = config.load(LOCAL, stack="demo")

    assert isinstance(stack, config.LocalStack)
    assert (stack.name, stack.cluster_domain, stack.arch) == ("demo", "cluster.local", "amd64")
    assert (stack.pod_cidr, stack.service_cidr, stack.dns_service_ip) == (
        "10.244.0.0/16",
        "10.96.0.0/16",
        "10.96.0.10",
    )
    assert (stack.control_planes.count, stack.workers.count) == (1, 1)
    assert stack.release_file == ROOT / "release.env"
    assert stack.chart_source.kind == "bundled"
    assert (stack.local.network_cidr, stack.local.outbound, stack.local.registry_port) == (None, True, 5001)


@pytest.mark.parametrize(
    ("cloud", "arch", "sizes"),
    [
        ("aws", "amd64", ("t3.medium", "t3.large")),
        ("aws", "arm64", ("t4g.medium", "t4g.large")),
        ("azure", "arm64", ("Standard_B2ps_v2", "Standard_B2ps_v2")),
        ("gce", "amd64", ("e2-standard-2", "e2-standard-2")),
    ],
)
def test_a_size_that_is_left_out_follows_cloud_and_architecture(cloud: str, arch: str, sizes: tuple[str, str]) -> None:
    stack = config.load({"cloud": cloud, "arch": arch, **ACCESS}, stack="demo")

    assert isinstance(stack, config.CloudStack)
    assert isinstance(stack, config.AwsStack | config.AzureStack | config.GceStack)
    assert (stack.control_planes.size, stack.workers.size) == sizes


def test_one_given_size_leaves_the_other_at_its_default() -> None:
    stack = config.load({"cloud": "aws", **ACCESS, "workers": {"size": "m7i.large"}}, stack="demo")

    assert isinstance(stack, config.AwsStack)
    assert (stack.control_planes.size, stack.workers.size) == ("t3.medium", "m7i.large")


def test_the_dns_address_follows_the_service_network() -> None:
    assert config.load({**LOCAL, "serviceCidr": "172.20.0.0/20"}, stack="x").dns_service_ip == "172.20.0.10"


def test_on_gke_the_dns_address_leaves_googles_own_alone() -> None:
    assert config.load({"cloud": "gke", **ACCESS}, stack="x").dns_service_ip == "10.96.0.11"


def test_a_stack_whose_name_is_no_cluster_name_is_told_to_give_one() -> None:
    with pytest.raises(config.ConfigErrors) as caught:
        config.load(LOCAL, stack="My_Stack")

    assert "crosscloud:clusterName: 'My_Stack' can't be a cluster's name" in str(caught.value)
    assert "this is the default, so give another" in str(caught.value)


def test_a_stack_cannot_be_changed() -> None:
    stack = config.load(LOCAL, stack="x")

    with pytest.raises(ValueError, match="frozen"):
        setattr(stack, "name", "y")  # noqa: B010  # the type checker refuses it too, as it should


def test_the_kubeconfig_of_the_environment_is_the_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "kubeconfig").touch()
    monkeypatch.setenv("KUBECONFIG", f"{tmp_path / 'kubeconfig'}:/somewhere/else")

    stack = config.load({"cloud": "existing"}, stack="x")

    assert isinstance(stack, config.ExistingStack)
    assert stack.existing.kubeconfig == tmp_path / "kubeconfig"


def test_a_release_that_was_not_built_yet_is_refused_with_what_builds_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CROSSCLOUD_HOME", str(tmp_path))

    with pytest.raises(config.ConfigErrors, match=r"release\.env, which `crosscloud artifacts build` writes\)"):
        config.load({**LOCAL, "releaseFile": ".crosscloud/release.env"}, stack="x")


def test_a_path_below_the_home_folder_follows_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CROSSCLOUD_HOME", str(tmp_path / "elsewhere with spaces"))
    (tmp_path / "elsewhere with spaces").mkdir()
    (tmp_path / "elsewhere with spaces" / "release.env").touch()

    stack = config.load({**LOCAL, "releaseFile": ".crosscloud/release.env"}, stack="x")

    assert stack.release_file == tmp_path / "elsewhere with spaces" / "release.env"


@pytest.mark.parametrize("given", ["2027-03-31", date(2027, 3, 31), "2027-03-31 00:00:00 +0000 UTC"])
def test_a_day_is_a_day_with_quotes_and_without_read_by_us_and_by_the_engine(given: object) -> None:
    stack = config.load({"cloud": "aws", **ACCESS, "expiry": given}, stack="x")

    assert isinstance(stack, config.AwsStack)
    assert stack.expiry == "2027-03-31"


def test_a_missing_file_can_be_left_for_later() -> None:
    stack = config.load({**LOCAL, "releaseFile": "not-yet.env"}, stack="x", files=False)

    assert stack.release_file == ROOT / "not-yet.env"


def test_a_value_that_was_set_elsewhere_is_not_blamed_on_a_line(write_stack: WriteStack) -> None:
    file = write_stack("config:\n  crosscloud:cloud: local\n  crosscloud:podCidr: 10.32.0.0/14\n")

    (changed,) = refused({**LOCAL, "podCidr": "10.0.0.1"}, file)
    (added,) = refused({**LOCAL, "podCidr": "10.32.0.0/14", "arch": "mips"}, file)

    assert changed.startswith("set outside Pulumi.test.yaml (by --config or the environment): crosscloud:podCidr: ")
    assert added.startswith("set outside Pulumi.test.yaml (by --config or the environment): crosscloud:arch: ")


def test_a_value_of_the_project_file_is_told_with_its_line(write_stack: WriteStack) -> None:
    file = write_stack("config:\n  crosscloud:cloud: local\n")
    project = write_stack("name: crosscloud\nconfig:\n  arch:\n    value: mips\n", "Pulumi.yaml")

    (problem,) = refused({**LOCAL, "arch": "mips"}, file)

    assert problem.startswith(f"{project}:3: crosscloud:arch: 'mips'")


def test_without_a_stack_file_an_error_names_the_configuration() -> None:
    assert refused({**LOCAL, "arch": "mips"})[0].startswith("configuration: crosscloud:arch: 'mips'")


def test_a_stack_file_that_is_no_yaml_still_gives_the_errors(write_stack: WriteStack) -> None:
    file = write_stack("config: [\n")

    assert "crosscloud:arch: 'mips'" in refused({**LOCAL, "arch": "mips"}, file)[0]


def test_a_secret_value_is_never_shown() -> None:
    (problem,) = refused({**LOCAL, "clusterDomain": "hunter2!"}, secrets=["crosscloud:clusterDomain"])

    assert "hunter2" not in problem
    assert "crosscloud:clusterDomain: is refused" in problem


JUNK: list[Any] = [
    None,
    "",
    "x",
    "[",
    "{",
    "{}",
    "[]",
    1,
    -1,
    1.5,
    True,
    [],
    [1],
    [None],
    {},
    {"a": {}},
    {"count": [1]},
]


def junk_in_every_key() -> Iterator[tuple[str, dict[str, Any]]]:
    for cloud, model in STACKS.items():
        for path in keys(model):
            for junk in JUNK:
                block: Any = junk
                for part in reversed(path[1:]):
                    block = {part: block}
                yield f"{cloud} {path} {junk!r}", {"cloud": cloud, **ACCESS, str(path[0]): block}


def test_whatever_stands_in_a_key_gives_a_stack_or_errors_but_never_a_crash() -> None:
    outcomes: dict[str, list[str]] = {}
    for what, values in junk_in_every_key():
        try:
            config.load(values, stack="test")
            outcomes[what] = []
        except config.ConfigErrors as errors:
            outcomes[what] = [problem.key for problem in errors.problems]

    refusals = [found for found in outcomes.values() if found]
    assert len(outcomes) / 2 < len(refusals) < len(outcomes)
    assert all(key.startswith("crosscloud:") for found in refusals for key in found)


def test_loading_a_right_stack_needs_neither_the_yaml_parser_nor_the_engines_sdk() -> None:
    program = (
        "import json, sys; from crosscloud import config; config.load({'cloud': 'local'}, stack='x');"
        "print(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))"
    )
    loaded = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True, cwd=ROOT)

    assert not {"ruamel", "pulumi", "dotenv", "rich", "kubernetes"} & set(json.loads(loaded.stdout))
