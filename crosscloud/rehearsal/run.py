"""``crosscloud rehearse``: a cloud's stack to a tested cluster and back, with the cloud simulated."""

import sys
import time
from dataclasses import dataclass

from crosscloud.artifacts.registry import DEFAULT_PORT
from crosscloud.errors import CrosscloudError
from crosscloud.rehearsal import banner, faults, isolation, summary
from crosscloud.rehearsal.down import ForgottenError, take_down
from crosscloud.rehearsal.engine import without_cluster
from crosscloud.rehearsal.faults import Fault, NoFailureError
from crosscloud.rehearsal.place import held, place_of
from crosscloud.rehearsal.project import Prepared, Sizes, prepare
from crosscloud.rehearsal.services import start_service
from crosscloud.stacks.pulumi import PulumiError, Stack
from crosscloud.stacks.stages import (
    ChecksFailedError,
    build_images,
    build_machine_image,
    deploy,
    run_checks,
    say,
    stage,
    take_outputs,
)
from crosscloud.stacks.up import ensure_known


@dataclass(frozen=True)
class Wishes:
    """What is asked of a rehearsal."""

    sizes: Sizes
    fault: Fault | None = None
    keep: bool = False
    machines: bool = True


def rehearse(name: str, wishes: Wishes) -> None:
    """Rehearse the stack of this name; afterwards all of it is taken down again, unless it is to be kept.

    What is wrong with the stack's file is raised before anything is made. What fails later is shown, and then ends the
    process with the failure's exit status: the last thing that is said is what is left.
    """
    started = time.monotonic()
    ensure_known(Stack(name))
    with held(place_of(name)):  # first: another one that is at work must not find its files changed
        prepared = prepare(Stack(name), wishes.sizes, machines=wishes.machines)
        banner.top(prepared, wishes.fault, machines=wishes.machines)
        result, failures = "interrupted", []
        try:
            result = _run(name, prepared, wishes)
        except CrosscloudError as error:
            failures.append(_told(error))
        finally:
            if wishes.keep:
                left = summary.ways_in(prepared)
            else:
                left, unremoved = _down(prepared)
                failures += unremoved
            if failures:
                result = f"failed: {str(failures[0]).splitlines()[0]}"
            passed = result.startswith("passed")
            banner.bottom(name, result, time.monotonic() - started, passed=passed, left=left)
    if failures:
        sys.exit(failures[0].exit_code)


def _run(name: str, prepared: Prepared, wishes: Wishes) -> str:
    """Go through the stages; return the result in a few words."""
    stack = prepared.stack
    stack.create()  # first: what the rehearsal needs is not cleaned up behind it by the end of another stack
    if wishes.machines:
        with stage("images of the release"):
            build_images(DEFAULT_PORT)
        with stage("image of the machines"):
            build_machine_image()
        prepared = prepare(Stack(name), wishes.sizes, machines=wishes.machines)  # with the release that is there now
    if prepared.simulation.service():
        with stage(f"what keeps the rules of {prepared.simulation.cloud}"):
            start_service(prepared.simulation, place_of(name))
    if wishes.fault:
        _fail(wishes.fault, name, wishes)
    with stage(f"stack {name}"):
        _deploy(prepared, wishes)
    return _check(prepared) if wishes.machines else _without_machines(prepared)


def _fail(fault: Fault, name: str, wishes: Wishes) -> None:
    """Bring the stack up with the fault, which has to end in a message; the stack's file is as before afterwards."""
    minutes = faults.boot_minutes(fault)
    overrides = {"crosscloud:bootTimeoutMinutes": minutes} if minutes else {}
    prepared = prepare(Stack(name), wishes.sizes, machines=wishes.machines, overrides=overrides)
    with stage(f"stack {name}, with a fault: {fault.says}"):
        try:
            _deploy(prepared, wishes, {isolation.FAULT: fault.text})
        except PulumiError as error:
            say(f"it failed, as it was to: {error}")
        else:
            if not fault.may_pass:
                raise NoFailureError(f"`up` succeeded although {fault.says}")
            say("`up` waited, and got through")
    prepare(Stack(name), wishes.sizes, machines=wishes.machines)


def _deploy(prepared: Prepared, wishes: Wishes, variables: dict[str, str] | None = None) -> None:
    rest = () if wishes.machines else without_cluster()
    deploy(prepared.stack, prepared.config, *rest, variables=variables)


def _check(prepared: Prepared) -> str:
    stack, config = prepared.stack, prepared.config
    outputs, kubeconfig = take_outputs(stack, config)
    with stage("checks"):
        passed = run_checks(stack, config, kubeconfig, outputs, f"127.0.0.1:{DEFAULT_PORT}")
    summary.show(outputs)
    if not passed:
        raise ChecksFailedError(f"checks of the rehearsal of {stack.name} failed; the table above says which")
    return "passed"


def _without_machines(prepared: Prepared) -> str:
    made = [each for each in prepared.stack.deployment().get("resources", []) if each.get("custom")]
    return f"passed, as far as that goes without machines: {len(made)} resources"


def _down(prepared: Prepared) -> tuple[list[tuple[str, str]], list[CrosscloudError]]:
    """Take everything down; return in words what is left, and the failure if there was one."""
    try:
        with stage("taking it down"):
            take_down(prepared.stack, prepared.simulation)
    except ForgottenError as error:
        return [("left", "nothing, but only because it was removed after the destroy")], [_told(error)]
    except CrosscloudError as error:
        again = f"crosscloud rehearse --stack {prepared.stack.name} --down"
        return [("left", "not everything is gone"), ("try again", again)], [_told(error)]
    return [("left", "nothing: no machine, network, process or state of it")], []


def _told(error: CrosscloudError) -> CrosscloudError:
    """Show a failure when it happens: much more is printed before the end."""
    print(f"error: {error}", file=sys.stderr, flush=True)
    return error
