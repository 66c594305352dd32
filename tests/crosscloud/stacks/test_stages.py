"""What an update is run with."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import pytest
from typer.testing import CliRunner

from crosscloud import config, paths
from crosscloud.cli.app import app
from crosscloud.stacks import marks, recovery, stages
from crosscloud.stacks.pulumi import Stack

CONFIG = config.load({"cloud": "local"}, stack="demo", files=False)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """Collect what the engine is asked, of which nothing is run."""
    found: list[tuple[str, ...]] = []

    @contextmanager
    def quiet(_: Any) -> Iterator[Any]:
        with nullcontext(type("Events", (), {"arguments": (), "variables": {}})) as events:
            yield events

    monkeypatch.setattr(stages, "advised", quiet)
    monkeypatch.setattr(marks, "noted", lambda _: nullcontext())
    monkeypatch.setattr(Stack, "ask", lambda _, *arguments: found.append(arguments))
    monkeypatch.setattr(recovery, "recover", lambda _, **__: [])
    monkeypatch.setattr(Stack, "show", lambda _, *arguments, **__: found.append(arguments))
    return found


def test_every_update_is_held_to_the_policy_pack(asked: list[tuple[str, ...]]) -> None:
    stages.deploy(Stack("demo"), CONFIG)
    command = asked[-1]
    assert command[0] == "up"
    assert command[command.index("--policy-pack") + 1] == str(paths.ROOT / "policy")
    assert (paths.ROOT / "policy" / "PulumiPolicy.yaml").is_file()


def test_who_says_so_does_without_it(asked: list[tuple[str, ...]]) -> None:
    stages.deploy(Stack("demo"), CONFIG, policies=False)
    assert asked[-1][0] == "up"
    assert "--policy-pack" not in asked[-1]


def test_what_was_reviewed_is_applied_without_asking_the_cloud_first(asked: list[tuple[str, ...]]) -> None:
    stages.deploy(Stack("demo"), CONFIG, review="a1b2")
    begun, command = asked
    assert begun == ("stack", "tag", "set", "crosscloud:review", "a1b2")
    assert "--refresh" not in command


def test_any_other_update_ends_what_a_review_had_begun(asked: list[tuple[str, ...]]) -> None:
    """It may be killed, and is in no history then: a review must not be gone on with over what it left."""
    stages.deploy(Stack("demo"), CONFIG)
    ended, command = asked
    assert ended == ("stack", "tag", "rm", "crosscloud:review")
    assert "--refresh" in command


def test_what_was_reviewed_is_not_applied_without_it(asked: list[tuple[str, ...]]) -> None:
    done = CliRunner().invoke(app, ["up", "--review", "review.json", "--no-policies"])
    assert done.exit_code == 2
    assert "--no-policies" in done.output
    assert asked == []
