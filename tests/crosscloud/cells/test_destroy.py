"""A destruction fails if anything is left, and leaves nothing of the cell on this machine if nothing is."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from crosscloud.artifacts import registry
from crosscloud.cells.cell import Cell
from crosscloud.cells.destroy import destroy
from crosscloud.cells.project import prepare
from crosscloud.cells.run import current
from crosscloud.cells.stages import cluster
from crosscloud.errors import CrosscloudError
from crosscloud.machines import cleanup, reaping, store
from crosscloud.rehearsal import hosted
from crosscloud.rehearsal.place import place_of
from crosscloud.runs.record import StageStatus
from crosscloud.stacks.pulumi import PulumiError, Stack

LOCAL, AWS = Cell("local", "head"), Cell("aws", "head")


@dataclass
class Engine:
    """A backend with one stack, and what was asked of it."""

    exists: bool = True
    left: list[dict[str, str]] = field(default_factory=list)
    fails: bool = False
    stays: bool = False
    asked: list[str] = field(default_factory=list)

    def show(self, *arguments: str, **__: Any) -> None:
        self.asked.append(arguments[0])
        if self.fails:
            raise PulumiError("destroy failed")

    def ask(self, *arguments: str) -> str:
        self.asked.append(" ".join(arguments))
        self.exists = self.stays
        return ""


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Engine:
    made = Engine()
    monkeypatch.setenv("CI_PIPELINE_ID", "7")  # else a cell that is gone would begin another run in another second
    monkeypatch.setattr(Stack, "exists", lambda _: made.exists)
    monkeypatch.setattr(Stack, "deployment", lambda _: {"resources": made.left})
    monkeypatch.setattr(Stack, "show", made.show)
    monkeypatch.setattr(Stack, "ask", made.ask)
    monkeypatch.setattr("crosscloud.stacks.recovery.recover", lambda _: [])
    monkeypatch.setattr("crosscloud.stacks.down._purge", lambda: made.asked.append("clean host"))
    monkeypatch.setattr(registry, "stop", lambda: False)
    monkeypatch.setattr(reaping, "wait_for_init", lambda: None)
    monkeypatch.setattr(cleanup, "remove", lambda _: [])
    monkeypatch.setattr(cleanup, "leftovers", list)
    return made


def _why(cell: Cell) -> str:
    stage = next(stage for stage in current(cell).record().stages if stage.name == "destroy")
    assert (stage.status is StageStatus.PASSED) == (not stage.why)
    return stage.why


def test_it_destroys_removes_the_state_and_forgets_the_cell(engine: Engine) -> None:
    prepare(AWS)
    assert destroy(AWS) == 0
    assert engine.asked == ["destroy", "stack rm --yes --preserve-config"]
    assert not AWS.place.folder.exists()


def test_nothing_there_is_no_error(engine: Engine) -> None:
    engine.exists = False
    assert destroy(AWS) == 0
    assert engine.asked == []


def test_a_resource_that_the_engine_still_knows_fails_it_and_keeps_the_state(engine: Engine) -> None:
    engine.left = [{"urn": "urn:pulumi:aws-head::crosscloud::aws:ec2/vpc:Vpc::aws-head"}]
    assert destroy(AWS) == 1
    assert engine.asked == ["destroy"]
    assert "aws:ec2/vpc:Vpc::aws-head" in _why(AWS)


def test_a_destruction_that_fails_in_a_cloud_keeps_the_state(engine: Engine) -> None:
    engine.fails = True
    assert destroy(AWS) == 1
    assert engine.asked == ["destroy"]


def test_a_state_that_stays_fails_it(engine: Engine) -> None:
    engine.stays = True
    assert destroy(AWS) == 1
    assert "still knows stack aws-head" in _why(AWS)


def _machine(name: str) -> store.Machine:
    record = store.Machine(f"{name}-worker-0-x1", f"urn:pulumi:{name}::crosscloud::Machine::worker-0", {})
    store.save(record)
    return record


def test_what_the_engine_forgets_on_this_host_is_removed_and_fails_it(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine, other = _machine("local-head"), _machine("local-stable")

    def remove(which: Callable[[store.Record], bool]) -> list[str]:
        chosen = [each.id for each in (mine, other) if which(each)]
        store.forget(mine)
        return chosen

    monkeypatch.setattr(cleanup, "remove", remove)
    prepare(LOCAL)
    assert destroy(LOCAL) == 1
    assert "the destroy forgot something; what was left was removed: local-head-worker-0-x1" in _why(LOCAL)
    assert "clean host" not in engine.asked, "another cell has a machine here"


def test_what_can_not_be_removed_from_this_host_fails_it(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = _machine("local-head")
    monkeypatch.setattr(cleanup, "leftovers", lambda: [f"process 7 of {mine.id}", "process 8 of another"])
    prepare(LOCAL)
    assert destroy(LOCAL) == 1
    assert _why(LOCAL) == "still on this host: process 7 of local-head-worker-0-x1"
    assert engine.asked[0] == "destroy"


def test_a_destruction_that_fails_here_is_finished_by_the_records_and_told(engine: Engine) -> None:
    engine.fails = True
    prepare(LOCAL)
    assert destroy(LOCAL) == 1
    assert "stack rm --yes --force --preserve-config" in engine.asked
    assert "destroy failed; what was left was removed" in _why(LOCAL)


def test_the_last_cell_ends_what_all_clusters_of_this_host_share(engine: Engine) -> None:
    prepare(LOCAL)
    prepare(Cell("local", "stable"))
    assert destroy(LOCAL) == 0
    assert "clean host" not in engine.asked
    assert destroy(Cell("local", "stable")) == 0
    assert "clean host" in engine.asked


def test_a_rehearsed_cell_ends_nothing_that_another_cell_needs(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where that one's state is in a backend elsewhere, and no machine of it is there yet."""
    monkeypatch.setattr(hosted, "purge", lambda _: [])
    monkeypatch.setattr(hosted, "things", lambda _: [])
    rehearsed = Cell("aws", "head", rehearsed=True)
    for folder in (rehearsed.place.project, place_of(rehearsed.name).folder):
        folder.mkdir(parents=True)
    prepare(LOCAL)
    assert destroy(rehearsed) == 0
    assert "clean host" not in engine.asked
    assert not rehearsed.place.folder.exists()


def test_a_cell_is_made_anew_where_an_earlier_run_left_one(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    def created(stack: Stack) -> None:
        engine.asked.append("create")
        raise CrosscloudError(f"{stack.name} goes no further here")

    monkeypatch.setattr(Stack, "create", created)
    prepare(AWS)
    assert cluster(AWS) == 1
    assert engine.asked == ["destroy", "stack rm --yes --preserve-config", "create"]
    assert cluster(AWS) == 1
    assert engine.asked[3:] == ["create"], "where there is none nothing is destroyed"


def test_nothing_is_made_where_what_is_left_can_not_be_destroyed(engine: Engine) -> None:
    engine.fails = True
    assert cluster(AWS) == 1
    assert engine.asked == ["destroy"]
    made = next(stage for stage in current(AWS).record().stages if stage.name == "cross-cloud")
    assert (made.status, made.why, made.blames) == (StageStatus.FAILED, "destroy failed", ())
