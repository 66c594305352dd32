"""A change previews the stacks that it can reach: none for documents, every one for the release."""

import ast
import subprocess
from functools import cache
from pathlib import Path

import pytest
from typer.testing import CliRunner

from components import CLOUDS
from crosscloud import paths
from crosscloud.cli.app import app
from crosscloud.config.stacks import STACKS
from crosscloud.preview.changed import BaseError, changed_files
from crosscloud.preview.touched import EVERYTHING, PATTERNS, StackFile, clouds_of, known, touched
from tests.gitlab import gitlab_stub

ONE_EACH = [StackFile(cloud, cloud, (f"Pulumi.{cloud}.yaml", "release.env")) for cloud in STACKS]
#: What is not followed: it looks whether what is applied is what was reviewed, and makes no resource.
ONLY_LOOKS = "crosscloud/review/"
#: The machines on this host, which our plugin makes for local stacks alone.
OUR_MACHINES = "crosscloud/machines/"
UNKNOWN = "0" * 40


def tracked() -> list[str]:
    command = ["git", "ls-files", "-z"]
    listed = subprocess.run(command, cwd=paths.ROOT, capture_output=True, text=True, check=True).stdout
    return [name for name in listed.split("\0") if name]


def reached(*files: str) -> list[str]:
    return list(touched(files, ONE_EACH))


@pytest.mark.parametrize(
    "files",
    [
        ["README.md", "CHANGELOG.md", "docs/configuration.md", "docs/images/make-up.svg", "docs/stack.schema.json"],
        ["tests/components/test_aws.py", "tests/crosscloud/config/release.env", "toolchain/test.sh", "Makefile"],
        [".gitlab-ci.yml", ".gitlab/ci/preview.yml", "Dockerfile", ".ci/run"],
        ["crosscloud/e2e/checks/dns.py", "crosscloud/report/judge.py", "crosscloud/plugins/simulated_aws/ec2.py"],
        [],
    ],
)
def test_documents_tests_and_pipelines_preview_nothing(files: list[str]) -> None:
    assert reached(*files) == []


@pytest.mark.parametrize(
    "file",
    [
        "release.env",
        "requirements.txt",
        "__main__.py",
        "Pulumi.yaml",
        "components/cluster.py",
        "components/charts/coredns/values.yaml",
        "crosscloud/bootstrap/templates/lib.sh",
        "crosscloud/config/stacks.py",
        "crosscloud/helm_values/coredns.py",
        "crosscloud/plugins/crosscloud/node.py",
        "policy/rules/exposure.py",
        "toolchain/pulumi/go.mod",
        "something/nobody/thought/of.txt",
    ],
)
def test_what_all_share_previews_every_stack(file: str) -> None:
    assert reached(file) == sorted(STACKS)


@pytest.mark.parametrize(
    ("file", "stacks"),
    [
        ("Pulumi.aws.yaml", ["aws"]),
        ("components/aws.py", ["aws"]),
        ("components/aws_network.py", ["aws"]),
        ("components/gce_machines.py", ["gce", "gke"]),
        ("components/gke_nodes.py", ["gke"]),
        ("crosscloud/config/azure_checks.py", ["azure"]),
        ("crosscloud/gke_versions.py", ["gke"]),
        ("crosscloud/machines/nft.py", ["local"]),
    ],
)
def test_what_is_one_clouds_previews_its_stacks(file: str, stacks: list[str]) -> None:
    assert reached(file, "README.md") == stacks


def test_every_file_of_the_repository_is_classified_on_purpose() -> None:
    """What fits no pattern counts for every stack: these places are meant to; a new one is to be thought about."""
    shared = {
        "__main__.py",
        "Pulumi.yaml",
        "pyproject.toml",
        "requirements.txt",
        "components",
        "crosscloud",
        "policy",
    }
    unclassified = {file for file in tracked() if clouds_of(file) is None}
    assert {file.split("/")[0] for file in unclassified} == shared


def test_every_pattern_is_of_use() -> None:
    files = tracked()
    for pattern, clouds in PATTERNS:
        forms = [pattern] if clouds is not None else [pattern.format(cloud=cloud) for cloud in STACKS]
        assert any(Path(file).match(form) or _starts(file, form) for file in files for form in forms), pattern


def _starts(file: str, form: str) -> bool:
    return form.endswith("*") and file.startswith(form.removesuffix("*"))


@pytest.mark.parametrize("cloud", sorted(CLOUDS))
def test_what_a_clouds_program_imports_reaches_its_stacks(cloud: str) -> None:
    """Followed through every import of the program and of our plugin, be it inside of a function."""
    component = CLOUDS[cloud].partition(":")[0]
    program = (
        "__main__",
        component,
        "crosscloud.plugins.crosscloud.__main__",
        "crosscloud.plugins.kubernetes.__main__",
    )
    files = _imports(*program, without=(ONLY_LOOKS, *(() if cloud == "local" else (OUR_MACHINES,))))
    others = [name for name in STACKS if name != cloud]
    own_of_others = {file for file in files if any(_named_after(file, other) for other in others)}
    assert [file for file in sorted(files - own_of_others) if cloud not in reached(file)] == []
    assert f"components/{cloud}.py" in files


def _named_after(file: str, cloud: str) -> bool:
    return clouds_of(file) == frozenset({cloud}) and Path(file).name.startswith(f"{cloud}_")


def _imports(*modules: str, without: tuple[str, ...]) -> set[str]:
    found: set[str] = set()
    queue = list(modules)
    while queue:
        module = queue.pop()
        name = _file(module)
        if name is None or name in found or name.startswith(without):
            continue
        found.add(name)
        queue += [module.rpartition(".")[0], *_imported(name)]
    return found


def _file(module: str) -> str | None:
    place = paths.ROOT / Path(*module.split("."))
    file = place / "__init__.py" if place.is_dir() else place.with_suffix(".py")
    return file.relative_to(paths.ROOT).as_posix() if module and file.is_file() else None


@cache
def _imported(file: str) -> tuple[str, ...]:
    found: list[str] = []
    for node in ast.walk(ast.parse((paths.ROOT / file).read_text())):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            found += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return tuple(found)


def test_the_stacks_are_those_of_the_projects_files() -> None:
    assert {stack.name: stack.cloud for stack in known(paths.ROOT)} == {
        file.name.split(".")[1]: file.name.split(".")[1] for file in paths.ROOT.glob("Pulumi.*.yaml")
    }


def test_a_stack_is_reached_by_its_cloud_and_by_the_files_it_names(tmp_path: Path) -> None:
    folder = tmp_path / "clusters"
    folder.mkdir()
    (folder / "Pulumi.eu.yaml").write_text(
        "config:\n  crosscloud:cloud: aws\n  crosscloud:releaseFile: ../releases/eu.env\n"
        "  crosscloud:chartSource: {kind: path, path: charts}\n"
    )
    (folder / "Pulumi.us.yaml").write_text(
        "config:\n  crosscloud:cloud: gce\n  crosscloud:releaseFile: ../release.env\n"
    )
    stacks = known(folder, tmp_path)
    assert list(touched(["components/aws.py"], stacks)) == ["eu"]
    assert list(touched(["releases/eu.env"], stacks)) == ["eu"]
    assert list(touched(["clusters/charts/coredns/values.yaml"], stacks)) == ["eu"]
    assert list(touched(["clusters/Pulumi.us.yaml"], stacks)) == ["us"]
    assert list(touched(["release.env"], stacks)) == ["eu", "us"]
    assert list(touched(["clusters/Pulumi.gone.yaml"], stacks)) == []


def test_a_broken_stack_file_is_previewed_whatever_cloud_is_touched(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.odd.yaml").write_text("config: [")
    stacks = known(tmp_path, tmp_path)
    assert list(touched(["components/aws.py"], stacks)) == ["odd"]
    assert list(touched(["docs/a.md"], stacks)) == []


def test_the_release_previews_every_stack_of_this_repository() -> None:
    assert list(touched(["release.env"], known())) == [stack.name for stack in known()]


def test_a_renamed_file_counts_by_both_names() -> None:
    assert reached("components/aws_network.py", "components/azure_network.py") == ["aws", "azure"]
    assert reached("release.env", "docs/release.env") == sorted(STACKS)


def test_a_stack_says_which_files_reach_it() -> None:
    found = touched(["release.env", "components/aws.py", "README.md"], ONE_EACH)
    assert found["aws"] == ["components/aws.py", "release.env"]
    assert found["gce"] == ["release.env"]


def test_every_cloud_of_the_registry_has_files_of_its_own() -> None:
    assert set(CLOUDS) == EVERYTHING
    assert all(clouds_of(f"components/{cloud}.py") == frozenset({cloud}) for cloud in CLOUDS)


def test_without_history_gitlab_is_asked(capsys: pytest.CaptureFixture[str]) -> None:
    with gitlab_stub() as stub:
        stub.project("cncf/cross-cloud").merge_request().changes("release.env").changes("docs/a.md")
        env = {"CI_SERVER_URL": stub.url, "CI_MERGE_REQUEST_PROJECT_ID": "1", "CI_MERGE_REQUEST_IID": "1"}
        assert changed_files(UNKNOWN, env) == ["docs/a.md", "release.env"]
    assert f"git can't tell what is changed since {UNKNOWN}" in capsys.readouterr().err


@pytest.mark.parametrize("env", [{}, {"CI_MERGE_REQUEST_PROJECT_ID": "cncf/none", "CI_MERGE_REQUEST_IID": "1"}])
def test_when_nobody_can_tell_nothing_is_taken_for_untouched(
    env: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    with gitlab_stub() as stub:
        assert changed_files(UNKNOWN, {"CI_SERVER_URL": stub.url, **env}) is None
    assert "GitLab" in capsys.readouterr().err.splitlines()[-1]


def test_without_a_base_it_is_asked_for() -> None:
    with pytest.raises(BaseError, match="--base origin/main"):
        changed_files("", {})


def test_the_command_prints_one_stack_a_line_and_why() -> None:
    run = CliRunner()
    files = ["--files", "components/gce_machines.py", "--files", "README.md", "components/azure.py"]
    assert run.invoke(app, ["touched", *files]).stdout == "azure\ngce\ngke\n"
    told = run.invoke(app, ["touched", "--why", *files]).stdout
    assert told.splitlines()[0] == "azure: components/azure.py"
    assert run.invoke(app, ["touched", "--files", "docs/a.md"]).stdout == ""


def test_a_pipeline_of_the_merged_result_counts_from_the_target_branch() -> None:
    target, base = "1" * 40, "2" * 40
    env = {"CI_MERGE_REQUEST_TARGET_BRANCH_SHA": target, "CI_MERGE_REQUEST_DIFF_BASE_SHA": base}
    nowhere = {"CI_MERGE_REQUEST_PROJECT_ID": "", "CI_MERGE_REQUEST_IID": ""}
    for given, used in ((env, target), (env | {"CI_MERGE_REQUEST_TARGET_BRANCH_SHA": ""}, base)):
        result = CliRunner().invoke(app, ["touched"], env=given | nowhere)
        assert f"git can't tell what is changed since {used}" in result.stderr
        assert result.stdout.split() == [stack.name for stack in known()]
