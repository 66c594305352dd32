"""What the options of ``crosscloud rehearse`` ask for."""

import pytest
from typer.testing import CliRunner

from crosscloud.cli.app import app
from crosscloud.rehearsal import down, run
from crosscloud.rehearsal.faults import UnknownFaultError, parse
from crosscloud.rehearsal.project import Sizes
from crosscloud.rehearsal.run import Wishes

ONE = Sizes(1, 1)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Wishes | None]]:
    """The rehearsals that were asked for; ``None`` where one is only to be taken down."""
    found: list[tuple[str, Wishes | None]] = []
    monkeypatch.setattr(run, "rehearse", lambda name, wishes: found.append((name, wishes)))
    monkeypatch.setattr(down, "down", lambda name: found.append((name, None)))
    return found


@pytest.mark.parametrize(
    ("options", "wishes"),
    [
        ([], Wishes(ONE)),
        (["--full"], Wishes(Sizes(None, None))),
        (["--control-planes", "3"], Wishes(Sizes(3, 1))),
        (["--full", "--workers", "2"], Wishes(Sizes(None, 2))),
        (["--keep", "--no-machines"], Wishes(ONE, keep=True, machines=False)),
        (["--fault", "no-boot"], Wishes(ONE, fault=parse("no-boot"))),
        (["--down"], None),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_options(asked: list[tuple[str, Wishes | None]], options: list[str], wishes: Wishes | None) -> None:
    done = CliRunner().invoke(app, ["rehearse", "--stack", "aws", *options])
    assert done.exit_code == 0, done.output
    assert asked == [("aws", wishes)]


def test_a_fault_that_does_not_exist_is_refused(asked: list[tuple[str, Wishes | None]]) -> None:
    done = CliRunner().invoke(app, ["rehearse", "--stack", "aws", "--fault", "fire"])
    assert isinstance(done.exception, UnknownFaultError)
    assert asked == []
