"""What must hold of what the jobs of the pipeline are given: roles, tokens, backends; and whose code meets them."""

import json
import subprocess

import pytest

from crosscloud import paths
from tests.pipeline.configuration import OWN, Configuration, Merged


def test_previews_and_drift_get_the_role_that_reads_and_nothing_else_does(merged: Merged) -> None:
    for name, job in merged.jobs.items():
        roles = {value for key, value in job.get("variables", {}).items() if key in _ROLES}
        if job["stage"] in ("preview", "drift"):
            assert all("_READ_" in role for role in roles), name
        else:
            assert all("_APPLY_" in role for role in roles), name
        assert bool(roles) == ("id_tokens" in job), name
    assert merged.jobs["preview:azure"]["variables"]["ARM_CLIENT_ID"] == "$AZURE_READ_CLIENT_ID"
    assert merged.jobs["apply:gke"]["variables"]["GOOGLE_SERVICE_ACCOUNT"] == "$GOOGLE_APPLY_ACCOUNT"


def test_the_state_of_a_clouds_stacks_is_where_its_jobs_can_reach_it(merged: Merged) -> None:
    """The tokens of one cloud open no bucket of another one. A backend of the whole project takes precedence."""
    for kind in ("preview", "apply", "drift", "cross-cloud", "destroy"):
        for name, job in merged.of(kind).items():
            stack = job["variables"]["STACK"]
            backend = _BACKENDS.get(stack)
            assert job["variables"].get("PULUMI_BACKEND_URL") == backend, name
            assert bool(backend) == ("id_tokens" in job), name


_BACKENDS = {
    "aws": "$AWS_BACKEND_URL",
    "azure": "$AZURE_BACKEND_URL",
    "gce": "$GOOGLE_BACKEND_URL",
    "gke": "$GOOGLE_BACKEND_URL",
}
_ROLES = {"AWS_ROLE_ARN", "ARM_CLIENT_ID", "GOOGLE_SERVICE_ACCOUNT"}


def test_no_key_of_a_cloud_is_named_anywhere() -> None:
    text = "".join(file.read_text() for file in (paths.ROOT / ".gitlab").rglob("*.yml"))
    for key in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "ARM_CLIENT_SECRET", "GOOGLE_CREDENTIALS"):
        assert key not in text


@pytest.mark.parametrize("where", ["CI_MERGE_REQUEST_SOURCE_PROJECT_PATH", "CI_MERGE_REQUEST_PROJECT_PATH"])
def test_a_fork_is_checked_and_gets_no_credentials(configuration: Configuration, merged: Merged, where: str) -> None:
    # its pipeline runs in the fork, or, if a member starts it, in this project
    jobs = configuration.jobs(**{**OWN, where: "somebody/crosscloud"})
    assert {job["stage"] for job in jobs.values()} == {"check"}
    for name in jobs:
        assert "id_tokens" not in merged.jobs[name], name
        assert "environment" not in merged.jobs[name], "an environment's secrets"


def test_the_job_that_writes_notes_never_meets_what_the_merge_request_changes(merged: Merged) -> None:
    for name, job in merged.of("note").items():
        assert job["variables"]["GIT_STRATEGY"] == "empty", name
        assert job["environment"] == {"name": name.replace(":", "/"), "action": "access"}
        assert "id_tokens" not in job
        assert "before_script" not in job or job["before_script"] == []


def test_googles_libraries_are_told_where_the_token_is_and_nothing_secret() -> None:
    script = str(paths.ROOT / "toolchain" / "ci" / "google-credentials.sh")
    told = {"GOOGLE_IDENTITY_PROVIDER": "projects/7/providers/g", "GOOGLE_SERVICE_ACCOUNT": "read@p.iam.test"}
    done = subprocess.run([script, "/run/token"], env=told, capture_output=True, text=True, check=True)
    made = json.loads(done.stdout)
    assert made["audience"] == "//iam.googleapis.com/projects/7/providers/g"
    assert made["credential_source"]["file"] == "/run/token"
    assert "/read@p.iam.test:generateAccessToken" in made["service_account_impersonation_url"]
    refused = subprocess.run([script, "/run/token"], env={}, capture_output=True, text=True, check=False)
    assert refused.returncode != 0
    assert "names the workload identity provider" in refused.stderr
