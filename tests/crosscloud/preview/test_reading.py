"""What is read of the engine's events, held against the engine's own words."""

import pytest

from crosscloud.preview.model import SECRET, UNKNOWN, Op

from . import recorded


@pytest.mark.parametrize("name", recorded.NAMES)
def test_the_numbers_are_those_of_the_engine(name: str) -> None:
    found = recorded.found(recorded.events(name))
    counts = recorded.preview(name).counts
    told = {"create": counts.create, "update": counts.update, "replace": counts.replace, "delete": counts.delete}
    told["same"] = counts.same
    assert {op: number for op, number in told.items() if number} == dict(found.counted)


def test_the_parts_of_a_replacement_are_one_change_with_its_cause() -> None:
    changes = recorded.preview("packet-control-plane-larger").changed
    (machine,) = [one for one in changes if one.name.endswith("control-plane-0") and one.type.endswith(":Device")]
    assert machine.op is Op.REPLACE
    assert machine.causes == ("plan",)
    (difference,) = machine.differences
    assert (difference.path, difference.old, difference.new, difference.replaces) == (
        "plan",
        "m3.small.x86",
        "m3.large.x86",
        True,
    )


def test_what_is_replaced_with_another_resource_has_no_cause_of_its_own() -> None:
    changes = recorded.preview("packet-control-plane-larger").changed
    workers = [one for one in changes if "-worker-" in one.name]
    assert [(one.op, one.causes, one.differences) for one in workers] == [(Op.REPLACE, (), ())] * 2


def test_the_configuration_is_read_before_and_after() -> None:
    old, new = recorded.preview("aws-workers-up").config
    assert (old["workers"], new["workers"]) == ({"count": 2}, {"count": 5})


def test_the_release_is_read_before_and_after() -> None:
    old, new = recorded.preview("aws-coredns").outputs
    assert old["releaseTags"]["coredns"].startswith("ci-v1.15.0.")
    assert new["releaseTags"]["coredns"] == "ci-v1.15.1.0a1b2c3d.7"


def test_secrets_and_what_is_not_known_yet_are_words() -> None:
    changed = recorded.preview("local-kubernetes").changed
    machine = next(one for one in changed if one.type == "crosscloud:index:Machine")
    assert machine.new["userData"] == SECRET
    (access,) = [one for one in recorded.preview("aws-created").changed if one.type == "crosscloud:index:ClusterAccess"]
    assert access.new["administratorKey"] == SECRET
    assert access.new["endpoint"] == UNKNOWN


def test_a_policys_findings_have_their_level_and_the_engines_last_word_is_no_error() -> None:
    preview = recorded.preview("packet-findings")
    assert [finding.policy for finding in preview.mandatory] == ["api-not-for-everybody"]
    assert {finding.policy for finding in preview.advisory} == {"images-pinned"}
    assert preview.errors == ()


def test_a_refusal_is_the_words_of_the_check_and_names_its_resource() -> None:
    (error,) = recorded.preview("packet-refused").errors
    assert error.message.startswith("crosscloud:controlPlanes.size was m3.small.x86 and would be m3.large.x86")
    assert error.name == "note-packet"


def test_a_program_that_fails_is_told_by_its_first_line() -> None:
    raw = [
        {
            "diagnosticEvent": {
                "message": "\x1b[31merror: 2 errors in the release release.env:\n  …\x1b[0m",
                "severity": "info#err",
            }
        }
    ]
    (error,) = recorded.found(raw).errors
    assert error.message == "2 errors in the release release.env:\n  …"


def test_warnings_of_the_program_are_warnings() -> None:
    assert recorded.preview("gke-unchanged").warnings[0].startswith("crosscloud:apiAccessCidrs holds only networks")
