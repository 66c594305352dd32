"""Mending what a killed run leaves in a stack's state: a lock that nobody holds, operations that never ended."""

import json
import os
import platform
from pathlib import Path
from urllib.parse import unquote, urlsplit

from crosscloud.errors import CrosscloudError
from crosscloud.stacks.pulumi import Stack


class LockedError(CrosscloudError):
    """Another run is at work on the stack."""


def recover(stack: Stack) -> list[str]:
    """Make the stack usable after a run that was killed; return what was mended, in words.

    A lock whose process is gone is given up. Pending creations are forgotten: our machines, networks and load balancers
    carry the resource they belong to, so that the next creation takes over or removes what was made; helm's releases
    are found by their names.
    """
    mended = _give_up_stale_lock(stack)
    pending = stack.deployment().get("pending_operations") or []
    if pending:
        stack.ask("refresh", "--yes", "--clear-pending-creates", "--skip-preview", "--suppress-outputs")
        names = ", ".join(sorted(operation["resource"]["urn"].rpartition("::")[2] for operation in pending))
        mended.append(f"finished what an interrupted run had begun: {names}")
    return mended


def _give_up_stale_lock(stack: Stack) -> list[str]:
    mended = []
    for path in _locks(stack):
        try:
            lock = json.loads(path.read_text())
        except (OSError, ValueError):
            lock = {}  # half-written by a run that was killed at it
        holder = int(lock.get("pid", 0))
        here = lock.get("hostname") in (None, platform.node())
        if here and not _is_pulumi(holder):
            path.unlink(missing_ok=True)
            mended.append(f"gave up the lock of process {holder}, which is gone")
        else:
            place = "this machine" if here else str(lock.get("hostname"))
            raise LockedError(
                f"stack {stack.name} is being changed by process {holder} on {place} since {lock.get('timestamp')}. "
                f"Wait for it; if it is dead, `pulumi cancel --stack {stack.name}` gives up its lock"
            )
    return mended


def _locks(stack: Stack) -> list[Path]:
    """Return the stack's lock files, where the backend is a folder of this machine."""
    backend = urlsplit(stack.workspace.environment().get("PULUMI_BACKEND_URL", ""))
    if backend.scheme != "file":
        return []
    folder = Path(unquote(backend.path)) / ".pulumi" / "locks" / "organization" / stack.workspace.name / stack.name
    return sorted(folder.glob("*.json"))


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
