"""A merge request has one note for each stack, whatever happens."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import gitlab
import pytest

from crosscloud.gitlab.client import GitlabError
from crosscloud.gitlab.marked import Posted, marker
from crosscloud.gitlab.notes import put_note
from tests.gitlab import Fault, Stub, model
from tests.gitlab.setup import MergeRequestSetup

PROJECT = "cncf/cross-cloud"
MARK = marker("preview", "aws")
Client = Callable[..., gitlab.Gitlab]


@pytest.fixture
def merge_request(stub: Stub) -> MergeRequestSetup:
    return stub.project(PROJECT).merge_request("More workers")


def put(gl: gitlab.Gitlab, body: str, *, mark: str = MARK, create: bool = True, pipeline: int = 0) -> Posted:
    return put_note(gl, PROJECT, 1, marker=mark, body=body, create=create, pipeline=pipeline)


def bodies(merge_request: MergeRequestSetup) -> list[str]:
    return [note.body for note in merge_request.merge_request.notes]


def test_a_note_is_made_and_then_updated(stub: Stub, client: Client, merge_request: MergeRequestSetup) -> None:
    first, second = put(client(), "+1"), put(client(), "+2\n")
    assert (first.action, second.action) == ("created", "updated")
    assert first.url == second.url == f"{stub.url}/{PROJECT}/-/merge_requests/1#note_{_only(merge_request).id}"
    assert bodies(merge_request) == [f"{MARK}\n+2"]


def test_the_same_text_is_not_written_again(stub: Stub, client: Client, merge_request: MergeRequestSetup) -> None:
    put(client(), "+1\r\n\n")
    assert put(client(), "+1").action == "unchanged"
    assert len(merge_request.merge_request.notes) == 1
    assert not stub.asked("PUT")


def test_it_is_found_behind_hundreds_of_other_notes(
    stub: Stub, client: Client, merge_request: MergeRequestSetup
) -> None:
    person = stub.user("dev")
    for number in range(150):
        merge_request.note(person, f"remark {number}")
    put(client(), "+1")
    for number in range(150):
        merge_request.note(person, f"more {number}")
    assert put(client(), "+2").action == "updated"
    assert len(merge_request.merge_request.notes) == 301


def test_others_notes_and_quotations_are_left_alone(
    stub: Stub, client: Client, merge_request: MergeRequestSetup
) -> None:
    merge_request.note(stub.user("dev"), f"{MARK}\nI copied it")
    merge_request.note(stub.user("crosscloud-bot"), f"> {MARK}\n{MARK}\nnot at the beginning")
    merge_request.note(stub.user("crosscloud-bot"), f"{MARK}\nsystem", system=True)
    before = bodies(merge_request)
    assert put(client(), "+1").action == "created"
    assert bodies(merge_request) == [*before, f"{MARK}\n+1"]


def test_each_stack_has_its_own(client: Client, merge_request: MergeRequestSetup) -> None:
    put(client(), "+1")
    put(client(), "+2", mark=marker("preview", "aws-head"))
    put(client(), "+3")
    assert bodies(merge_request) == [f"{MARK}\n+3", "<!-- crosscloud:preview:aws-head -->\n+2"]


def test_without_changes_a_note_is_updated_but_none_is_made(client: Client, merge_request: MergeRequestSetup) -> None:
    assert put(client(), "No changes.", create=False) == Posted("none")
    assert bodies(merge_request) == []
    put(client(), "+1")
    assert put(client(), "No changes.", create=False).action == "updated"
    assert bodies(merge_request) == [f"{MARK}\nNo changes."]


def test_what_a_later_pipeline_wrote_is_left_by_an_earlier_one(
    stub: Stub, client: Client, merge_request: MergeRequestSetup
) -> None:
    put(client(), "+5", pipeline=5)
    newer = put(client(), "+7", pipeline=7)
    late = put(client(), "+6", pipeline=6)
    assert (newer.action, late) == ("updated", Posted("outdated", newer.url))
    assert bodies(merge_request) == [f"{MARK}\n<!-- crosscloud:pipeline:7 -->\n+7"]
    assert put(client(), "+7, again", pipeline=7).action == "updated", "a job that is run again"
    assert put(client(), "+7, again", pipeline=7).action == "unchanged"
    assert put(client(), "by hand").action == "updated"
    assert len(stub.asked("POST")) == 1


def test_the_same_text_of_a_later_pipeline_counts_as_the_later_ones(
    client: Client, merge_request: MergeRequestSetup
) -> None:
    put(client(), "not touched any more", pipeline=5)
    put(client(), "not touched any more", pipeline=7)
    assert put(client(), "+6", pipeline=6).action == "outdated"
    assert "+6" not in bodies(merge_request)[0]


def test_a_text_can_t_claim_to_be_of_another_pipeline(client: Client, merge_request: MergeRequestSetup) -> None:
    put(client(), "<!-- crosscloud:pipeline:999 -->\n+5")
    assert put(client(), "<!-- crosscloud:pipeline:999 -->\n+6", pipeline=6).action == "updated"
    assert put(client(), "+7", pipeline=7).action == "updated"
    assert bodies(merge_request) == [f"{MARK}\n<!-- crosscloud:pipeline:7 -->\n+7"]


def test_of_several_the_latest_pipelines_text_is_not_lost(
    stub: Stub, client: Client, merge_request: MergeRequestSetup
) -> None:
    bot = stub.user("crosscloud-bot")
    merge_request.note(bot, f"{MARK}\n<!-- crosscloud:pipeline:5 -->\n+5")
    merge_request.note(bot, f"{MARK}\n<!-- crosscloud:pipeline:7 -->\n+7")
    assert put(client(), "+6", pipeline=6).action == "outdated"
    assert any(body.endswith("+7") for body in bodies(merge_request))
    assert put(client(), "+8", pipeline=8).action == "updated"
    assert bodies(merge_request) == [f"{MARK}\n<!-- crosscloud:pipeline:8 -->\n+8"]


def test_a_project_that_was_renamed_is_written_to_by_its_former_path(
    stub: Stub, client: Client, merge_request: MergeRequestSetup
) -> None:
    stub.project(PROJECT).renamed("cncf/renamed")
    assert [put(client(), "+1").action, put(client(), "+2").action] == ["created", "updated"]
    assert bodies(merge_request) == [f"{MARK}\n+2"]


def test_several_are_folded_into_the_oldest(stub: Stub, client: Client, merge_request: MergeRequestSetup) -> None:
    first = merge_request.note(stub.user("crosscloud-bot"), f"{MARK}\nold")
    merge_request.note(stub.user("crosscloud-bot"), f"{MARK}\nolder job")
    assert put(client(), "+1").action == "updated"
    assert (_only(merge_request).id, bodies(merge_request)) == (first.id, [f"{MARK}\n+1"])


def test_jobs_at_the_same_time_leave_one_note(client: Client, merge_request: MergeRequestSetup) -> None:
    together = threading.Barrier(4)

    def run(number: int) -> None:
        gl = client()
        together.wait()
        put(gl, f"+{number}")

    with ThreadPoolExecutor(4) as jobs:
        list(jobs.map(run, range(4)))  # raises what a job raised
    assert len(merge_request.merge_request.notes) == 1
    put(client(), "+9")
    assert bodies(merge_request) == [f"{MARK}\n+9"]


def test_a_note_that_another_job_deleted_meanwhile_is_as_good_as_deleted(
    stub: Stub, client: Client, merge_request: MergeRequestSetup
) -> None:
    for _ in range(2):
        merge_request.note(stub.user("crosscloud-bot"), f"{MARK}\nold")
    stub.fault(Fault(match="DELETE", kind="lost"))
    assert put(client(), "+1").action == "updated"
    assert bodies(merge_request) == [f"{MARK}\n+1"]


@pytest.mark.parametrize("fault", [Fault("POST", "lost"), Fault("POST", status=502), Fault("POST", "half")])
def test_a_lost_answer_makes_no_second_note(
    stub: Stub, client: Client, merge_request: MergeRequestSetup, fault: Fault
) -> None:
    stub.fault(fault)
    assert put(client(), "+1").action == "created"
    assert bodies(merge_request) == [f"{MARK}\n+1"]


def test_a_text_that_is_too_long_is_told_before_it_is_sent(client: Client, merge_request: MergeRequestSetup) -> None:
    with pytest.raises(GitlabError, match=r"!1 of cncf/cross-cloud: 1,000,032 characters are too many: .* 1,000,000"):
        put(client(), "x" * 1_000_000)
    put(client(), "x" * (1_000_000 - len(MARK) - 1))
    assert len(_only(merge_request).body) == 1_000_000


@pytest.mark.usefixtures("merge_request")
def test_what_gitlab_itself_refuses_is_told_in_its_words(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.gitlab.routes.notes.LONGEST", 30)
    with pytest.raises(GitlabError, match=r"GitLab refuses it with status 400: .*is too long"):
        put(client(), "+1 to add")


@pytest.mark.usefixtures("merge_request")
def test_a_token_that_may_only_read_is_told_the_scope(stub: Stub, client: Client) -> None:
    stub.token("glpat-reads", user="crosscloud-bot", scopes=("read_api",))
    with pytest.raises(GitlabError, match=r"the note on merge request !1 .* lacks the scope api\. Make one"):
        put(client("glpat-reads"), "+1")


@pytest.mark.usefixtures("merge_request")
def test_a_guest_is_told_the_role(stub: Stub, client: Client) -> None:
    stub.token("glpat-guest", user="guest", access={PROJECT: 10})
    with pytest.raises(GitlabError, match=r"may not do that .*the role Reporter"):
        put(client("glpat-guest"), "+1")


def test_a_merge_request_that_is_not_there_is_named(client: Client) -> None:
    with pytest.raises(GitlabError, match="merge request !1 of cncf/cross-cloud: it is not there, or"):
        put(client(), "+1")


def _only(merge_request: MergeRequestSetup) -> model.Note:
    (note,) = merge_request.merge_request.notes
    return note
