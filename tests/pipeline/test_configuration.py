"""What must hold of .gitlab-ci.yml and its includes."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

from crosscloud import paths
from crosscloud.artifacts.collect.channels import CHANNELS
from tests.pipeline.configuration import OWN, Configuration, Merged

CELL_STAGES = ("cross-cloud", "cross-project", "cncf-e2e", "destroy")
#: Failures that are none of the job's own: docs.gitlab.com/ci/yaml/#retrywhen.
NOBODYS = {"runner_system_failure", "api_failure", "scheduler_failure", "data_integrity_failure"}


class _Reading(yaml.SafeLoader):
    """Reads GitLab's own tag as something that is there."""


_Reading.add_constructor("!reference", lambda _, node: str(node))


def _files() -> list[Path]:
    return [paths.ROOT / ".gitlab-ci.yml", *(paths.ROOT / ".gitlab").rglob("*.yml")]


def test_it_keeps_to_gitlabs_schema(merged: Merged, configuration: Configuration) -> None:
    assert merged.jobs
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.gitlab-ci"]
    checked = [str(paths.ROOT / ".gitlab-ci.yml"), str(configuration.merged)]
    done = subprocess.run([*command, *checked], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_every_file_of_it_is_small() -> None:
    assert len(_files()) > 5
    assert {file.name: length for file in _files() if (length := len(file.read_text().splitlines())) > 80} == {}


def test_the_stages_have_the_seeds_order_and_the_page_comes_after_the_destruction(merged: Merged) -> None:
    order = ["check", "preview", "cncf-artifacts", "cross-cloud", "cross-project", "cncf-e2e", "destroy", "report"]
    assert [stage for stage in merged.stages if stage in order] == order


def test_each_stack_that_has_a_file_has_its_jobs_and_a_cell_at_every_channel(merged: Merged) -> None:
    stacks = {file.name.split(".")[1] for file in paths.ROOT.glob("Pulumi.*.yaml")}
    assert merged.cells == {f"{stack}-{channel}" for stack in stacks for channel in CHANNELS}
    for kind in ("preview", "note", "apply", "drift"):
        assert set(merged.of(kind)) == {f"{kind}:{stack}" for stack in stacks}


def test_a_cells_jobs_need_nothing_but_its_own_and_its_channels_release(merged: Merged) -> None:
    for stage in CELL_STAGES:
        for cell in merged.cells:
            name = f"{stage}:{cell}"
            needed = {need["job"] for need in merged.jobs[name]["needs"]}
            own = {f"{each}:{cell}" for each in CELL_STAGES} | {f"cncf-artifacts:{cell.rpartition('-')[2]}"}
            assert needed, name
            assert needed <= own, name


def test_what_is_made_is_destroyed_whatever_happens(merged: Merged) -> None:
    for cell in merged.cells:
        made, gone = merged.jobs[f"cross-cloud:{cell}"], merged.jobs[f"destroy:{cell}"]
        assert gone["environment"] == {"name": made["environment"]["name"], "action": "stop"}
        assert [rule["when"] for rule in gone["rules"]] == ["always"]
        assert [rule["if"] for rule in gone["rules"]] == [rule["if"] for rule in made["rules"]], "both or none"
        assert {need["job"] for need in gone["needs"]} == {f"{stage}:{cell}" for stage in CELL_STAGES[:-1]}
        assert not any(merged.jobs[f"{stage}:{cell}"].get("interruptible", False) for stage in CELL_STAGES)


def test_an_environment_that_is_stopped_is_destroyed(merged: Merged) -> None:
    """A cancelled pipeline runs no job; GitLab stops its environments by a job that is manual, and by no other.

    See https://docs.gitlab.com/ci/environments/#run-a-pipeline-job-when-environment-is-stopped.
    """
    for cell in merged.cells:
        made, gone = merged.jobs[f"cross-cloud:{cell}"], merged.jobs[f"destroy:{cell}"]
        stop = merged.jobs[made["environment"]["on_stop"]]
        assert made["environment"]["auto_stop_in"]
        assert stop["environment"] == {"name": made["environment"]["name"], "action": "stop"}
        assert [(rule["when"], rule["allow_failure"]) for rule in stop["rules"]] == [("manual", True)]
        assert [rule["if"] for rule in stop["rules"]] == [rule["if"] for rule in made["rules"]], "both or none"
        assert stop["needs"] == [], "what came before may have been cancelled, or never begun"
        same = ("script", "tags", "id_tokens", "before_script", "variables", "resource_group")
        assert {key: stop.get(key) for key in same} == {key: gone.get(key) for key in same}


def test_only_a_merge_requests_pipeline_ends_with_its_next_commit(merged: Merged) -> None:
    workflow = merged.document["workflow"]
    assert workflow["auto_cancel"] == {"on_new_commit": "none"}, "what was merged before would never be applied"
    others = {rule["variables"].get("KIND"): rule["auto_cancel"] for rule in workflow["rules"] if "auto_cancel" in rule}
    assert others == {"review": {"on_new_commit": "interruptible"}}


def test_no_job_is_empty() -> None:
    """GitLab refuses a configuration with an empty job, even a hidden one; its schema does not."""
    documents = [each for file in _files() for each in yaml.load_all(file.read_text(), Loader=_Reading)]
    hidden = {name: job for document in documents for name, job in document.items() if name.startswith(".")}
    assert ".apply:none" in hidden
    assert [name for name, job in hidden.items() if not job] == []


def test_two_pipelines_never_work_on_the_same_stack_at_once(merged: Merged) -> None:
    for kind in ("apply", "drift"):
        for name, job in merged.of(kind).items():
            assert job["resource_group"] == name.partition(":")[2]
    for stage in CELL_STAGES:
        for name, job in merged.of(stage).items():
            assert job["resource_group"] == name.partition(":")[2]
    assert "resource_group" not in merged.jobs["preview:aws"], "previews change nothing and take no lock"


def test_only_what_is_no_fault_of_a_job_is_tried_again(merged: Merged) -> None:
    assert set(merged.document["default"]["retry"]["when"]) == NOBODYS
    assert [name for name, job in merged.jobs.items() if "retry" in job] == []


def test_artifacts_are_the_projects_own_and_expire(merged: Merged) -> None:
    kept = {name: job["artifacts"] for name, job in merged.jobs.items() if job.get("artifacts")}
    assert "cncf-e2e:aws-head" in kept
    for name, artifacts in kept.items():
        assert artifacts["access"] == "developer", name
        assert artifacts["expire_in"], name


def test_checks_and_reports_are_told_to_gitlab(merged: Merged) -> None:
    assert merged.jobs["preview:aws"]["artifacts"]["reports"] == {
        "terraform": ".crosscloud/previews/$STACK/widget.json"
    }
    assert merged.jobs["cncf-e2e:aws-head"]["artifacts"]["reports"] == {"junit": "runs/$STACK-$CHANNEL/*/e2e.xml"}
    assert merged.jobs["report"]["pages"] == {"publish": "public"}


def test_a_merge_request_is_checked_and_previewed(configuration: Configuration, merged: Merged) -> None:
    jobs = configuration.jobs(**OWN)
    assert {job["stage"] for job in jobs.values()} == {"check", "preview", "note"}
    assert {name for name in jobs if name.startswith("preview:")} == set(merged.of("preview"))
    assert jobs["note:aws"]["when"] == "always", "a preview that fails has something to say, too"


def test_the_default_branch_applies_if_it_is_protected(configuration: Configuration) -> None:
    jobs = configuration.jobs(CI_PIPELINE_SOURCE="push", CI_COMMIT_REF_PROTECTED="true")
    assert {name for name in jobs if name.startswith("apply:")} == {f"apply:{s}" for s in _APPLIED}
    assert {job["stage"] for job in jobs.values()} == {"check", "apply"}
    unprotected = configuration.jobs(CI_PIPELINE_SOURCE="push", CI_COMMIT_REF_PROTECTED="false")
    assert {job["stage"] for job in unprotected.values()} == {"check"}


#: All but packet, which can only be rehearsed.
_APPLIED = ("aws", "azure", "gce", "gke", "local")


def test_a_release_has_the_cells_that_are_asked_for(release: dict[str, dict[str, Any]]) -> None:
    cells = {name for name, job in release.items() if job["stage"] == "cross-cloud"}
    assert cells == {"cross-cloud:aws-head", "cross-cloud:local-head"}
    assert {job["stage"] for job in release.values()} == {"check", "cncf-artifacts", *CELL_STAGES, "report"}
    assert {name for name, job in release.items() if job["stage"] == "check"} == {"asked"}
    assert release["destroy:aws-head"]["when"] == "always"
    assert release["report"]["when"] == "always"


def test_drift_is_looked_for_by_a_schedule_of_its_own(configuration: Configuration) -> None:
    jobs = configuration.jobs(CI_PIPELINE_SOURCE="schedule", KIND="drift")
    assert set(jobs) == {f"drift:{stack}" for stack in _APPLIED}


def test_every_command_of_the_jobs_is_one_of_ours(merged: Merged) -> None:
    from typer.main import get_command

    from crosscloud.cli.app import app

    command = get_command(app)
    known = set(command.commands)  # type: ignore[attr-defined]  # a group
    used = {
        line.split()[1]
        for job in merged.jobs.values()
        for line in job["script"]
        if isinstance(line, str) and line.startswith("crosscloud ")
    }
    assert {"artifacts", "cell", "preview", "note", "up", "drift", "report", "history", "touched"} <= used
    assert used <= known


def test_the_includes_are_read_as_yaml_with_gitlabs_tags_alone() -> None:
    tags = {
        token.value
        for file in (paths.ROOT / ".gitlab").rglob("*.yml")
        for token in yaml.scan(file.read_text())
        if isinstance(token, yaml.TagToken)
    }
    assert tags == {("!", "reference")}
