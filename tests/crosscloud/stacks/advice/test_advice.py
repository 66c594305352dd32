"""A failed `up` is followed by what failed, of which size, in which zone, and what else to try."""

import json
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from crosscloud import config
from crosscloud.config import StackConfig
from crosscloud.stacks.advice import advised
from crosscloud.stacks.advice.events import Failure, failures
from crosscloud.stacks.advice.rules import advice, rules
from crosscloud.stacks.advice.telling import tell
from crosscloud.stacks.pulumi import PulumiError

RECORDED = YAML(typ="safe").load(Path(__file__).with_name("errors.yaml"))
CASES = [(cloud, case) for cloud, cases in RECORDED.items() for case in cases]
STACK = "urn:pulumi:aws::crosscloud::pulumi:pulumi:Stack::crosscloud-aws"
MACHINE = "urn:pulumi:aws::crosscloud::crosscloud:cluster:Aws$aws:ec2/instance:Instance::demo-control-plane-0"


def stack(cloud: str) -> StackConfig:
    own = {"packet": {"packet": {"projectId": "11111111-2222-3333-4444-555555555555"}}}.get(cloud, {})
    access = {} if cloud == "local" else {"apiAccessCidrs": ["203.0.113.7/32"]}
    values = {"cloud": cloud, **access, **own}
    return config.load(values, stack="demo", files=False)


def diagnostic(message: str, urn: str = MACHINE) -> dict[str, Any]:
    return {"diagnosticEvent": {"urn": urn, "prefix": "error: ", "message": message, "severity": "error"}}


def write(log: Path, *events: dict[str, Any]) -> None:
    log.write_text("".join(json.dumps(event) + "\n" for event in events))


@pytest.mark.parametrize(("cloud", "case"), CASES, ids=[f"{cloud}-{case['from']}" for cloud, case in CASES])
def test_errors_as_they_were_seen_are_understood(cloud: str, case: dict[str, Any]) -> None:
    failure = Failure(case.get("resource", "demo-workers"), "", case["error"], case.get("inputs", {}))
    (found,) = advice([failure], stack(cloud))
    assert case["says"] in found.says
    text = "\n".join(found.try_)
    assert [wanted for wanted in case["try"] if wanted not in text] == []
    assert "{" not in text + found.says


@pytest.mark.parametrize("cloud", RECORDED)
def test_every_rule_is_complete(cloud: str) -> None:
    for rule in rules(cloud):
        assert rule.says.endswith(".")
        assert rule.try_


def test_a_cloud_that_nothing_is_known_of_still_has_what_all_have_in_common() -> None:
    (found,) = advice([Failure("a", "", "InternalError: an internal error has occurred")], stack("local"))
    assert "failed at its own end" in found.says


def test_an_error_that_nothing_is_known_of_is_left_as_it_is() -> None:
    assert list(advice([Failure("a", "", "the sky is falling")], stack("aws"))) == []


def test_the_event_log_tells_the_failures_with_their_inputs(tmp_path: Path) -> None:
    log = tmp_path / "events.json"
    new = {"type": "aws:ec2/instance:Instance", "inputs": {"instanceType": "t3.medium"}}
    write(
        log,
        {"preludeEvent": {"config": {}}},
        {"resourcePreEvent": {"metadata": {"op": "create", "urn": MACHINE, "new": new, "old": None}}},
        diagnostic("no capacity\n"),
        diagnostic("no capacity\n"),
        diagnostic("update failed", STACK),
        {"diagnosticEvent": {"urn": MACHINE, "message": "a warning", "severity": "warning"}},
    )
    with log.open("a") as file:
        file.write('{"sequence": 9, "resourc')  # the engine was killed
    instance = "aws:ec2/instance:Instance"
    assert failures(log) == [Failure("demo-control-plane-0", instance, "no capacity", {"instanceType": "t3.medium"})]


def test_without_a_log_there_are_no_failures(tmp_path: Path) -> None:
    assert failures(tmp_path / "events.json") == []


def test_after_a_failure_the_advice_is_printed_once_for_all_it_concerns(capsys: pytest.CaptureFixture[str]) -> None:
    text = RECORDED["aws"][0]["error"]
    tell(list(advice([Failure("demo-workers", "", text), Failure("demo-control-plane-0", "", text)], stack("aws"))))
    shown = capsys.readouterr().out
    assert "demo-workers, demo-control-plane-0: AWS has no m6i.xlarge left in us-east-2a." in shown
    assert shown.count("take another size") == 1
    assert shown.rstrip().endswith("Then run the same command again: it goes on from here.")


def fail() -> None:
    with advised(stack("aws")) as events:
        write(events.log, diagnostic(RECORDED["aws"][0]["error"]))
        raise PulumiError("pulumi up failed")


def test_advice_comes_with_a_failed_run_alone(capsys: pytest.CaptureFixture[str]) -> None:
    with advised(stack("aws")) as events:
        write(events.log, diagnostic(RECORDED["aws"][0]["error"]))
    assert capsys.readouterr().out == ""
    with pytest.raises(PulumiError):
        fail()
    assert "AWS has no m6i.xlarge left" in capsys.readouterr().out
    assert not events.log.parent.exists()
