"""The locks that runs of the engine hold on a stack: who holds one, and whether that run still lives.

A lock is given up only when its holder is known to be dead: a process of this machine that is gone, or a job of a
pipeline that GitLab says has ended. Age alone proves nothing: replacing a cluster takes an hour.
"""

import json
import os
import platform
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from crosscloud.errors import CrosscloudError
from crosscloud.stacks import marks
from crosscloud.stacks.pulumi import Stack

#: GitLab's statuses of jobs that run no more: https://docs.gitlab.com/api/jobs/
_ENDED = ("success", "failed", "canceled", "skipped")
#: How far two machines' clocks may be apart.
_SKEW = timedelta(minutes=1)
#: How long a runner may take to hear that its job was cancelled, or timed out, and to end what the job started.
_ENDING = timedelta(minutes=3)
#: Pulumi's words, for backends whose locks only it can read: pkg/backend/diy/lock.go.
_TOLD = re.compile(r"created by (?P<user>\S*)@(?P<host>\S+) \(pid (?P<pid>\d+)\) at (?P<since>\S+)")
#: Its words for a lock of its own service: pkg/backend/httpstate/backend.go and the service's answer 409.
_BUSY = re.compile(r"currently locked by|another update is currently in progress", re.IGNORECASE)


class Holder(Enum):
    """What is known of the run that holds a lock."""

    LIVES = "lives"
    DEAD = "is dead"
    UNKNOWN = "is not known"


@dataclass(frozen=True)
class Lock:
    """A lock; ``file`` where it is a file of this machine, ``since`` by the clock of its holder's machine."""

    pid: int = 0
    host: str = ""
    user: str = ""
    since: datetime | None = None
    file: Path | None = None

    @property
    def here(self) -> bool:
        """Whether a process of this machine holds it."""
        return self.host == platform.node()

    def __str__(self) -> str:
        place = "this machine" if self.here else self.host or "a machine that the backend does not name"
        return f"process {self.pid} on {place}{_age(self.since)}" if self.pid else f"a run on {place}{_age(self.since)}"


def in_files(stack: Stack) -> list[Lock] | None:
    """Return the stack's locks where the backend is a folder of this machine; else only the engine can tell."""
    backend = urlsplit(stack.workspace.environment().get("PULUMI_BACKEND_URL", ""))
    if backend.scheme != "file":
        return None
    folder = Path(unquote(backend.path)) / ".pulumi" / "locks" / "organization" / stack.workspace.name / stack.name
    return [_read(file) for file in sorted(folder.glob("*.json"))]


def told(words: str) -> list[Lock]:
    """Return the locks of which the engine complained; none if it complained of something else."""
    if not _BUSY.search(words):
        return []
    found = [Lock(int(told["pid"]), told["host"], told["user"], _time(told["since"])) for told in _TOLD.finditer(words)]
    return found or [Lock()]


def judge(stack: Stack, lock: Lock) -> tuple[Holder, str]:
    """Tell whether a lock's holder lives, and why one thinks so, in words."""
    if lock.file and not lock.host:
        return Holder.DEAD, "it was killed while it wrote it"
    if lock.here:
        if _is_pulumi(lock.pid):
            return Holder.LIVES, "that process runs"
        return Holder.DEAD, f"process {lock.pid} is gone"
    mark = marks.read(stack, lock.host) if lock.host else None
    if mark is None:
        return Holder.UNKNOWN, "no job of a pipeline left a note of it"
    return _judge_job(mark, lock)


def _judge_job(mark: marks.Mark, lock: Lock) -> tuple[Holder, str]:
    if lock.since is None or lock.since < mark.started - _SKEW:
        return Holder.UNKNOWN, f"it is older than job {mark.job}, which left the last note"
    try:
        job = _job(mark)
    except CrosscloudError as error:
        return Holder.UNKNOWN, f"GitLab can't be asked about job {mark.job}: {error}"
    finished = _time(job.get("finished_at"))
    if job.get("status") not in _ENDED:
        return Holder.LIVES, f"job {mark.job} is {job.get('status')}: {mark.url}"
    if finished and lock.since > finished + _SKEW:
        return Holder.UNKNOWN, f"it was taken after job {mark.job} had ended"
    if finished and datetime.now(UTC) < finished + _ENDING:
        return (
            Holder.UNKNOWN,
            f"job {mark.job} has only just ended ({job['status']}), and its runner may still be at it",
        )
    return Holder.DEAD, f"GitLab says that its job {mark.job} has ended ({job['status']})"


def _job(mark: marks.Mark) -> dict[str, Any]:
    from crosscloud.gitlab.client import Settings, asking, connect

    with asking(f"job {mark.job}", needs="the scope read_api and the role Reporter"):
        found = connect(Settings.from_environment()).projects.get(mark.project, lazy=True).jobs.get(mark.job)
    return dict(found.attributes)


def _read(file: Path) -> Lock:
    try:
        content = json.loads(file.read_text())
        pid, host = int(content.get("pid", 0)), str(content.get("hostname") or platform.node())
        return Lock(pid, host, str(content.get("username", "")), _time(content.get("timestamp")), file)
    except (OSError, ValueError, AttributeError):
        return Lock(file=file)  # half-written by a run that was killed at it


def _time(text: object) -> datetime | None:
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _age(since: datetime | None) -> str:
    if since is None:
        return ""
    minutes = int((datetime.now(UTC) - since).total_seconds() // 60)
    age = "less than a minute" if minutes < 1 else f"{minutes} min" if minutes < 120 else f"{minutes // 60} h"  # noqa: PLR2004 - hours are plainer from two on
    return f" since {since.astimezone(UTC):%Y-%m-%d %H:%M} UTC ({age})"


def _is_pulumi(pid: int) -> bool:
    """Tell whether a process of this id lives and is Pulumi's: ids are used again."""
    if pid <= 0:
        return False
    try:
        os.kill(pid, 0)
        command = Path(f"/proc/{pid}/cmdline")
        return "pulumi" in command.read_text(errors="replace") if command.exists() else True
    except PermissionError:
        return True
    except OSError:
        return False


def each(stack: Stack, locks: list[Lock]) -> Iterator[tuple[Lock, Holder, str]]:
    """Yield each lock with what is known of its holder."""
    for lock in locks:
        yield lock, *judge(stack, lock)
