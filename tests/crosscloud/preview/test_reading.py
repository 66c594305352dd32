"""What is read of the engine's events, held against the engine's own words."""

from typing import Any

import pytest

from crosscloud.preview.hiding import Hiding
from crosscloud.preview.model import SECRET, UNKNOWN, Change, Difference, Op

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


def update(detailed: dict[str, Any] | None, old: dict[str, Any], new: dict[str, Any], *diffs: str) -> Change:
    """Return what is read of an update of these inputs, by a provider that gives these details or none."""
    urn = "urn:pulumi:s::p::kubernetes:helm.sh/v3:Release::r"
    metadata = {"op": "update", "urn": urn, "type": "kubernetes:helm.sh/v3:Release", "provider": "", "keys": None}
    states = {"old": {"inputs": old, "outputs": {}}, "new": {"inputs": new, "outputs": {}}}
    told = {**metadata, **states, "diffs": list(diffs), "detailedDiff": detailed}
    (change,) = recorded.found([{"resourcePreEvent": {"metadata": told}}], Hiding(["correct-horse"])).changes
    return change


@pytest.mark.parametrize("detailed", [None, {"auth": {"diffKind": "update", "inputDiff": True}}])
def test_a_value_that_differs_only_in_what_is_hidden_is_said_to_differ(detailed: dict[str, Any] | None) -> None:
    """The engine hides both sides, so that nothing in them differs any more."""
    value = {"user": "admin", "key": {"4dabf18193072939515e22adb298388d": "1b47061264138c4a", "ciphertext": "x"}}
    change = update(detailed, {"auth": value}, {"auth": value}, "auth")
    assert change.differences == (Difference("auth", SECRET, SECRET),)
    clear = update(detailed, {"auth": {"user": "a"}}, {"auth": {"user": "b"}}, "auth")
    assert {one.path.partition(".")[0] for one in clear.differences} == {"auth"}
    assert SECRET not in repr(clear)


def test_a_path_repeats_no_secret() -> None:
    change = update({'data["correct-horse"]': {"diffKind": "add", "inputDiff": True}}, {}, {"data": {"a": 1}})
    assert [one.path for one in change.differences] == [f'data["{SECRET}"]']


def test_the_configuration_of_a_provider_of_another_version_is_still_the_one_before() -> None:
    """A default provider is named after its version: the old one goes, and the new one comes."""
    raw = recorded.events("aws-workers-up")
    (event,) = [each for each in raw if _type(each) == "pulumi:providers:crosscloud"]
    metadata = event["resourcePreEvent"]["metadata"]
    gone = {**metadata, "op": "delete", "new": None, "urn": f"{metadata['urn']}_0"}
    made = {**metadata, "op": "create", "old": None}
    others = [each for each in raw if each is not event]
    for both in ([made, gone], [gone, made]):
        found = recorded.found([*others, *({"resourcePreEvent": {"metadata": each}} for each in both)])
        assert [each["workers"] for each in found.config] == [{"count": 2}, {"count": 5}]


def _type(event: dict[str, Any]) -> str:
    return str((event.get("resourcePreEvent") or {}).get("metadata", {}).get("type", ""))


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


def test_an_error_of_several_lines_is_whole_though_the_engine_passes_it_line_by_line() -> None:
    lines = [
        "error: 2 errors in the release release.env:\n\n",
        "  release.env:1: COREDNS_IMAGE: is empty\n\n",
        "\x1b[31m  release.env:3: FOO: names no project\n",
        "a line of something else\n",
        "  which has one below it\n",
    ]
    raw = [{"diagnosticEvent": {"message": line, "severity": "info#err"}} for line in lines]
    other = {"diagnosticEvent": {"message": "  no line of it", "severity": "error"}}
    first, second = recorded.found([*raw[:3], other, *raw[3:]]).errors
    assert first.message.splitlines() == [
        "2 errors in the release release.env:",
        "  release.env:1: COREDNS_IMAGE: is empty",
        "  release.env:3: FOO: names no project",
    ]
    assert second.message == "no line of it"


def test_warnings_of_the_program_are_warnings() -> None:
    assert recorded.preview("gke-unchanged").warnings[0].startswith("crosscloud:apiAccessCidrs holds only networks")
