"""What the page says of a cell now: the state, since when, what was known before, and the days behind it."""

from collections.abc import Sequence
from datetime import datetime, timedelta, timezone

import pytest

from crosscloud.report.attention import attention, headline
from crosscloud.report.cells import Row, Standing, count, overall, rows, standing
from crosscloud.report.history import Cell, Entry, History, Judged
from crosscloud.report.names import PROJECTS
from crosscloud.report.strip import Strip
from crosscloud.report.verdict import State
from crosscloud.runs import record
from tests.crosscloud.report.sample import NOW

P, F, B, R, N = State.PASSED, State.FAILED, State.INFRASTRUCTURE, State.RUNNING, State.NOT_RUN
WHY = {F: "dns: no answer", B: "cross-cloud: no capacity", R: "cross-project is running", N: "not tested"}
IMAGE = record.TestedImage(image="registry.cncf.ci/coredns/coredns", tag="ci-v1.16.0.0a1b2c3d.7")


def runs(states: Sequence[State], newest: timedelta = timedelta(hours=1)) -> tuple[Entry, ...]:
    """A run a day with these states of every project, the newest first."""
    return tuple(
        Entry(
            id=str(number),
            started=(began := NOW - newest - timedelta(days=number)),
            ended=began + timedelta(minutes=9),
            projects=dict.fromkeys(PROJECTS, Judged(state=state, why=WHY.get(state, ""), image=IMAGE)),
        )
        for number, state in enumerate(states)
    )


def stands(states: Sequence[State], *, stale: bool = False) -> Standing:
    return standing(runs(states), "coredns", NOW, stale=stale)


def days_ago(moment: datetime) -> int:
    return (NOW - moment).days


@pytest.mark.parametrize(
    ("states", "days"),
    [
        ([P], 0),
        ([P, P, P, F, P], 2),
        ([F, F, P], 1),
        # What says nothing of the project ends neither a pass nor a failure.
        ([P, B, N, P, F], 3),
        ([F, B, F, P], 2),
        ([B, B, P, B], 1),
        ([N, B, N], 0),
    ],
)
def test_a_state_began_with_the_first_run_that_said_so(states: list[State], days: int) -> None:
    assert days_ago(stands(states).since) == days


def test_where_nothing_is_known_now_the_last_that_was_known_is_kept() -> None:
    found = stands([B, B, F, P])
    assert found.state is B
    assert found.last is not None
    assert (found.last.judged.state, days_ago(found.last.run.started)) == (F, 2)
    assert stands([R, P]).last is not None
    assert stands([B, N]).last is None
    assert stands([P, F]).last is None


def test_a_state_as_old_as_what_is_kept_may_be_older() -> None:
    assert stands([P] * 90).always
    assert not stands([P] * 50).always
    assert not stands([P] * 80 + [F] * 10).always


def test_after_two_nights_without_a_run_a_state_says_nothing_any_more() -> None:
    (row,) = rows(History({"aws-head": cell("aws", "head", [P], newest=timedelta(days=3))}), NOW)
    assert row.stale
    assert {each.state for each in row.standings} == {N}
    assert row.common_why == "not run since 19 Nov, 2 days ago"
    assert row.standings[0].last is not None
    (fresh,) = rows(History({"aws-head": cell("aws", "head", [P], newest=timedelta(hours=40))}), NOW)
    assert not fresh.stale


def test_the_version_is_what_the_tag_tells() -> None:
    assert stands([P]).version == "1.16.0"


def test_a_day_shows_its_failure_and_its_pass_before_the_infrastructures() -> None:
    begin = NOW.replace(hour=1)
    strip = Strip.of([(begin, P), (begin, F), (begin - timedelta(days=1), B), (begin - timedelta(days=1), P)], NOW)
    assert strip.days[-3:] == (N, P, F)
    assert len(strip.days) == 90
    assert strip.words == "90 days: failed on 1 day (22 Nov), passed on 1 day"
    assert strip.share == "67 %"


def test_days_are_those_of_utc_wherever_a_clock_stands() -> None:
    midnight = NOW.replace(hour=0, minute=0)
    kathmandu = timezone(timedelta(hours=5, minutes=45))
    before, after = (midnight - timedelta(minutes=1)).astimezone(kathmandu), (midnight).astimezone(kathmandu)
    strip = Strip.of([(before, F), (after, P)], NOW)
    assert strip.days[-2:] == (F, P)
    assert strip.words == "90 days: failed on 1 day (21 Nov), passed on 1 day"
    # A clock that is ten minutes ahead has begun tomorrow.
    assert Strip.of([(midnight + timedelta(minutes=5), P)], midnight - timedelta(minutes=5)).days[-1] is P


def test_the_days_of_a_strip_are_told_in_words() -> None:
    assert stands([F] * 6 + [B] + [P] * 83).strip.words == (
        "90 days: failed on 6 days (last 19 Nov, 20 Nov, 21 Nov and 22 Nov), passed on 83 days, "
        "infrastructure failure on 1 day (16 Nov)"
    )
    assert Strip.of([], NOW).words == "90 days: no run"
    assert Strip.of([], NOW).share == ""


def test_one_failure_in_many_days_is_never_rounded_away() -> None:
    assert stands([F] + [P] * 89).strip.share == "99 %"
    assert stands([P] * 89).strip.share == "100 %"
    assert stands([B] * 3 + [P] * 80).strip.share == "100 %"


def test_a_strip_is_a_line_for_each_stretch_of_equal_days() -> None:
    assert {path.state: path.data for path in stands([F, P, P]).strip.paths} == {
        N: "M0 15h261",
        P: "M261 11.5h6",
        F: "M267 8h3",
    }


def cell(cloud: str, channel: str, states: list[State], newest: timedelta = timedelta(hours=1)) -> Cell:
    return Cell(stack=cloud, cloud=cloud, channel=channel, runs=runs(states, newest))


def page(**cells: list[State]) -> list[Row]:
    made = [cell(name.partition("_")[0], name.partition("_")[2], states) for name, states in cells.items()]
    return rows(History({each.name: each for each in made}), NOW)


def test_cells_are_in_the_order_of_channels_and_clouds() -> None:
    found = page(local_head=[P], zeta_stable=[P], aws_alpha=[P], aws_stable=[P], aws_head=[P])
    assert [row.cell.name for row in found] == ["aws-stable", "zeta-stable", "aws-head", "local-head", "aws-alpha"]


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ({}, "No runs yet"),
        ({"aws_head": [P], "gce_head": [R]}, "Everything passes"),
        ({"aws_head": [P], "gce_head": [B]}, "No project fails"),
        ({"aws_head": [B], "gce_head": [N]}, "Nothing could be tested"),
        ({"aws_head": [R]}, "The first runs are on their way"),
    ],
)
def test_the_headline_is_the_state_of_everything(cells: dict[str, list[State]], words: str) -> None:
    assert headline(page(**cells)) == words


def test_the_headline_names_who_fails_and_where() -> None:
    found = page(aws_head=[P], gce_head=[P])
    broken = found[0].cell.runs[0]
    projects = broken.projects | {"coredns": Judged(state=F, why="dns: no answer")}
    one = found[0].cell.model_copy(update={"runs": (broken.model_copy(update={"projects": projects}),)})
    assert headline(rows(History({"a": one, "b": found[1].cell}), NOW)) == "CoreDNS fails on AWS head"
    two = one.model_copy(update={"stack": "gce", "cloud": "gce"})
    made = rows(History({"a": one, "b": two}), NOW)
    assert headline(made) == "CoreDNS fails in 2 of 2 cells"
    (item,) = attention(made)
    assert (item.title, item.words, item.href) == (
        "CoreDNS head",
        "fails on AWS and GCE since 22 Nov",
        "project/coredns.html",
    )
    assert item.why == "AWS: dns: no answer"


def test_what_the_infrastructure_broke_is_told_once_a_cell_and_blames_nobody() -> None:
    (item,) = attention(page(aws_head=[B, P], gce_head=[P]))
    assert item.title == "AWS head"
    assert item.words == "no project could be tested since 22 Nov, no project is at fault"
    assert item.why == "cross-cloud: no capacity"


def test_what_befell_several_clouds_of_a_channel_is_told_once() -> None:
    found = attention(page(aws_head=[B], gce_head=[B], gce_alpha=[B]))
    assert [(item.title, item.href) for item in found] == [
        ("AWS and GCE head", "#head"),
        ("GCE alpha", "cell/gce-alpha.html"),
    ]


def test_who_alone_could_not_be_tested_is_named_and_a_reason_is_not_said_twice() -> None:
    (row,) = page(gke_head=[P])
    why = {"kubernetes": "nodes: not Ready", "coredns": "not tested: dns needs Kubernetes; nodes: not Ready"}
    judged = {project: Judged(state=B, why=said) for project, said in why.items()}
    run = row.newest.model_copy(update={"projects": row.newest.projects | judged})
    (item,) = attention(rows(History({"a": row.cell.model_copy(update={"runs": (run,)})}), NOW))
    assert item.words == "Kubernetes and CoreDNS could not be tested since 22 Nov, no project is at fault"
    assert item.why == "nodes: not Ready"


def test_that_nothing_runs_any_more_is_the_headline() -> None:
    gone = [cell(cloud, "head", [P], newest=timedelta(days=3)) for cloud in ("aws", "gce")]
    found = rows(History({each.name: each for each in gone}), NOW)
    assert headline(found) == "Nothing has run for 2 days"
    assert [item.title for item in attention(found)] == ["AWS and GCE head"]


@pytest.mark.parametrize(
    ("states", "together"), [([P, F, B], F), ([P, B], P), ([B, R], R), ([B, N], B), ([N], N), ([], N)]
)
def test_together_one_failure_is_red_and_no_infrastructure_is(states: list[State], together: State) -> None:
    assert overall(count(stands([state]) for state in states)) is together
