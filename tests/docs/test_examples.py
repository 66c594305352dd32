"""What the docs show for copying works: it is valid, it runs, and it fits what it is made for."""

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from crosscloud.artifacts.collect import catalogue, parts
from crosscloud.paths import ROOT
from crosscloud.release import Image

EXAMPLE = ROOT / "docs" / "examples" / "project.gitlab-ci.yml"
DIGEST = "sha256:" + "a" * 64
#: A double of buildah: it pushes nothing, and says a digest.
BUILDAH = f"""#!/bin/sh
printf 'buildah %s\\n' "$*" >>calls
while [ $# -gt 0 ]; do
  [ "$1" = --digestfile ] && printf '{DIGEST}' >"$2"
  [ "$1" = --password-stdin ] && cat >password
  shift
done
exit 0
"""


@pytest.fixture(scope="module")
def jobs() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(EXAMPLE.read_text())
    return found


def test_gitlabs_own_schema_takes_a_projects_pipeline() -> None:
    command = [ROOT / ".venv" / "bin" / "check-jsonschema", "--builtin-schema", "vendor.gitlab-ci", EXAMPLE]
    done = subprocess.run([str(part) for part in command], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_its_job_writes_a_release_env_that_can_be_collected(jobs: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "buildah").write_text(BUILDAH)
    (tmp_path / "bin" / "buildah").chmod(0o755)
    who = ["-c", "user.name=dev", "-c", "user.email=dev@example.com"]
    for arguments in (["init", "-q"], [*who, "commit", "-q", "--allow-empty", "-m", "x"], ["tag", "v1.15.0"]):
        subprocess.run(["git", *arguments], cwd=tmp_path, check=True)
    variables = {
        "PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}",
        "CI_COMMIT_SHORT_SHA": "97c730ab",
        "CI_JOB_ID": "5713",
        "CI_REGISTRY": "registry.cncf.ci",
        "CI_REGISTRY_IMAGE": "registry.cncf.ci/coredns/coredns",
        "CI_REGISTRY_USER": "gitlab-ci-token",
        "CI_REGISTRY_PASSWORD": "secret",
    }
    script = "\n".join(jobs["release"]["script"])
    subprocess.run(["bash", "-eo", "pipefail", "-c", script], cwd=tmp_path, env=variables, check=True)
    wanted = next(one for one in catalogue.wanted("head", {}) if one.prefix == "COREDNS")
    image = parts.read((tmp_path / "release.env").read_text(), wanted)
    assert image == Image("registry.cncf.ci/coredns/coredns", "ci-v1.15.0.97c730ab.5713", DIGEST)
    assert image.version == "1.15.0"
    calls = (tmp_path / "calls").read_text().splitlines()
    assert calls[-1] == f"buildah push --digestfile digest {image.image}:{image.tag}"
    assert "secret" not in "".join(calls)
    assert (tmp_path / "password").read_text() == "secret"


def test_the_file_is_kept_where_it_can_be_downloaded(jobs: dict[str, Any]) -> None:
    assert jobs["release"]["artifacts"] == {"paths": ["release.env"], "expire_in": "never"}


def test_it_starts_the_channel_of_its_branch_with_the_pipeline_that_made_the_file(jobs: dict[str, Any]) -> None:
    trigger = jobs["crosscloud"]
    started = {rule["if"].split('"')[1]: rule["variables"]["CHANNELS"] for rule in trigger["rules"]}
    assert started == {branch: channel for channel, branch in catalogue.catalogue().channels.items()}
    wanted = catalogue.wanted("head", dict.fromkeys(trigger["variables"], "5713"))
    assert [one.pipeline for one in wanted if one.prefix == "COREDNS"] == [5713]
    assert trigger["variables"] == {"COREDNS_PIPELINE": "$CI_PIPELINE_ID"}
    assert trigger["inherit"] == {"variables": False}


def test_the_release_pipeline_knows_the_variables_that_it_is_given(jobs: dict[str, Any]) -> None:
    text = (ROOT / ".gitlab-ci.yml").read_text()
    assert "\n  CHANNELS:\n" in text
    assert "trigger|pipeline" in text  # the sources of a pipeline that another project's one starts
    assert jobs["crosscloud"]["trigger"]["branch"] == "main"
