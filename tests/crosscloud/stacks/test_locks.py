"""A lock is given up only when it is known that its holder is dead."""

import json
import platform
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from crosscloud.stacks import locks, marks, recovery
from crosscloud.stacks.locks import Holder, Lock
from crosscloud.stacks.pulumi import PulumiError
from tests.crosscloud.stacks.test_recovery import QuietStack, gone_process, lock, stack

__all__ = ["stack"]

BEGAN = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
JOB = marks.Mark(host="runner-1", started=BEGAN, project="7", job=4711, url="https://gitlab.example/jobs/4711")
#: What the engine says of a lock in a bucket, which only it can read.
WORDS = """\
the stack is currently locked by 1 lock(s). Either wait for the other process(es) to end or delete the lock file with \
`pulumi cancel`.
  s3://states/.pulumi/locks/organization/crosscloud/demo/0.json: created by root@{host} (pid {pid}) at {since}"""


def answers(monkeypatch: pytest.MonkeyPatch, **job: Any) -> None:
    """Have GitLab know the job."""
    monkeypatch.setattr(locks, "_job", lambda _mark: job)


def held(since: timedelta = timedelta(minutes=5)) -> Lock:
    return Lock(pid=12, host="runner-1", user="root", since=BEGAN + since)


def note(stack: QuietStack) -> None:
    """Have the job's note in the backend."""
    type(stack).tags = {marks._tag("runner-1"): JOB.model_dump_json()}


def test_a_job_that_gitlab_says_has_ended_holds_no_lock(stack: QuietStack, monkeypatch: pytest.MonkeyPatch) -> None:
    note(stack)
    answers(monkeypatch, status="canceled", finished_at="2026-11-22T03:20:00.000Z")
    assert locks.judge(stack, held()) == (Holder.DEAD, "GitLab says that its job 4711 has ended (canceled)")


@pytest.mark.parametrize("status", ["running", "pending", "canceling", "waiting_for_resource"])
def test_a_job_that_runs_keeps_its_lock_whatever_is_said(
    stack: QuietStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: str
) -> None:
    note(stack)
    answers(monkeypatch, status=status, finished_at=None)
    path = lock(tmp_path, pid=12, hostname="runner-1", timestamp=(BEGAN + timedelta(minutes=5)).isoformat())
    for force in (False, True):
        with pytest.raises(recovery.LockedError, match=f"job 4711 is {status}: https://gitlab.example/jobs/4711"):
            recovery.unlock(stack, force=force)
    assert path.exists()


@pytest.mark.parametrize(
    ("since", "why"),
    [(timedelta(hours=-3), "older than job 4711"), (timedelta(hours=2), "taken after job 4711 had ended")],
)
def test_a_lock_from_another_time_is_not_the_jobs(
    stack: QuietStack, monkeypatch: pytest.MonkeyPatch, since: timedelta, why: str
) -> None:
    note(stack)
    answers(monkeypatch, status="failed", finished_at="2026-11-22T03:20:00.000Z")
    holder, told = locks.judge(stack, held(since))
    assert holder is Holder.UNKNOWN
    assert why in told


def test_a_job_that_has_only_just_ended_may_still_be_at_work(
    stack: QuietStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """GitLab says that a job is cancelled, or timed out, before the runner has ended what the job started."""
    note(stack)
    for ago, holder in ((timedelta(seconds=20), Holder.UNKNOWN), (timedelta(minutes=5), Holder.DEAD)):
        finished = datetime.now(UTC) - ago
        answers(monkeypatch, status="canceled", finished_at=finished.isoformat())
        assert locks.judge(stack, held())[0] is holder


def test_a_gitlab_that_does_not_answer_proves_nothing(stack: QuietStack, monkeypatch: pytest.MonkeyPatch) -> None:
    note(stack)
    monkeypatch.delenv("CI_SERVER_URL", raising=False)
    monkeypatch.setenv("CROSSCLOUD_GITLAB_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("CROSSCLOUD_GITLAB_TOKEN", "token")
    monkeypatch.setattr("crosscloud.gitlab.client.connect", refused)
    holder, told = locks.judge(stack, held())
    assert holder is Holder.UNKNOWN
    assert "GitLab can't be asked about job 4711" in told


def refused(*_: Any, **__: Any) -> None:
    from crosscloud.gitlab.client import GitlabError

    raise GitlabError("it does not answer")


def test_a_lock_in_a_bucket_is_known_by_the_engines_words_and_given_up_by_cancel(
    stack: QuietStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    note(stack)
    answers(monkeypatch, status="failed", finished_at="2026-11-22T03:20:00.000Z")
    words = WORDS.format(host="runner-1", pid=12, since="2026-11-22T03:05:00Z")
    (said,) = recovery.unlocked(stack, PulumiError("up failed", words))
    assert "gave up the lock of process 12 on runner-1" in said
    assert ("cancel", "--yes") in stack.asked


def test_a_pending_operation_behind_a_dead_lock_in_a_bucket_is_finished_too(stack: QuietStack) -> None:
    urn = "urn:pulumi:demo::crosscloud::crosscloud:index:Machine::worker-0"
    QuietStack.state = {"pending_operations": [{"type": "creating", "resource": {"urn": urn}}]}
    QuietStack.fails = [WORDS.format(host=platform.node(), pid=gone_process(), since="2026-11-22T03:05:00Z")]
    given_up, finished = recovery.recover(stack)
    assert "gave up the lock of process" in given_up
    assert "forgot the creation of worker-0" in finished


def test_pulumis_own_service_names_no_holder_so_that_somebody_has_to_say_it_is_dead(stack: QuietStack) -> None:
    error = PulumiError("up failed", "error: [409] Conflict: Another update is currently in progress.")
    with pytest.raises(recovery.LockedError, match="crosscloud unlock --stack demo --force"):
        recovery.unlocked(stack, error)
    assert stack.asked == []


def test_another_failure_of_the_engine_stays_what_it_is(stack: QuietStack) -> None:
    error = PulumiError("up failed", "error: creating Device: 422 no capacity")
    with pytest.raises(PulumiError, match="up failed"):
        recovery.unlocked(stack, error)


def test_a_half_written_lock_is_given_up(stack: QuietStack, tmp_path: Path) -> None:
    path = lock(tmp_path)
    path.write_text('{"pid": 1')
    (said,) = recovery.recover(stack)
    assert "killed while it wrote it" in said
    assert not path.exists()


def test_what_nobody_can_know_is_given_up_on_a_users_word(stack: QuietStack, tmp_path: Path) -> None:
    path = lock(tmp_path, pid=12, hostname="elsewhere", timestamp="2026-11-22T03:05:00Z")
    (said,) = recovery.unlock(stack, force=True)
    assert said.startswith("gave up the lock of process 12 on elsewhere since 2026-11-22 03:05 UTC")
    assert said.endswith("you said that it is dead")
    assert not path.exists()


def test_only_jobs_of_a_pipeline_leave_a_note_and_it_goes_with_them(
    stack: QuietStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("CI_JOB_ID", "CI_PROJECT_ID", "CI_JOB_URL"):
        monkeypatch.delenv(variable, raising=False)
    with marks.noted(stack):
        assert stack.asked == []
    env = {"CI_JOB_ID": "5", "CI_PROJECT_ID": "7", "CI_JOB_URL": "https://gitlab.example/" + "x" * 300}
    for name, value in env.items():
        monkeypatch.setenv(name, value)

    def fail() -> None:
        with marks.noted(stack):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    noted, forgotten = stack.asked
    assert noted[:3] == ("stack", "tag", "set")
    assert len(noted[3]) <= 40, "as long as a tag's name may be"
    assert len(noted[4]) <= 256, "as long as its value may be"
    assert json.loads(noted[4])["job"] == 5
    assert forgotten == ("stack", "tag", "rm", noted[3])


def test_a_lock_in_a_bucket_is_looked_for_before_it_is_given_up_on_a_users_word(
    stack: QuietStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PULUMI_BACKEND_URL", "s3://states")
    QuietStack.fails = [WORDS.format(host="elsewhere", pid=7, since="2026-11-22T03:05:00Z")] * 2
    with pytest.raises(recovery.LockedError, match="process 7 on elsewhere"):
        recovery.unlock(stack, force=False)
    (said,) = recovery.unlock(stack, force=True)
    assert said.endswith("you said that it is dead")
    assert stack.asked[0] == ("cancel", "--yes")
    assert recovery.unlock(stack, force=True) == [], "there is none any more"
    assert stack.asked[-1][0] == "refresh"


def test_a_job_that_runs_keeps_its_lock_in_a_bucket_too(stack: QuietStack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULUMI_BACKEND_URL", "s3://states")
    note(stack)
    answers(monkeypatch, status="running", finished_at=None)
    QuietStack.fails = [WORDS.format(host="runner-1", pid=12, since="2026-11-22T03:05:00Z")]
    with pytest.raises(recovery.LockedError, match="job 4711 is running"):
        recovery.unlock(stack, force=True)
    assert stack.asked == []
