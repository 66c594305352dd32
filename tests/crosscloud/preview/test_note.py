"""The note, held against golden files: ``CROSSCLOUD_UPDATE_GOLDEN=1`` writes them anew."""

import os
import re
from dataclasses import replace
from pathlib import Path

import pytest

from crosscloud.gitlab.marked import marker
from crosscloud.preview import diff, note
from crosscloud.preview.model import Advice, Change, Diagnostic, Difference, Op, Preview

from . import recorded

GOLDENS = Path(__file__).parent / "goldens"
#: One of every kind of change.
KINDS = {
    "cluster-created": "packet-created",
    "cluster-deleted": "packet-deleted",
    "no-change": "aws-unchanged",
    "updated-in-place": "aws-owner",
    "replaced-with-cause": "packet-control-plane-larger",
    "whole-cluster-replaced": "aws-kubernetes",
    "workers-up": "aws-workers-up",
    "workers-down": "local-workers-down",
    "workers-larger": "gce-workers-larger",
    "kubernetes-version": "local-kubernetes",
    "release-tag": "aws-coredns",
    "release-digest": "aws-digest",
    "release-both": "local-release",
    "api-opened": "gke-open",
    "policy-mandatory": "packet-findings",
    "policy-advisory": "packet-advised",
    "refused": "azure-refused",
}


def hold(name: str, text: str) -> None:
    file = GOLDENS / f"{name}.md"
    if os.environ.get("CROSSCLOUD_UPDATE_GOLDEN") == "1":
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
    assert text == file.read_text()


@pytest.fixture(autouse=True)
def no_pipeline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI_JOB_URL", raising=False)


@pytest.mark.parametrize("name", KINDS)
def test_a_note_is_as_its_golden_file(name: str) -> None:
    hold(name, note.render(recorded.preview(KINDS[name])))


def failed() -> Preview:
    """A preview that the cloud refused, with what is known of that."""
    error = Diagnostic(
        "api error UnauthorizedOperation: You are not authorized to perform this operation.\nDecode the message at AWS",
        "urn:pulumi:aws::crosscloud::crosscloud:cluster:Aws$aws:ec2/vpc:Vpc::aws",
    )
    advice = Advice("aws", "Your credentials may not do this.", ["give them the rights that docs/clouds/aws.md lists"])
    return Preview("aws", errors=(error,), advice=(advice,), failed=True, policies=True, seconds=3.2, fresh=True)


def test_a_preview_that_failed_says_why_and_what_to_do() -> None:
    hold("failed", note.render(failed()))


def hostile() -> Preview:
    """A preview whose every text would like to be markup."""
    nasty = "@all </details><script>alert(1)</script> closes #1 [x](https://evil.example) | `` ``` \n/close\n# big"
    different = Difference(f"a.{nasty}", nasty, f"{nasty}\n```\n</details>", replaces=True)
    changes = (
        Change(Op.REPLACE, f"evil:index:{nasty}", nasty, "u1", differences=(different,), causes=(different.path,)),
        Change(Op.DELETE, "evil:index:Gone", nasty, "u2"),
        Change(Op.CREATE, "evil:index:New", nasty, "u3", new={nasty: nasty, "b": [nasty]}),
        Change(Op.UPDATE, "evil:index:Other", nasty, "u4", differences=(Difference(nasty, None, nasty),)),
    )
    errors = (Diagnostic(nasty, f"urn::x::y::{nasty}"), Diagnostic("@all #1", ""))
    return replace(
        recorded.preview("packet-findings"),
        stack="evil",
        changes=changes,
        errors=errors,
        warnings=(nasty,),
        advice=(Advice(nasty, nasty, [nasty]),),
        config=({}, {}),
        outputs=(
            {"release": {"coredns": "a/b:c"}, "releaseTags": {"coredns": nasty}},
            {"release": {"coredns": "a/b:d"}, "releaseTags": {"coredns": f"{nasty}2"}},
        ),
    )


def test_hostile_values() -> None:
    hold("hostile", note.render(hostile()))


def huge(number: int = 400) -> Preview:
    changes = tuple(
        Change(
            Op.CREATE, "aws:ec2/vpc:Vpc", f"vpc-{index:03}", f"u{index}", new={f"k{i}": "v" * 200 for i in range(50)}
        )
        for index in range(number)
    )
    return replace(recorded.preview("aws-unchanged"), changes=changes)


def test_a_huge_difference_is_cut_by_resource_and_says_so() -> None:
    text = note.render(huge())
    assert len(text) <= note.BUDGET < 1_000_000
    assert text.startswith("<!-- crosscloud:preview:note-aws -->\n### `note-aws` · `+400 ~0 ±0 −0`")  # noqa: RUF001
    shown = len(re.findall(r"(?m)^\+ create aws:ec2/vpc:Vpc", text))
    assert 0 < shown < 400
    assert f"**{400 - shown} resources more would make this note too long**" in text
    assert "`diff.txt`" in text
    assert text.rstrip().endswith("</details>")
    assert len(re.findall(r"(?m)^\+ create", diff.text(huge()))) == 400, "the file has all of them"


def test_the_summary_has_a_limit_of_its_own() -> None:
    many = tuple(Change(Op.DELETE, f"t:index:T{index}", f"n{index}" * 300, f"u{index}") for index in range(5000))
    findings = recorded.preview("packet-findings").findings * 500
    errors = tuple(Diagnostic("e" * 5000, f"a::b::{index}") for index in range(100))
    preview = replace(recorded.preview("aws-unchanged"), changes=many, findings=findings, errors=errors, failed=True)
    text = note.render(preview)
    assert len(text) <= note.BUDGET
    assert "… and 4950 more kinds of resources, in the full difference." in text


def test_a_note_is_found_again_by_its_first_line() -> None:
    assert note.render(recorded.preview("aws-open")).splitlines()[0] == marker("preview", "note-aws")


def test_the_job_is_linked_where_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI_JOB_URL", "https://gitlab.example/cncf/crosscloud/-/jobs/7")
    assert "· [job](https://gitlab.example/cncf/crosscloud/-/jobs/7)" in note.render(recorded.preview("aws-open"))
    monkeypatch.setenv("CI_JOB_URL", "https://gitlab.example/) [x](https://evil.example")
    assert "evil" not in note.render(recorded.preview("aws-open"))
