"""The stacks of this checkout keep the pack's rules, and what their files may ask for is warned of."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from crosscloud import paths
from crosscloud.rehearsal.simulations import SIMULATIONS
from tests.cluster.project import TestStack
from tests.policy.findings import Found, findings
from tests.rehearsal.harness import rehearsal

pytestmark = pytest.mark.engine

PACK = ("--policy-pack", str(paths.ROOT / "policy"))
#: What the stacks' files leave to whoever has the right to it.
EXPECTED = {"azure": {"azure-encryption-at-host"}}


def own_values(cloud: str) -> dict[str, Any]:
    """Return what the checkout's file of a stack says."""
    config = yaml.safe_load((paths.ROOT / f"Pulumi.{cloud}.yaml").read_text())["config"]
    ours = {key.removeprefix("crosscloud:"): value for key, value in config.items() if key.startswith("crosscloud:")}
    return {key: value for key, value in ours.items() if key not in ("cloud", "releaseFile")}


def previewed(cloud: str, folder: Path, values: Mapping[str, Any]) -> list[Found]:
    """Return the findings of a preview of a whole stack, what helm deploys included, of which nothing is there yet."""
    log = folder / "events"
    variables = {"PULUMI_DEBUG_COMMANDS": "true"}  # which allows --event-log
    with rehearsal(cloud, folder, name=f"policy-{cloud}", machines=True) as stack:
        stack.configure(**values)
        stack.pulumi("preview", *PACK, "--event-log", str(log), variables=variables)
    return findings(log)


@pytest.mark.parametrize("cloud", SIMULATIONS)
def test_each_clouds_stack_keeps_every_rule(cloud: str, tmp_path: Path) -> None:
    found = previewed(cloud, tmp_path, own_values(cloud))
    assert [each for each in found if each.rule not in EXPECTED.get(cloud, ())] == []
    assert {each.rule for each in found} == EXPECTED.get(cloud, set())


def test_the_local_stack_keeps_every_rule(tmp_path: Path) -> None:
    stack = TestStack(tmp_path, "policy-local")
    stack.configure()
    stack.pulumi("stack", "init")
    try:
        said = stack.pulumi("preview", *PACK)
    finally:
        stack.pulumi("stack", "rm", "--yes", "--preserve-config")
    assert re.search("✅ crosscloud@", said), said
    assert "advisory" not in said


def test_what_a_stacks_file_opens_or_leaves_open_is_told_with_its_key(tmp_path: Path) -> None:
    release = tmp_path / "release.env"
    lines = (paths.ROOT / "release.env").read_text().splitlines()
    old = [re.sub("^KUBERNETES_TAG=.*", "KUBERNETES_TAG=v1.34.1", line) for line in lines if "_DIGEST=" not in line]
    release.write_text("\n".join(old))
    found = previewed(
        "aws",
        tmp_path,
        {
            "apiAccessCidrs": ["0.0.0.0/0"],
            "apiAccessFromAnywhere": True,
            "adminSshKey": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ me@example.com",
            "sshAccessCidrs": ["203.0.113.9/32"],
            "releaseFile": str(release),
        },
    )
    assert {each.level for each in found} == {"advisory"}
    keys = {each.rule: re.findall(r"Set (crosscloud:[\w.]+)", each.message) for each in found}
    assert keys == {
        "api-not-for-everybody": ["crosscloud:apiAccessCidrs"],
        "ssh-closed": ["crosscloud:sshAccessCidrs"],
        "kubernetes-supported": ["crosscloud:releaseFile"],
        "images-pinned": ["crosscloud:releaseFile"],
    }
