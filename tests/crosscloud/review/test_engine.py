"""What was reviewed is what is applied: the genuine engine on a cheap stack, with Equinix Metal simulated."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from crosscloud.preview.state import deployment_of
from crosscloud.rehearsal.engine import without_cluster
from crosscloud.rehearsal.place import place_of, rehearsed
from crosscloud.review import MovedError, Review, applying, moved, program, record, settings
from crosscloud.stacks import locks, marks, recovery, stages
from crosscloud.stacks.pulumi import PulumiError, Stack
from crosscloud.stacks.up import read_config
from tests.gitlab import gitlab_stub
from tests.rehearsal.harness import Rehearsal, rehearsal

pytestmark = pytest.mark.engine

NAME = "review-packet"
WORKER = f"state: equinix-metal:index/device:Device {NAME}-worker-1"


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rehearsal]:
    """One stack for all tests: each begins where the one before left it."""
    with rehearsal("packet", tmp_path_factory.mktemp("review"), name=NAME) as made:
        made.up()
        yield made


@pytest.fixture
def stack(up: Rehearsal) -> Stack:
    return rehearsed(up.name)


def workers(up: Rehearsal) -> int:
    return len([name for name in up.resources("equinix-metal:index/device:Device") if "worker" in name])


@pytest.fixture(autouse=True)
def quicker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out what other tests have: the policies' seconds in each run, and files that may be written meanwhile."""
    monkeypatch.setattr(stages, "_PACK", ())
    monkeypatch.setattr(program, "items", lambda *_: {"__main__.py": "as it is"})
    monkeypatch.setattr(settings, "release_items", lambda _: {"COREDNS_TAG": "as it is"})


def apply(stack: Stack, then: Review) -> None:
    applying.deploy(stack, read_config(stack), then, *without_cluster())


def state_file(stack: Stack) -> Path:
    return place_of(stack.name).folder / f"state/.pulumi/stacks/crosscloud-rehearsal/{NAME}.json"


def state(stack: Stack) -> str:
    """Return the very file of the state, which every run of the engine writes anew."""
    return state_file(stack).read_text()


def test_what_was_reviewed_is_applied_and_the_same_again_changes_and_moves_nothing(up: Rehearsal, stack: Stack) -> None:
    up.configure(workers={"count": 2})
    then = record(stack, deployment=deployment_of(stack))  # as a preview does, with secrets in the clear
    apply(stack, then)
    assert workers(up) == 2
    before, applied = state(stack), record(stack)
    apply(stack, then)  # the job is run again after its checks failed: nobody else was at work
    assert state(stack) != before, "the engine has encrypted every secret anew"
    assert moved(applied, record(stack, like=applied)) == []
    assert "ciphertext" not in applied.model_dump_json()


def test_a_state_that_somebody_else_changed_is_refused_and_nothing_is_changed(up: Rehearsal, stack: Stack) -> None:
    up.configure(workers={"count": 1})
    then = record(stack)
    up.up()
    before = state(stack)
    with pytest.raises(MovedError) as refused:
        apply(stack, then)
    assert f"{WORKER} is gone" in str(refused.value)
    assert "run the preview job of the merge request again" in str(refused.value)
    assert state(stack) == before


def test_a_run_that_comes_between_is_seen_under_the_engines_lock(
    up: Rehearsal, stack: Stack, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    then, other = record(stack), []

    def other_run(*_: Any) -> None:
        up.configure(workers={"count": 2})
        up.up()
        other.append(record(stack))

    monkeypatch.setattr(marks, "begin_review", other_run)
    with pytest.raises(PulumiError):
        apply(stack, then)
    assert f"{WORKER} is new" in "".join(capfd.readouterr())
    assert moved(other[0], record(stack, like=other[0])) == []


def test_an_attempt_that_was_killed_is_mended_and_gone_on_with(
    up: Rehearsal, stack: Stack, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    up.configure(workers={"count": 3})
    then = record(stack)
    for _ in range(2):  # the second attempt has mended what the first one left when it is killed, too
        with monkeypatch.context() as during:
            during.setenv("CROSSCLOUD_REHEARSAL_FAULT", "engine-crash=1")
            with pytest.raises(PulumiError, match="SIGKILL"):
                apply(stack, then)
    capfd.readouterr()
    apply(stack, then)
    said = capfd.readouterr().out
    assert "gave up the lock of process" in said
    assert "by an earlier attempt to apply it" in said
    assert workers(up) == 3


def test_nobody_elses_killed_run_is_taken_for_an_earlier_attempt_and_all_it_left_is_mended(
    up: Rehearsal, stack: Stack
) -> None:
    up.configure(workers={"count": 4})
    then = record(stack)
    up.up(check=False, variables={"CROSSCLOUD_REHEARSAL_FAULT": "engine-crash=1"})
    with pytest.raises(MovedError, match="interrupted creating of equinix-metal:index/device:Device"):
        apply(stack, then)
    (given_up,) = recovery.unlock(stack, force=False)
    assert "gave up the lock of process" in given_up
    leave_open(stack, updating="control-plane-0", deleting="worker-0", reading="worker-1")
    before = dependencies(stack)
    mended = " ".join(recovery.recover(stack))
    for said in (
        "forgot the creation of",
        f"{NAME}-control-plane-0, which was being changed",
        f"whether {NAME}-worker-0",
    ):
        assert said in mended
    assert f"{NAME}-worker-1 was being read" in mended
    assert not stack.deployment().get("pending_operations")
    assert dependencies(stack) == before, "or it would be destroyed in another order"


def dependencies(stack: Stack) -> dict[str, list[str]]:
    """Return what each resource of the state depends on."""
    return {each["urn"]: sorted(each.get("dependencies", [])) for each in stack.deployment()["resources"]}


def leave_open(stack: Stack, **operations: str) -> None:
    """Have the state's file say that a run was interrupted in these operations, too."""
    file = state_file(stack)
    document = json.loads(file.read_text())
    latest = document["checkpoint"]["latest"]
    resources = {each["urn"].rpartition("::")[2]: each for each in latest["resources"] if "id" in each}
    for kind, name in operations.items():
        latest["pending_operations"].append({"type": kind, "resource": resources[f"{NAME}-{name}"]})
    file.write_text(json.dumps(document))


def test_a_lock_of_a_job_that_gitlab_says_has_ended_is_given_up_on_the_way(
    up: Rehearsal, stack: Stack, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """As in a bucket: only the engine sees the lock, and who holds it is known by its words and the job's note."""
    up.configure(workers={"count": 1})
    then = record(stack)
    folder = place_of(NAME).folder / f"state/.pulumi/locks/organization/crosscloud-rehearsal/{NAME}"
    began = datetime.now(UTC) - timedelta(minutes=10)
    with gitlab_stub() as gitlab:
        project = gitlab.project("cncf/crosscloud")
        job = (
            project.branch("main", "5eed" * 10)
            .pipeline("failed")
            .job("apply", status="failed", finished=began + timedelta(minutes=5))
            .pipeline.jobs[0]
        )
        mark = marks.Mark(host="runner-1", started=began, project=str(project.project.id), job=job.id)
        stack.ask("stack", "tag", "set", marks._tag("runner-1"), mark.model_dump_json())
        content = {"pid": 7, "username": "root", "hostname": "runner-1", "timestamp": began.isoformat()}
        (folder / "of-a-job.json").write_text(json.dumps(content))
        monkeypatch.setattr(locks, "in_files", lambda _stack: None)
        monkeypatch.setenv("CROSSCLOUD_GITLAB_URL", gitlab.url)
        apply(stack, then)
    said = capfd.readouterr().out
    assert "gave up the lock of process 7 on runner-1" in said
    assert f"GitLab says that its job {job.id} has ended (failed)" in said
    assert marks.read(stack, "runner-1") is None
    assert workers(up) == 1
