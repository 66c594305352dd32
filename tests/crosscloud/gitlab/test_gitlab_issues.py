"""There is one open issue for what is wrong, and none when it is right again."""

from collections.abc import Callable

import gitlab
import pytest

from crosscloud.gitlab.client import GitlabError
from crosscloud.gitlab.issues import close_issue, open_issue
from crosscloud.gitlab.marked import Posted, marker
from tests.gitlab import Fault, Stub, model

PROJECT = "cncf/cross-cloud"
MARK = marker("drift", "aws")
Client = Callable[..., gitlab.Gitlab]


def wrong(gl: gitlab.Gitlab, body: str = "2 resources differ", *, mark: str = MARK) -> Posted:
    return open_issue(gl, PROJECT, marker=mark, title="aws drifts", body=body, labels=["drift", "aws"])


def right(gl: gitlab.Gitlab) -> Posted:
    return close_issue(gl, PROJECT, marker=MARK, comment="No drift any more.")


def issues(stub: Stub) -> list[model.Issue]:
    return stub.project(PROJECT).project.issues


def test_it_is_opened_once_and_then_updated(stub: Stub, client: Client) -> None:
    actions = [wrong(client()).action, wrong(client()).action, wrong(client(), "3 differ").action]
    (issue,) = issues(stub)
    assert actions == ["created", "unchanged", "updated"]
    assert (issue.title, issue.labels) == ("aws drifts", ["drift", "aws"])
    assert issue.description == f"{MARK}\n3 differ"


def test_it_is_closed_with_a_reason_when_it_is_right_again(stub: Stub, client: Client) -> None:
    assert right(client()) == Posted("none")
    opened = wrong(client())
    assert right(client()) == Posted("closed", opened.url)
    (issue,) = issues(stub)
    assert (issue.state, [note.body for note in issue.notes]) == ("closed", ["No drift any more."])
    assert right(client()) == Posted("none")


def test_what_goes_wrong_again_is_a_new_issue(stub: Stub, client: Client) -> None:
    wrong(client())
    right(client())
    assert wrong(client()).action == "created"
    assert [issue.state for issue in issues(stub)] == ["closed", "opened"]


def test_each_stack_has_its_own(stub: Stub, client: Client) -> None:
    wrong(client())
    wrong(client(), mark=marker("drift", "gce"))
    right(client())
    assert [issue.state for issue in issues(stub)] == ["closed", "opened"]


def test_it_is_found_among_many_and_others_are_left_alone(stub: Stub, client: Client) -> None:
    stub.token("glpat-dev", user="dev", access={PROJECT: 30})
    wrong(client("glpat-dev"))
    wrong(client())
    for number in range(120):
        client_issue = {"title": f"{number}", "description": f"about\n{MARK}"}
        stub.project(PROJECT).project.issues.append(
            model.Issue(id=5000 + number, iid=number + 3, author=stub.user("crosscloud-bot").id, **client_issue)
        )
    assert wrong(client(), "more").action == "updated"
    assert len(issues(stub)) == 122
    assert issues(stub)[0].description == f"{MARK}\n2 resources differ"


def test_a_lost_answer_makes_no_second_issue(stub: Stub, client: Client) -> None:
    stub.fault(Fault("POST", "lost"))
    assert wrong(client()).action == "created"
    assert len(issues(stub)) == 1


def test_an_issue_that_gitlab_does_not_show_is_not_made_again(
    stub: Stub, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.gitlab.routes.issues._wanted", lambda _: False)
    with pytest.raises(GitlabError, match="GitLab took it, and does not show it"):
        wrong(client())
    assert len(issues(stub)) == 1


def test_a_project_that_was_renamed_is_written_to_by_its_former_path(stub: Stub, client: Client) -> None:
    wrong(client())
    stub.project(PROJECT).renamed("cncf/renamed")
    assert [wrong(client(), "more").action, right(client()).action, wrong(client()).action] == [
        "updated",
        "closed",
        "created",
    ]


def test_twins_are_closed_with_the_number_of_the_one_that_stays(stub: Stub, client: Client) -> None:
    wrong(client())
    twin = issues(stub)[0].model_copy(deep=True, update={"id": 900, "iid": 2})
    issues(stub).append(twin)
    wrong(client())
    assert [issue.state for issue in issues(stub)] == ["opened", "closed"]
    assert [note.body for note in twin.notes] == ["The same as #1."]


def test_a_guests_issue_without_labels_is_found_again(stub: Stub, client: Client) -> None:
    stub.token("glpat-guest", user="guest", access={PROJECT: 10})
    wrong(client("glpat-guest"))
    assert wrong(client("glpat-guest")).action == "unchanged"
    assert issues(stub)[0].labels == []


def test_a_project_without_issues_is_told(stub: Stub, client: Client) -> None:
    stub.project(PROJECT).project.issues_enabled = False
    with pytest.raises(GitlabError, match=r"the issues of cncf/cross-cloud: .*issues must be on"):
        wrong(client())
