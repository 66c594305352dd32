"""The security checklist holds for what the clusters are made of, on every cloud; and each of its checks can fail."""

import pytest

from tests.components.security.broken import BROKEN, Breaking
from tests.components.security.checks import LINES, WITH_SSH, Check
from tests.components.security.program import program

WITHOUT_SSH = {check.__name__: check for check, _ in LINES}


def _each(lines: tuple[tuple[Check, tuple[str, ...]], ...]) -> list[object]:
    return [pytest.param(check, cloud, id=f"{check.__name__}-{cloud}") for check, clouds in lines for cloud in clouds]


@pytest.mark.parametrize(("check", "cloud"), _each(LINES))
def test_a_line_of_the_checklist_holds(check: Check, cloud: str) -> None:
    assert list(check(cloud, program(cloud))) == []


@pytest.mark.parametrize(("check", "cloud"), _each(WITH_SSH))
def test_a_line_of_the_checklist_holds_where_ssh_is_asked_for(check: Check, cloud: str) -> None:
    assert list(check(cloud, program(cloud, ssh=True))) == []


@pytest.mark.parametrize(
    ("name", "cloud", "breaking"),
    [pytest.param(*each, id=f"{number}-{each[0]}-{each[1]}") for number, each in enumerate(BROKEN)],
)
def test_a_line_that_is_broken_is_noticed(name: str, cloud: str, breaking: Breaking) -> None:
    check = WITHOUT_SSH.get(name) or {each.__name__: each for each, _ in WITH_SSH}[name]
    assert list(check(cloud, breaking(program(cloud, ssh=name not in WITHOUT_SSH))))


def test_every_line_is_seen_to_fail() -> None:
    can_not_fail_here = {"api-not-for-everybody", "ssh-closed"}  # both need another configuration
    assert {name for name, _, _ in BROKEN} | can_not_fail_here == {check.__name__ for check, _ in (*LINES, *WITH_SSH)}
