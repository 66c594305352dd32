"""Start a process that outlives this one, in control groups of its own, so that all of it can be found and ended.

With systemd as PID 1 it is a service (systemd is then the one who hands out control groups); otherwise a session of its
own in control groups that are made here.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from crosscloud.machines import commands, host, processes
from crosscloud.machines.errors import MachineError

#: Run by `sh`. $1: the folder; $2: the log; $3: how many control-group files follow before the command. Its process
#: becomes the command's, so the number that it writes down stays true.
_LAUNCH = """
cd "$1" || exit 1
exec >>"$2" 2>&1 </dev/null
count="$3"; shift 3
while [ "$count" -gt 0 ]; do echo $$ >"$1" || exit 1; shift; count=$((count - 1)); done
echo $$ >pid.new && mv pid.new pid
exec "$@"
"""
_PID_TIMEOUT = 15.0


def start(
    unit: str, command: Sequence[str], *, folder: Path, log: str, environment: Mapping[str, str] | None = None
) -> list[int]:
    """Start ``command`` in ``folder`` and return its identity (see `processes.identify`; empty if it ended at once).

    ``log`` is the name of the file in ``folder`` that its output is added to. It gets a bare environment: nothing of
    this process's own (passphrases, tokens) stays in one that goes on for weeks.
    """
    pid_file = folder / "pid"
    pid_file.unlink(missing_ok=True)
    bare = {"PATH": commands.SEARCH_PATH, **(environment or {})}
    joining = [] if host.systemd_is_pid1() else processes.make_cgroup(unit)
    launch = ["sh", "-c", _LAUNCH, "sh", str(folder), log, str(len(joining)), *map(str, joining), *command]
    if host.systemd_is_pid1():
        commands.run(_service(unit, bare, launch), purpose=f"start the service {unit}")
    else:
        commands.run(["setsid", "--fork", *launch], purpose=f"start {unit}", environment=bare)
    if not processes.wait_until(pid_file.exists, _PID_TIMEOUT):
        raise MachineError(f"{unit} did not start within {_PID_TIMEOUT:.0f} s; see {folder / log}")
    return processes.identify(int(pid_file.read_text()))


def _service(unit: str, environment: Mapping[str, str], command: Sequence[str]) -> list[str]:
    return [
        *("systemd-run", "--quiet", "--collect", "--no-block", f"--unit={unit}.service", f"--description={unit}"),
        *("--property=Delegate=yes", "--property=KillMode=mixed", "--property=TasksMax=infinity"),
        "--property=LimitNOFILE=1048576",
        *(f"--setenv={key}={value}" for key, value in environment.items()),
        "--",
        # systemd puts variables in for dollar signs, and one of them for two.
        *(part.replace("$", "$$") for part in command),
    ]
