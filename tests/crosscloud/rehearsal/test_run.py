"""The course of a rehearsal: what comes after what, and that nothing is left however it ends."""

from collections.abc import Callable
from typing import Any

import pytest

from crosscloud.errors import CrosscloudError
from crosscloud.rehearsal import down, run
from crosscloud.rehearsal.faults import parse
from crosscloud.rehearsal.place import BusyError, held, place_of
from crosscloud.rehearsal.project import Sizes
from crosscloud.rehearsal.run import Wishes, rehearse
from crosscloud.stacks.pulumi import PulumiError, Stack
from crosscloud.stacks.up import stack_values

ONE = Sizes(1, 1)


@pytest.fixture
def course(own: Stack, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What happened, with everything that would leave this process replaced."""
    assert own.file.exists()
    done: list[str] = []

    def note(text: str, result: Any = None) -> Callable[..., Any]:
        def noted(*_args: Any, **_kwargs: Any) -> Any:
            done.append(text)
            return result

        return noted

    def deploy(stack: Stack, _config: Any, *arguments: str, variables: dict[str, str] | None) -> None:
        fault = (variables or {}).get("CROSSCLOUD_REHEARSAL_FAULT", "")
        minutes = stack_values(stack).get("crosscloud:bootTimeoutMinutes")
        done.append(" ".join(["up", *arguments, fault, f"{minutes} minutes" if fault else ""]).strip())
        if fault:
            raise PulumiError("it failed")

    monkeypatch.setattr(Stack, "create", note("stack"))
    monkeypatch.setattr(Stack, "exists", lambda _: True)
    monkeypatch.setattr(Stack, "deployment", lambda _: {"resources": [{"custom": True}]})
    monkeypatch.setattr(Stack, "show", lambda _self, command, *_rest: done.append(command))
    monkeypatch.setattr(run, "build_images", note("images"))
    monkeypatch.setattr(run, "build_machine_image", note("machine image"))
    monkeypatch.setattr(run, "start_service", note("service"))
    monkeypatch.setattr(run, "deploy", deploy)
    monkeypatch.setattr(run, "take_outputs", lambda *_: ({"clusterName": "aws", "endpoint": "e", "nodes": []}, None))
    monkeypatch.setattr(run, "run_checks", note("checks", True))
    monkeypatch.setattr(down, "stop_service", note("service ends"))
    monkeypatch.setattr(down, "clean_host", note("host is clean"))
    monkeypatch.setattr("crosscloud.stacks.recovery.recover", lambda _: [])
    monkeypatch.setattr("crosscloud.rehearsal.simulations.Simulation.service", lambda _: object())
    monkeypatch.setattr("crosscloud.rehearsal.hosted.things", lambda *_: [])
    monkeypatch.setattr("crosscloud.rehearsal.hosted.left_in_cloud", lambda *_: [])
    monkeypatch.setattr("crosscloud.rehearsal.hosted.purge", lambda _: [])
    monkeypatch.setattr("crosscloud.rehearsal.hosted.anything", lambda: False)
    return done


def test_one_that_is_at_work_keeps_its_files(course: list[str]) -> None:
    rehearse("aws", Wishes(ONE, keep=True))
    place = place_of("aws")
    before = {file.name: file.read_bytes() for file in place.project.iterdir()}
    done = list(course)
    with held(place), pytest.raises(BusyError, match="a rehearsal of stack aws is at work"):
        rehearse("aws", Wishes(Sizes(3, 3), machines=False))
    assert {file.name: file.read_bytes() for file in place.project.iterdir()} == before
    assert place.remembered()["CROSSCLOUD_REHEARSAL_MACHINES"] == "yes"
    assert course == done


def test_a_stack_that_is_not_there_leaves_no_trace(course: list[str]) -> None:
    with pytest.raises(CrosscloudError, match=r"there is no Pulumi\.nothing\.yaml"):
        rehearse("nothing", Wishes(ONE))
    assert not place_of("nothing").folder.with_suffix(".lock").exists()
    assert course == []


def test_it_goes_to_a_checked_cluster_and_back(course: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    rehearse("aws", Wishes(ONE))
    assert course == [
        "stack", "images", "machine image", "service", "up", "checks", "destroy", "service ends", "host is clean",
    ]  # fmt: skip
    shown = capsys.readouterr().out.splitlines()
    boxes = [line for line in shown if "REHEARSAL" in line]
    assert len(boxes) == 2
    assert next(line for line in shown if line.strip()) == boxes[0]
    assert "passed (" in "\n".join(shown[-5:])
    assert "nothing: no machine, network, process or state of it" in "\n".join(shown[-5:])


def test_a_fault_strikes_once_and_the_same_again_completes(
    course: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    rehearse("aws", Wishes(ONE, fault=parse("no-boot")))
    assert [one for one in course if one.startswith("up")] == ["up no-boot 1 minutes", "up"]
    assert "it failed, as it was to" in capsys.readouterr().out


def test_a_fault_that_up_does_not_notice_fails_the_rehearsal(
    course: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(run, "deploy", lambda *_args, **_kwargs: None)
    with pytest.raises(SystemExit) as ended:
        rehearse("aws", Wishes(ONE, fault=parse("api-error")))
    assert ended.value.code == 1
    assert "`up` succeeded although the cloud's API answers" in capsys.readouterr().err
    assert course[-1] == "host is clean"


def test_after_a_failure_all_is_taken_down_and_the_end_says_so(
    course: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(run, "run_checks", lambda *_: False)
    with pytest.raises(SystemExit):
        rehearse("aws", Wishes(ONE))
    assert course[-3:] == ["destroy", "service ends", "host is clean"]
    shown = capsys.readouterr()
    assert "error: checks of the rehearsal of aws failed" in shown.err
    assert "failed: checks of the rehearsal" in shown.out


def test_what_is_kept_stays_and_the_end_says_how_to_look_at_it(
    course: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    rehearse("aws", Wishes(ONE, keep=True))
    assert "destroy" not in course
    shown = capsys.readouterr().out
    assert "crosscloud shell --rehearsal --stack aws" in shown
    assert "crosscloud rehearse --stack aws --down" in shown


def test_a_destroy_that_forgets_something_is_a_failure_although_it_is_removed(
    course: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    left = [["machine i-1"], []]
    monkeypatch.setattr("crosscloud.rehearsal.hosted.things", lambda *_: left.pop(0))
    with pytest.raises(SystemExit):
        rehearse("aws", Wishes(ONE))
    shown = capsys.readouterr()
    assert "the destroy left behind what `crosscloud rehearse` removed:\n  machine i-1" in shown.err
    assert "failed: the destroy left behind" in shown.out
    assert "service ends" in course


def test_without_machines_nothing_is_built_and_what_needs_a_cluster_is_left_out(course: list[str]) -> None:
    rehearse("aws", Wishes(ONE, machines=False))
    assert "images" not in course
    assert "checks" not in course
    (up,) = [one for one in course if one.startswith("up")]
    assert "--exclude=**crosscloud:index:ClusterAccess::**" in up


def test_a_wrong_stack_file_is_refused_before_anything_is_made(course: list[str], own: Stack) -> None:
    own.file.write_text("config:\n  crosscloud:cloud: aws\n")
    with pytest.raises(CrosscloudError, match="apiAccessCidrs"):
        rehearse("aws", Wishes(ONE))
    assert course == []


def test_taking_down_what_is_not_there_is_no_error(course: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    down.down("aws")
    assert "there is no rehearsal of stack aws" in capsys.readouterr().out
    assert course == []
