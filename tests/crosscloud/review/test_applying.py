"""Going on where an earlier attempt at the same review ended, and never over what somebody else did."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from crosscloud import config
from crosscloud.review import MovedError, Part, applying
from crosscloud.review.model import Review
from crosscloud.stacks import marks, recovery, stages
from crosscloud.stacks.pulumi import Stack
from tests.crosscloud.review.reviews import SALT, review

CONFIG = config.load({"cloud": "local"}, stack="demo", files=False)
REVIEWED = review(state={"vm a": 1}).model_copy(update={"saved": datetime(2026, 11, 22, 3, 0, tzinfo=UTC)})
OURS = {"startTime": "2026-11-22T03:10:00.000Z", "message": f"crosscloud review {REVIEWED.id}"}
MENDING = {"startTime": "2026-11-22T03:20:00.000Z", "message": recovery.MESSAGE}
OTHERS = {"startTime": "2026-11-22T03:30:00.000Z", "message": ""}
BEFORE = {"startTime": "2026-11-22T02:50:00.000Z", "message": ""}


@pytest.fixture
def history(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, str]]:
    """What the engine's history has of a stack that an attempt has left at ``vm a: 2``."""
    found = [MENDING, OURS, BEFORE]
    now = review(state={"vm a": 2})
    monkeypatch.setattr(applying, "record", lambda *_, **__: now)
    monkeypatch.setattr(applying, "state_of", lambda *_: now.state)
    monkeypatch.setattr(marks, "begun_review", lambda _: REVIEWED.id)
    monkeypatch.setattr(recovery, "recover", lambda *_, **__: [])
    monkeypatch.setattr(Stack, "history", lambda _: found)
    return found


@pytest.fixture
def expected(monkeypatch: pytest.MonkeyPatch) -> list[Part]:
    """The states that the engine is told to find, of which nothing is run."""
    found: list[Part] = []

    def deploy(*_: Any, variables: dict[str, str], review: str) -> None:
        assert review == REVIEWED.id
        (file,) = variables.values()
        found.append(Review.load(Path(file)).state)

    monkeypatch.setattr(stages, "deploy", deploy)
    return found


@pytest.mark.usefixtures("history")
def test_it_goes_on_from_the_state_that_an_earlier_attempt_left(expected: list[Part]) -> None:
    applying.deploy(Stack("demo"), CONFIG, REVIEWED)
    assert expected == [Part.of({"vm a": 2}, bytes.fromhex(SALT))]


def test_somebody_elses_run_since_is_no_earlier_attempt(history: list[dict[str, str]], expected: list[Part]) -> None:
    history.insert(0, OTHERS)
    with pytest.raises(MovedError, match="state: vm a was changed"):
        applying.deploy(Stack("demo"), CONFIG, REVIEWED)
    assert expected == []


def test_what_somebody_else_does_while_it_is_mended_does_not_become_what_is_expected(
    history: list[dict[str, str]], expected: list[Part], monkeypatch: pytest.MonkeyPatch
) -> None:
    def mend(*_: Any, **__: Any) -> list[str]:
        history.insert(0, OTHERS)
        return []

    monkeypatch.setattr(recovery, "recover", mend)
    with pytest.raises(MovedError, match="state: vm a was changed"):
        applying.deploy(Stack("demo"), CONFIG, REVIEWED)
    assert expected == []


@pytest.mark.usefixtures("history")
def test_a_review_that_was_not_begun_or_whose_note_another_run_took_away_is_refused(
    expected: list[Part], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(marks, "begun_review", lambda _: "")
    with pytest.raises(MovedError, match="run the preview job of the merge request again"):
        applying.deploy(Stack("demo"), CONFIG, REVIEWED)
    assert expected == []
