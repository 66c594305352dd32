"""A release's inputs, its chart and its differences."""

import tarfile
from pathlib import Path
from typing import Any

import pytest

from crosscloud.plugins.base import UNKNOWN, PluginError, Values, decode, encode
from crosscloud.plugins.kubernetes import chart, release_inputs
from crosscloud.plugins.kubernetes.helm import load_values, merge

CHART = Path(__file__).parent / "charts" / "sample"


def completed(**given: Any) -> dict[str, Any]:
    return release_inputs.complete(Values({"chart": "c", "name": "n", "namespace": "s", **given}))


def state(inputs: dict[str, Any], **changed: Any) -> Values:
    return Values({**inputs, "__inputs": inputs, "status": {"status": "deployed"}, "resourceNames": {}, **changed})


def test_a_timeout_is_only_filled_in_where_something_is_waited_for() -> None:
    assert completed()["timeout"] == release_inputs.DEFAULT_TIMEOUT
    assert completed(skipAwait=True)["timeout"] == 0
    assert completed(timeout=7)["timeout"] == 7


def test_values_of_files_are_merged_under_the_programs_own(tmp_path: Path) -> None:
    (tmp_path / "values.yaml").write_text("a: {b: 1, c: 2}\nd: [1]\n")
    files = [{"path": str(tmp_path / "values.yaml")}, {"text": "a: {c: 3}"}]
    inputs = completed(valueYamlFiles=files, values={"a": {"b": 9}, "d": [2]})
    assert inputs["values"] == {"a": {"b": 9, "c": 3}, "d": [2]}
    assert "valueYamlFiles" not in inputs


def test_a_values_file_that_is_missing_is_named() -> None:
    with pytest.raises(PluginError, match=r"nowhere\.yaml can't be read"):
        load_values([{"path": "nowhere.yaml"}])


def test_values_that_are_not_known_yet_stay_unknown() -> None:
    assert completed(values=UNKNOWN)["values"] is UNKNOWN
    assert completed(values={"a": UNKNOWN})["values"]["a"] is UNKNOWN


def test_a_repositorys_password_is_secret_however_it_came() -> None:
    inputs = completed(repositoryOpts={"repo": "https://charts", "username": "u", "password": "p"})
    assert ("repositoryOpts", "password") in decode(encode(inputs)).secret_paths


def test_no_change_is_no_difference() -> None:
    inputs = completed(values={"a": 1})
    assert not release_inputs.compare(Values(inputs), state(inputs), Values(inputs)).any


def test_a_value_that_is_added_changed_or_dropped_is_a_change() -> None:
    old = completed(values={"a": 1, "b": 2})
    new = completed(values={"a": 3, "c": 4})
    changes = release_inputs.compare(Values(old), state(old), Values(new))
    assert changes.detailed == {"values.a": "update", "values.b": "delete", "values.c": "add"}
    assert not changes.replaces


def test_values_that_only_the_cluster_has_are_no_change() -> None:
    inputs = completed(values={"a": 1})
    live = state(inputs, values={"a": 1, "reused": 2})
    assert not release_inputs.compare(Values(inputs), live, Values(inputs)).any


def test_a_value_that_was_changed_in_the_cluster_is_a_change() -> None:
    inputs = completed(values={"a": 1})
    assert release_inputs.compare(Values(inputs), state(inputs, values={"a": 2}), Values(inputs)).any


def test_another_name_or_namespace_is_another_release() -> None:
    inputs = completed()
    for key in ("name", "namespace"):
        assert release_inputs.compare(Values(inputs), state(inputs), Values({**inputs, key: "x"})).replaces == [key]


@pytest.mark.parametrize("status", ["failed", "pending-upgrade", release_inputs.INCOMPLETE])
def test_a_release_that_does_not_work_is_a_change(status: str) -> None:
    inputs = completed()
    assert release_inputs.compare(Values(inputs), state(inputs, status={"status": status}), Values(inputs)).any


def test_maps_are_merged_and_lists_replaced_as_helm_does() -> None:
    assert merge({"a": {"b": 1}, "l": [1, 2]}, {"a": {"c": 2}, "l": [3]}) == {"a": {"b": 1, "c": 2}, "l": [3]}


def test_a_charts_version_is_read_from_its_folder_and_its_archive(tmp_path: Path) -> None:
    assert chart.metadata(CHART)["version"] == "1.2.3"
    with tarfile.open(tmp_path / "sample.tgz", "w:gz") as archive:
        archive.add(CHART, "sample")
    assert chart.metadata(tmp_path / "sample.tgz")["version"] == "1.2.3"


def test_what_is_no_chart_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "Chart.yaml").write_text("name: no-version\n")
    with pytest.raises(PluginError, match="no name or no version"):
        chart.metadata(tmp_path)
