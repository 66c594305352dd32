"""The pack under the genuine engine: every rule fires where it is broken, and nothing fires where it is kept."""

import contextlib
import json
import os
import shutil
import signal
from pathlib import Path
from subprocess import Popen
from typing import Any

import pytest
import yaml

from crosscloud import paths
from crosscloud.engine.environment import pulumi_environment
from policy.rules import RULES
from policy.rules.rule import StackRule
from tests.cluster.project import eventually
from tests.policy.broken import broken, rule_of
from tests.policy.findings import Found, findings
from tests.processes import finished, start

pytestmark = pytest.mark.engine

_PACK = ("--policy-pack", str(paths.POLICY))

#: A stack that may do what advisory rules warn of.
STACK = {
    "crosscloud:cloud": "aws",
    "crosscloud:apiAccessCidrs": ["203.0.113.7/32", "0.0.0.0/0"],
    "crosscloud:apiAccessFromAnywhere": True,
    "crosscloud:adminSshKey": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ me@example.com",
    "crosscloud:sshAccessCidrs": ["203.0.113.9/32"],
}
_RULE = {"direction": "Inbound", "access": "Allow", "protocol": "Tcp", "destinationPortRange": "6443"}
#: What looks like a finding and is none.
FINE: dict[str, dict[str, Any]] = {
    "secret-user-data": {
        "type": "equinix-metal:index/device:Device",
        "props": {"userData": {"secret": "#cloud-config"}, "tags": ["api-access=203.0.113.7/32"]},
    },
    "the-stack's-own-way-out": {
        "type": "azure-native:network:PublicIPAddress",
        "props": {},
        "outputs": {"ipAddress": "198.51.100.9"},
    },
    "let-in-from-there": {
        "type": "azure-native:network:SecurityRule",
        "props": {**_RULE, "sourceAddressPrefixes": ["203.0.113.7/32", "198.51.100.9/32"]},
    },
    "node-exporter": {
        "type": "kubernetes:apps/v1:DaemonSet",
        "props": {
            "spec": {
                "template": {
                    "spec": {
                        "hostPID": True,
                        "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
                        "containers": [{"name": "x", "securityContext": {"allowPrivilegeEscalation": False}}],
                    }
                }
            }
        },
    },
}
UNDECIDED: dict[str, dict[str, Any]] = {
    "undecided": {
        "type": "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
        "props": {"cidrIpv4": {"unknown": True}, "fromPort": 6443, "toPort": 6443, "ipProtocol": "tcp"},
    },
}


#: Rules that look at the whole stack, which the engine asks only where each of its resources may be made.
OF_THE_STACK = {rule.name for rule in RULES if isinstance(rule, StackRule)}


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> list[Found]:
    """Return all findings of previews of everything that is broken, and of what is not."""
    whole = {name: each for name, each in broken().items() if rule_of(name) in OF_THE_STACK}
    single = {name: each for name, each in broken().items() if name not in whole}
    return [
        *_preview(tmp_path_factory.mktemp("resources"), {**single, **UNDECIDED}),
        *_preview(tmp_path_factory.mktemp("stack"), {**whole, **FINE}),
    ]


def _preview(folder: Path, resources: dict[str, dict[str, Any]]) -> list[Found]:
    process, said = _run(folder, resources, "preview")
    assert process.returncode != 0, f"mandatory findings fail a preview:\n{said}"
    return findings(folder / "log")


def _run(folder: Path, resources: dict[str, dict[str, Any]], *command: str) -> "tuple[Popen[str], str]":
    """Have the engine preview or make a program of these resources with the pack."""
    shutil.copy(Path(__file__).with_name("program.py"), folder / "__main__.py")
    (folder / "resources.json").write_text(json.dumps(resources))
    environment = _project(folder)
    for each in (("stack", "init"), (*command, *_PACK, "--event-log", "log")):
        process = start(["pulumi", *each, "--stack", "broken", "--non-interactive"], folder, environment)
        said = finished(process, timeout=120, check=each[0] == "stack")
    return process, said


def _project(folder: Path) -> dict[str, str]:
    """Write the files of a project with a state of its own; return the engine's environment."""
    (folder / "Pulumi.yaml").write_text("name: broken\nruntime: python\n")
    (folder / "Pulumi.broken.yaml").write_text(yaml.safe_dump({"config": STACK}))
    (folder / "state").mkdir()
    return {
        **pulumi_environment(),
        "PULUMI_BACKEND_URL": f"file://{folder / 'state'}",
        "PULUMI_CONFIG_PASSPHRASE": "test",
        "PULUMI_DEBUG_COMMANDS": "true",  # which allows --event-log
    }


@pytest.mark.parametrize("name", broken())
def test_what_breaks_a_rule_is_found_with_its_level_and_with_what_mends_it(found: list[Found], name: str) -> None:
    (rule,) = (each for each in RULES if each.name == rule_of(name))
    resource = "broken-broken" if "stack" in broken()[name] else name
    here = [each for each in found if each.rule == rule.name and each.resource == resource]
    assert here, [each for each in found if each.resource == resource]
    assert {each.level for each in here} == {rule.level.value}
    assert all(each.message.endswith(rule.mend) for each in here)
    assert rule.key in here[0].message


def test_every_rule_of_the_pack_is_broken_once() -> None:
    assert {rule_of(name) for name in broken()} == {rule.name for rule in RULES}


def test_what_keeps_the_rules_is_not_found(found: list[Found]) -> None:
    assert [each for each in found if each.resource in FINE] == []


def test_what_a_preview_can_not_tell_is_neither_refused_nor_passed_over(found: list[Found]) -> None:
    undecided = [each for each in found if each.resource in UNDECIDED]
    assert {each.level for each in undecided} == {"advisory"}
    assert all("can't be known during preview" in each.message for each in undecided)
    assert {"api-for-configured-networks"} <= {each.rule for each in undecided}


def test_no_finding_shows_a_secret(found: list[Found]) -> None:
    shown = "\n".join(each.message for each in found)
    for secret in ("BEGIN EC PRIVATE KEY", "abcdef.0123456789abcdef", "I2Nsb3VkLWNvbmZpZw"):
        assert secret not in shown


def test_a_killed_engine_leaves_no_pack_behind(tmp_path: Path) -> None:
    (tmp_path / "__main__.py").write_text("import time\ntime.sleep(60)\n")
    environment = _project(tmp_path)
    finished(start(["pulumi", "stack", "init", "broken"], tmp_path, environment), timeout=60)
    engine = start(["pulumi", "preview", *_PACK, "--stack", "broken", "--non-interactive"], tmp_path, environment)
    (pack,) = eventually(60, "the pack runs", lambda: _packs(tmp_path))
    os.kill(engine.pid, signal.SIGKILL)
    eventually(10, "the pack is gone", lambda: not Path(f"/proc/{pack}").exists())
    engine.communicate(timeout=10)


def _packs(folder: Path) -> list[int]:
    """Return the processes of packs of engines whose state is in a folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            ours = str(folder).encode() in (process / "environ").read_bytes()
            if ours and b"pulumi.policy" in (process / "cmdline").read_bytes():
                found.append(int(process.name))
    return found


def test_an_update_makes_nothing_that_a_mandatory_rule_refuses(tmp_path: Path) -> None:
    refused = {"no-encryption": {"type": "aws:ebs/volume:Volume", "props": {"size": 10}}}
    process, said = _run(tmp_path, {**FINE, **refused}, "up", "--yes", "--skip-preview")
    assert process.returncode != 0
    assert "aws-disks-encrypted" in said
    (state,) = (tmp_path / "state").rglob("broken.json")
    assert "no-encryption" not in state.read_text()
