"""What a review keeps, and how what moved is named."""

import copy
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from crosscloud import config, paths
from crosscloud.preview.touched import clouds_of
from crosscloud.review import MovedError, Part, Review, ReviewError, moved, program, settings, state, under_lock
from crosscloud.review.model import refusal
from tests.crosscloud.review.reviews import SALT, review

VM = "urn:pulumi:aws::crosscloud::crosscloud:cluster:Aws$aws:ec2/instance:Instance::demo-control-plane-0"
SECRET = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "v1:abc"}


def deployment() -> dict[str, Any]:
    instance = {
        "urn": VM,
        "type": "aws:ec2/instance:Instance",
        "inputs": {"instanceType": "t3.medium", "userData": SECRET, "tags": [SECRET]},
        "dependencies": ["b", "a"],
        "propertyDependencies": {"userData": ["b", "a"]},
        "sourcePosition": "project:///components/aws.py#1",
        "modified": "2026-11-22T03:00:00Z",
    }
    return {"manifest": {"time": "2026-11-22T03:00:01.123456789Z", "plugins": []}, "resources": [instance]}


def changes(change: Any) -> list[str]:
    """Return what moves when a state is changed in this way."""
    other = copy.deepcopy(deployment())
    change(other)
    return moved(review(state=state.items(deployment())), review(state=state.items(other)))


def test_what_every_run_writes_anew_moves_nothing() -> None:
    def run(other: dict[str, Any]) -> None:
        other["manifest"] = {"time": "2026-11-22T04:00:00Z", "plugins": [{"name": "aws", "version": "9"}]}
        resource = other["resources"][0]
        resource["inputs"]["userData"] = resource["inputs"]["tags"][0] = {**SECRET, "ciphertext": "v1:xyz"}
        resource["dependencies"] = ["a", "b"]
        del resource["propertyDependencies"]  # as a refresh does
        resource["sourcePosition"] = "project:///components/aws.py#99"

    assert changes(run) == []


def test_a_property_and_the_time_of_a_change_that_only_a_secret_saw_are_changes() -> None:
    line = "state: aws:ec2/instance:Instance demo-control-plane-0 was changed"
    assert changes(lambda other: other["resources"][0]["inputs"].update(instanceType="t3.large")) == [line]
    assert changes(lambda other: other["resources"][0].update(modified="2026-11-22T04:00:00Z")) == [line]


def test_what_came_and_went_and_what_was_interrupted_is_named() -> None:
    def run(other: dict[str, Any]) -> None:
        (old,) = other["resources"]
        other["resources"] = [{**old, "delete": True}, {**old, "urn": VM.replace("plane-0", "plane-1")}]
        other["pending_operations"] = [{"type": "creating", "resource": {**old, "urn": VM.replace("plane-0", "x")}}]

    instance = "state: aws:ec2/instance:Instance"
    assert changes(run) == [
        f"{instance} demo-control-plane-0 is gone",
        f"{instance} demo-control-plane-0 (to be deleted) is new",
        f"{instance} demo-control-plane-1 is new",
        "state: interrupted creating of aws:ec2/instance:Instance demo-control-x is new",
    ]


def test_no_value_can_be_read_from_a_review_or_guessed_without_its_salt() -> None:
    text = review(state=state.items(deployment()), config={"crosscloud:pin": 1234}).model_dump_json()
    assert "t3.medium" not in text
    assert "1234" not in text.replace(SALT, "")
    one, other = Part.of({"pin": 1234}, b"one"), Part.of({"pin": 1234}, b"other")
    assert one.items["pin"] != other.items["pin"]
    assert Part.of({"a": 1, "b": 2}, b"").items["a"] != Part.of({"a": 2, "b": 1}, b"").items["b"]


FILE = """\
encryptionsalt: v1:abc
config:
  crosscloud:cloud: aws
  crosscloud:workers:
    count: 3
    size: t3.medium
  crosscloud:apiAccessCidrs: [203.0.113.0/24]
  aws:secretKey:
    secure: v1:xyz
"""


def config_changes(tmp_path: Path, old: str, new: str) -> list[str]:
    file, parts = tmp_path / "Pulumi.aws.yaml", []
    for text in (FILE, FILE.replace(old, new)):
        file.write_text(text)
        parts.append(settings.config_items(file))
    return moved(review(config=parts[0]), review(config=parts[1]))


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("count: 3", "count: 4", "crosscloud:workers.count was changed"),
        ("    size: t3.medium\n", "", "crosscloud:workers.size is gone"),
        ("203.0.113.0/24", "0.0.0.0/0", "crosscloud:apiAccessCidrs was changed"),
        ("v1:xyz", "v1:zyx", "aws:secretKey was changed"),
        ("cloud: aws\n", "cloud: aws\n  aws:region: us-east-1\n", "aws:region is new"),
        ("config:", "secretsprovider: awskms://x\nconfig:", "secretsprovider is new"),
    ],
)
def test_each_key_of_a_stacks_file_is_named(tmp_path: Path, old: str, new: str, line: str) -> None:
    assert config_changes(tmp_path, old, new) == [f"config: {line}"]


def test_the_salt_that_the_engine_writes_and_comments_are_no_configuration(tmp_path: Path) -> None:
    assert config_changes(tmp_path, "encryptionsalt: v1:abc\n", "# a comment\n") == []


def test_a_release_moves_by_its_variables(tmp_path: Path) -> None:
    file = tmp_path / "release.env"
    assert settings.release_items(file) == {}
    file.write_text("# a comment\nCOREDNS_TAG=v1\nCOREDNS_IMAGE=coredns\n")
    then = review(release=settings.release_items(file))
    file.write_text("COREDNS_IMAGE=coredns\nCOREDNS_TAG=v2\n")
    assert moved(then, review(release=settings.release_items(file))) == ["release: COREDNS_TAG was changed"]


def stack_config(**values: Any) -> config.StackConfig:
    given = {"cloud": "aws", "apiAccessCidrs": ["203.0.113.7/32"], "aws": {"region": "us-east-1"}, **values}
    return config.load({f"crosscloud:{key}": value for key, value in given.items()}, stack="aws", files=False)


def test_the_program_is_all_that_its_run_imports_and_the_plugins_that_it_names() -> None:
    """A module that the program loads, and that is not in a review, could be changed unseen."""
    imports = [line for line in (paths.ROOT / "__main__.py").read_text().splitlines() if line.startswith("from ")]
    loaded = "[m.__file__ for m in list(sys.modules.values()) if getattr(m, '__file__', None)]"
    code = "\n".join(["import json, sys", *imports, "import components.aws", f"print(json.dumps({loaded}))"])
    done = subprocess.run([sys.executable, "-c", code], cwd=paths.ROOT, capture_output=True, text=True, check=True)
    files = {Path(file) for file in json.loads(done.stdout) if Path(file).is_relative_to(paths.ROOT)}
    inside = {file.relative_to(paths.ROOT).as_posix() for file in files}
    ours = {file for file in inside if file.startswith(("components/", "crosscloud/"))}
    kept = program.items(paths.ROOT, stack_config())
    assert "components/aws.py" in ours
    assert len(ours) > 20
    left_out = {file: clouds_of(file) for file in ours - kept.keys()}
    assert [file for file, clouds in left_out.items() if not clouds] == [], "only what is another cloud's is left out"
    assert {"__main__.py", "requirements.txt", "Pulumi.yaml", "toolchain/pulumi/go.mod"} <= kept.keys()
    assert any(file.startswith("crosscloud/plugins/crosscloud/") for file in kept)


def test_what_no_merge_request_would_preview_the_stack_for_is_no_part_of_its_program() -> None:
    kept = program.items(paths.ROOT, stack_config())
    apart = ("crosscloud/cli/", "crosscloud/report/", "crosscloud/plugins/simulated", "components/gce", "docs/")
    assert [file for file in kept if file.startswith(apart) or "__pycache__" in file] == []


def test_charts_of_the_stacks_own_are_a_part_of_it(tmp_path: Path) -> None:
    chart = tmp_path / "coredns" / "Chart.yaml"
    chart.parent.mkdir()
    chart.write_text("version: 1")
    mine = stack_config(chartSource={"kind": "path", "path": str(tmp_path)})
    then = review(program=program.items(paths.ROOT, mine))
    chart.write_text("version: 2")
    now = review(program=program.items(paths.ROOT, mine))
    assert moved(then, now) == ["program: charts: coredns/Chart.yaml was changed"]


def test_reviews_of_different_stacks_or_salts_are_not_compared() -> None:
    with pytest.raises(ReviewError, match="the review is of stack aws, and this is stack gce"):
        moved(review(), review().model_copy(update={"stack": "gce"}))
    with pytest.raises(ReviewError, match="different salts"):
        moved(review(), review().model_copy(update={"salt": "ff" * 16}))


def test_a_review_survives_its_file_and_a_broken_file_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "deep" / "review.json"
    then = review(config={"a": 1})
    then.save(file)
    assert Review.load(file) == then
    assert Review.load(file).id == then.id
    file.write_text("{")
    with pytest.raises(ReviewError, match=r"review\.json is no review"):
        Review.load(file)
    file.write_text(then.model_dump_json().replace('"a":', '"b":'))
    with pytest.raises(ReviewError, match="config was edited, or cut short"):
        Review.load(file)
    with pytest.raises(ReviewError, match="can't be read: No such file"):
        Review.load(tmp_path / "none")


def test_a_refusal_shows_as_much_as_can_be_read() -> None:
    text = refusal(review(), [f"config: key-{number} was changed" for number in range(30)])
    assert text.count("config: key-") == 20
    assert "and 10 more" in text
    assert "of commit c0ffee00" in text


def test_a_refusal_says_what_can_help() -> None:
    """The merge request's branch has the files that it was previewed with; another preview of them changes nothing."""
    assert "run the preview job of the merge request again" in refusal(review(), ["state: vm a is gone"])
    text = refusal(review(), ["state: vm a is gone", "config: crosscloud:workers was changed"])
    assert "open a merge request that touches the stack" in text
    assert "again" not in text


def test_under_the_lock_only_what_an_interrupted_run_left_may_be_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "review.json"
    review(state={"vm a": 1, "interrupted creating of vm b": ["creating"]}).save(file)
    monkeypatch.setenv(under_lock.VARIABLE, str(file))
    now = {"vm a": 1}
    monkeypatch.setattr(under_lock, "state_of", lambda _stack, salt: Part.of(now, bytes.fromhex(salt)))
    under_lock.ensure_state("aws")
    now["vm a"] = 2
    with pytest.raises(MovedError, match="state: vm a was changed"):
        under_lock.ensure_state("aws")
    monkeypatch.delenv(under_lock.VARIABLE)
    under_lock.ensure_state("aws")
