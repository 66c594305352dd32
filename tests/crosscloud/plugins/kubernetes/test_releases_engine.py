"""Helm releases, through the genuine engine and the genuine helm, on a genuine API server."""

import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from crosscloud.plugins.kubernetes import record
from crosscloud.plugins.kubernetes.api import Api

from .conftest import NewStack
from .engine import Stack

pytestmark = pytest.mark.engine

CHART = Path(__file__).parent / "charts" / "sample"
PROGRAM = """
    import json
    import os
    import pulumi
    import pulumi_kubernetes as k8s

    given = os.environ.get
    provider = k8s.Provider("k", kubeconfig=pulumi.Output.secret(os.environ["CLUSTER"]))
    k8s.helm.v3.Release(
        "app",
        chart=os.environ["CHART"],
        name="app",
        namespace=os.environ["SPACE"],
        create_namespace=True,
        timeout=int(given("TIMEOUT", "5")),
        atomic=given("ATOMIC") == "yes",
        skip_await=given("WAIT") != "yes",
        values={"password": pulumi.Output.secret("open sesame"), **json.loads(given("VALUES", "{}"))},
        opts=pulumi.ResourceOptions(provider=provider),
    )
"""
#: Every key that Pulumi's own plugin (4.24) kept in the state of a release without a repository.
INPUTS = {
    *("allowNullValues", "atomic", "chart", "cleanupOnFail", "createNamespace", "dependencyUpdate", "description"),
    *("devel", "disableCRDHooks", "disableOpenapiValidation", "disableWebhooks", "forceUpdate", "keyring", "lint"),
    *("name", "namespace", "postrender", "recreatePods", "renderSubchartNotes", "replace", "resetValues"),
    *("reuseValues", "skipAwait", "skipCrds", "timeout", "values", "verify", "version", "waitForJobs"),
}
OUTPUTS = INPUTS | {"__inputs", "resourceNames", "status"}
STATUS = {"appVersion", "chart", "name", "namespace", "revision", "status", "version"}


@pytest.fixture
def space(request: pytest.FixtureRequest) -> str:
    return "r-" + "".join(c if c.isalnum() else "-" for c in request.node.name.removeprefix("test_"))[:50].strip("-")


@pytest.fixture
def stack(new_stack: NewStack, space: str) -> Stack:
    return new_stack(PROGRAM, CHART=str(CHART), SPACE=space)


def latest(api: Api, space: str) -> Any:
    return record.latest(api, "secret", space, "app")


def test_a_release_lives_from_preview_to_deletion(stack: Stack, api: Api, space: str) -> None:
    assert "3 to create" in stack.preview()
    assert latest(api, space) is None
    stack.up()
    assert "3 unchanged" in stack.preview()
    assert "replicas: 3" in stack.preview(VALUES='{"replicas": 3}')
    stack.up(VALUES='{"replicas": 3}')
    assert latest(api, space).revision == 2
    assert api.get("apps/v1", "Deployment", space, "app")["spec"]["replicas"] == 3  # type: ignore[index]
    stack.destroy()
    assert latest(api, space) is None
    assert api.get("apps/v1", "Deployment", space, "app") is None


def test_the_state_is_that_of_pulumis_own_plugin(stack: Stack, space: str) -> None:
    stack.up()
    state = stack.resource("Release")
    assert state["id"] == f"{space}/app"
    assert set(state["inputs"]) == INPUTS
    assert set(state["outputs"]) == OUTPUTS
    assert set(state["outputs"]["status"]) == STATUS
    assert state["inputs"]["version"] == "1.2.3"
    assert "ciphertext" in state["outputs"]["__inputs"]
    assert state["outputs"]["resourceNames"] == {
        "ClusterRole.rbac.authorization.k8s.io/rbac.authorization.k8s.io/v1": [f"{space}-app"],
        "ConfigMap/v1": ["app"],
        "Deployment.apps/apps/v1": [f"{space}/app"],
        "Secret/v1": [f"{space}/app"],
    }


def test_a_secret_value_is_not_in_the_state_nor_on_the_screen(stack: Stack) -> None:
    said = stack.preview() + stack.up() + stack.refresh()
    assert "open sesame" not in stack.state() + said


def test_a_chart_that_the_server_refuses_fails_the_preview_already(stack: Stack) -> None:
    said = stack.preview(VALUES='{"broken": true}', SPACE="default", fails=True)
    assert "NoSuchType" in said
    assert "Traceback" not in said


def test_a_missing_chart_is_named(stack: Stack) -> None:
    assert "there is no chart at /nowhere/chart" in stack.preview(CHART="/nowhere/chart", fails=True)


def test_a_release_that_does_not_get_ready_is_explained_and_repaired_by_the_next_up(
    stack: Stack, api: Api, space: str
) -> None:
    said = stack.up(WAIT="yes", fails=True)
    assert f"pod {space}/app-" in said
    assert "not scheduled: no nodes available" in said
    assert stack.resource("Release")["outputs"]["status"]["status"] == "failed"
    stack.up()
    assert stack.resource("Release")["outputs"]["status"]["status"] == "deployed"
    assert latest(api, space).status == "deployed"


def test_an_atomic_release_is_removed_when_it_fails_but_its_pods_are_explained_first(
    stack: Stack, api: Api, space: str
) -> None:
    said = stack.up(WAIT="yes", ATOMIC="yes", fails=True)
    assert "not scheduled: no nodes available" in said
    assert "it was uninstalled, because it is atomic" in said
    assert latest(api, space) is None
    assert "Release" not in stack.state()


def test_what_is_gone_is_seen_by_a_refresh_and_mended(stack: Stack, api: Api, space: str) -> None:
    stack.up()
    api.request("DELETE", api.path(api.kind("apps/v1", "Deployment"), space, "app"))
    assert "1 updated" in stack.refresh()
    stack.up()
    assert api.get("apps/v1", "Deployment", space, "app") is not None
    for stored in api.list("v1", "Secret", space, labelSelector="owner=helm"):
        api.request("DELETE", api.path(api.kind("v1", "Secret"), space, stored["metadata"]["name"]))
    assert "1 deleted" in stack.refresh()


def test_a_release_that_something_else_made_is_left_alone(new_stack: NewStack, api: Api, space: str) -> None:
    theirs = new_stack(PROGRAM, CHART=str(CHART), SPACE=space)
    theirs.up()
    ours = new_stack(PROGRAM.replace('"app",\n', '"other",\n', 1), CHART=str(CHART), SPACE=space)
    assert "exists already (revision 1, deployed) and was not made by this stack" in ours.up(fails=True)
    assert latest(api, space).revision == 1


def _kill_while_pending(stack: Stack, api: Api, space: str, **variables: str) -> None:
    engine = stack.start("up", "--yes", "--skip-preview", "--stack", "test", WAIT="yes", TIMEOUT="60", **variables)
    end = time.monotonic() + 60
    while not ((live := latest(api, space)) and live.pending):
        assert time.monotonic() < end
        time.sleep(0.05)
    os.kill(engine.pid, signal.SIGKILL)
    engine.communicate()
    stack.run("cancel", "--yes", "--stack", "test")


def _helms(space: str) -> list[str]:
    lines = [p.joinpath("cmdline") for p in Path("/proc").iterdir() if p.name.isdigit()]
    found = []
    for line in lines:
        try:
            text = line.read_text()
        except OSError:
            continue
        if f"--namespace\0{space}\0" in text:
            found.append(text.replace("\0", " "))
    return found


def test_an_engine_killed_in_the_middle_leaves_nothing_that_the_next_up_does_not_repair(
    stack: Stack, api: Api, space: str
) -> None:
    _kill_while_pending(stack, api, space)
    end = time.monotonic() + 5
    while _helms(space) and time.monotonic() < end:
        time.sleep(0.1)
    assert not _helms(space)
    assert "left pending-install by a killed run: repairing it" in stack.up()
    assert latest(api, space).status == "deployed"

    _kill_while_pending(stack, api, space, VALUES='{"replicas": 2}')
    # Back to what the state says: only the cluster shows that there is something to repair.
    assert "left pending-upgrade by a killed run: repairing it" in stack.up()
    assert latest(api, space).status == "deployed"
    assert api.get("apps/v1", "Deployment", space, "app")["spec"]["replicas"] == 1  # type: ignore[index]


def test_helm_gets_credentials_and_values_neither_by_its_command_line_nor_by_a_file(
    stack: Stack, api: Api, space: str, tmp_path: Path
) -> None:
    engine = stack.start("up", "--yes", "--skip-preview", "--stack", "test", WAIT="yes", TMPDIR=str(tmp_path))
    seen: list[str] = []
    while engine.poll() is None:
        seen += _helms(space)
        for file in tmp_path.glob("crosscloud-*"):
            assert "sesame" not in file.read_text(errors="replace")
        time.sleep(0.05)
    engine.communicate()
    assert seen
    assert all("sesame" not in line and "client-key-data" not in line for line in seen)
    assert latest(api, space) is not None
