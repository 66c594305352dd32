"""The stacks of this checkout keep the pack's rules, and what their files may ask for is warned of.

Each is previewed as ``crosscloud preview --rehearsal`` does it, with all that helm deploys; nothing of it is there.
"""

import re
import shutil
from pathlib import Path

import pytest

from crosscloud import paths
from crosscloud.preview import run
from crosscloud.preview.model import Finding, Preview
from crosscloud.preview.rehearsing import rehearsal
from crosscloud.rehearsal.place import rehearsed
from crosscloud.rehearsal.simulations import SIMULATIONS
from crosscloud.stacks.pulumi import Stack
from tests.cluster.project import TestStack
from tests.rehearsal import harness

pytestmark = pytest.mark.engine

#: What the stacks' files leave to whoever has the right to it.
EXPECTED = {"azure": {"azure-encryption-at-host"}}


def held(found: Preview) -> tuple[Finding, ...]:
    """Return the findings of a preview that came to its end with the pack."""
    assert found.errors == ()
    assert found.policies
    return found.findings


@pytest.mark.parametrize("cloud", SIMULATIONS)
def test_each_clouds_stack_keeps_every_rule(cloud: str, tmp_path: Path) -> None:
    own = harness.write_stack(tmp_path, cloud, f"policy-{cloud}", {})
    shutil.copy(paths.ROOT / f"Pulumi.{cloud}.yaml", own.file)
    with rehearsal(own, full_size=False) as (stack, exclude):
        found = held(run.preview(stack, exclude=exclude, deployment={}, rehearsed=True))
    assert [each for each in found if each.policy not in EXPECTED.get(cloud, ()) or each.mandatory] == []
    assert {each.policy for each in found} == EXPECTED.get(cloud, set())


def test_the_local_stack_keeps_every_rule(tmp_path: Path) -> None:
    stack = TestStack(tmp_path, "policy-local")
    stack.configure()
    assert held(run.preview(Stack(stack.name, harness.Project(tmp_path)), deployment={})) == ()


def test_charts_of_ones_own_need_an_exact_version(tmp_path: Path) -> None:
    shutil.copytree(paths.ROOT / "components" / "charts", tmp_path / "charts")
    file = tmp_path / "charts" / "coredns" / "Chart.yaml"
    file.write_text(re.sub("(?m)^version: .*$", 'version: "1"', file.read_text()))
    stack = TestStack(tmp_path, "policy-charts")
    stack.configure(chartSource={"kind": "path", "path": "charts"})
    (refused,) = held(run.preview(Stack(stack.name, harness.Project(tmp_path)), deployment={}))
    assert (refused.policy, refused.mandatory, refused.resource_name) == (
        "charts-pinned", True, "policy-charts-coredns"
    )  # fmt: skip
    assert "Set crosscloud:chartSource" in refused.message


def test_what_a_stacks_file_opens_or_leaves_open_is_told_with_its_key(tmp_path: Path) -> None:
    release = tmp_path / "release.env"
    lines = (paths.ROOT / "release.env").read_text().splitlines()
    old = [re.sub("^KUBERNETES_TAG=.*", "KUBERNETES_TAG=v1.34.1", line) for line in lines if "_DIGEST=" not in line]
    release.write_text("\n".join(old))
    with harness.rehearsal("aws", tmp_path, name="policy-open") as stack:
        stack.configure(
            apiAccessCidrs=["0.0.0.0/0"],
            apiAccessFromAnywhere=True,
            adminSshKey="ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ me@example.com",
            sshAccessCidrs=["203.0.113.9/32"],
            releaseFile=str(release),
        )
        exclude = [each.removeprefix("--exclude=") for each in stack.leaving_out if each.startswith("--exclude=")]
        found = held(run.preview(rehearsed(stack.name), exclude=exclude, deployment={}))
    assert not any(each.mandatory for each in found)
    assert {each.policy: re.findall(r"Set (crosscloud:[\w.]+)", each.message) for each in found} == {
        "api-not-for-everybody": ["crosscloud:apiAccessCidrs"],
        "ssh-closed": ["crosscloud:sshAccessCidrs"],
        "kubernetes-supported": ["crosscloud:releaseFile"],
        "images-pinned": ["crosscloud:releaseFile"],
    }
