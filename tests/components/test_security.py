"""The security checklist holds for what the clusters are made of, on every cloud; and each of its checks can fail."""

import pytest

from tests.components.security.broken import BROKEN, Breaking
from tests.components.security.checks import LINES, WITH_SSH, Check
from tests.components.security.program import program


def _each(lines: tuple[tuple[Check, tuple[str, ...]], ...]) -> list[object]:
    return [pytest.param(check, cloud, id=f"{check.__name__}-{cloud}") for check, clouds in lines for cloud in clouds]


@pytest.mark.parametrize(("check", "cloud"), _each(LINES))
def test_a_line_of_the_checklist_holds(check: Check, cloud: str) -> None:
    assert list(check(cloud, program(cloud))) == []


@pytest.mark.parametrize(("check", "cloud"), _each(WITH_SSH))
def test_a_line_of_the_checklist_holds_where_ssh_is_asked_for(check: Check, cloud: str) -> None:
    assert list(check(cloud, program(cloud, ssh=True))) == []


@pytest.mark.parametrize(
    ("check", "cloud", "breaking"),
    [pytest.param(*each, id=f"{number}-{each[0].__name__}-{each[1]}") for number, each in enumerate(BROKEN)],
)
def test_a_line_that_is_broken_is_noticed(check: Check, cloud: str, breaking: Breaking) -> None:
    made = program(cloud, ssh=check in dict(WITH_SSH) and check not in dict(LINES))
    assert list(check(cloud, breaking(made)))


def test_every_line_is_seen_to_fail() -> None:
    assert {check for check, _, _ in BROKEN} == {check for check, _ in (*LINES, *WITH_SSH)}
