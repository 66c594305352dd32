"""What is written from the schema, and the stacks of this checkout, are held to it.

``CROSSCLOUD_UPDATE_GOLDEN=1`` writes the documents anew.
"""

import json
import os
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from ruamel.yaml import YAML

from crosscloud import config
from crosscloud.config.documentation import updated
from crosscloud.config.old_names import BY_NAME, SHARED
from crosscloud.config.schema import MODELINE, json_schema
from crosscloud.config.stacks import STACKS
from crosscloud.config.suggestions import keys
from crosscloud.paths import ROOT

UPDATE = os.environ.get("CROSSCLOUD_UPDATE_GOLDEN") == "1"
SCHEMA = ROOT / "docs" / "stack.schema.json"
DOCUMENT = ROOT / "docs" / "configuration.md"
STACK_FILES = sorted(ROOT.glob("Pulumi.*.yaml"))


def test_the_committed_json_schema_is_the_schemas() -> None:
    text = json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"
    if UPDATE:
        SCHEMA.write_text(text)

    assert SCHEMA.read_text() == text


def test_the_json_schema_is_itself_valid() -> None:
    jsonschema.Draft202012Validator.check_schema(json_schema())


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"crosscloud:cloud": "azur"},
        {"crosscloud:cloud": "local", "crosscloud:podCdr": "10.0.0.0/8"},
        {"crosscloud:cloud": "local", "crosscloud:aws": {}},
        {"crosscloud:cloud": "local", "crosscloud:controlPlanes": {"count": 2}},
        {"crosscloud:cloud": "local", "crosscloud:workers": {"size": "t3.large"}},
        {"crosscloud:cloud": "aws"},
        {"crosscloud:cloud": "packet", "crosscloud:apiAccessCidrs": ["198.51.100.7/32"]},
    ],
    ids=str,
)
def test_an_editor_shows_what_is_wrong_in_a_single_key(values: dict[str, Any]) -> None:
    assert list(jsonschema.Draft202012Validator(json_schema()).iter_errors({"config": values}))


def test_the_documents_tables_are_the_schemas() -> None:
    text = updated(DOCUMENT.read_text())
    if UPDATE:
        DOCUMENT.write_text(text)

    assert DOCUMENT.read_text() == text


def test_the_documents_example_of_the_smallest_stack_is_one() -> None:
    example = DOCUMENT.read_text().split("```yaml\n")[1].split("```")[0]

    assert len(example.strip().splitlines()) == 3
    stack = config.load(YAML(typ="safe").load(example)["config"], stack="test", files=False)
    assert stack.cloud == "local"


def test_every_key_is_described() -> None:
    for model in STACKS.values():
        for field in model.model_fields.values():
            assert field.description or field.alias == "cloud", f"{model.__name__}: {field.alias}"


def test_every_variable_that_the_originals_clouds_shared_has_its_place() -> None:
    shared = "name data_dir admin_username cluster_domain pod_cidr service_cidr k8s_service_ip dns_service_ip"
    shared += " master_node_count worker_node_count master_vm_size worker_vm_size bastion_vm_size"
    shared += " kubelet_image_url kubelet_image_tag cloud_provider cloud_config arch non_masquerade_cidr"

    assert set(shared.split()) <= {name for row in SHARED for name in row.names}


def test_every_place_of_an_old_variable_is_a_key_of_the_schema() -> None:
    known = {"crosscloud:" + ".".join(map(str, path)) for model in STACKS.values() for path in keys(model)}
    named = {part for row in BY_NAME.values() for part in row.now.split("`") if part.startswith("crosscloud:")}

    assert named
    assert named <= known


def test_there_is_a_stack_for_every_cloud_that_makes_a_cluster() -> None:
    assert {file.name.split(".")[1] for file in STACK_FILES} >= set(STACKS) - {"existing"}


@pytest.mark.parametrize("file", STACK_FILES, ids=lambda file: file.stem)
def test_every_stack_of_this_checkout_is_valid(file: Path) -> None:
    document = YAML(typ="safe").load(file)

    # The local release is written by a build, which may not have run yet.
    stack = config.load(document["config"], stack=file.name.split(".")[1], stack_file=file, files=False)
    jsonschema.validate(document, json_schema())
    assert stack.name == stack.cloud
    assert file.read_text().startswith(MODELINE)


def test_an_example_that_nobody_could_use_is_warned_of() -> None:
    stack = config.load({"cloud": "aws", "apiAccessCidrs": ["203.0.113.0/24"]}, stack="x")
    (warning,) = config.warnings(stack)

    assert warning.startswith("crosscloud:apiAccessCidrs holds only networks of examples")


def test_an_api_open_to_everyone_is_warned_of_though_insisted_on() -> None:
    values = {"cloud": "aws", "apiAccessCidrs": ["0.0.0.0/0"], "apiAccessFromAnywhere": True}
    (warning,) = config.warnings(config.load(values, stack="x"))

    assert "to the whole Internet" in warning


def test_an_expiry_that_is_past_and_a_standing_permission_are_warned_of() -> None:
    values = {"cloud": "aws", "apiAccessCidrs": ["8.8.8.0/24"], "expiry": "2020-01-31", "allowClusterReplacement": True}
    expired, permitted = config.warnings(config.load(values, stack="x"))
    assert expired.startswith("crosscloud:expiry was 2020-01-31")
    assert permitted.startswith("crosscloud:allowClusterReplacement is set")


def test_equinix_metal_is_said_to_be_gone_whatever_its_stack_says() -> None:
    packet = {"projectId": "11111111-2222-3333-4444-555555555555"}
    values = {"cloud": "packet", "apiAccessCidrs": ["8.8.8.0/24"], "packet": packet}
    (warning,) = config.warnings(config.load(values, stack="x"))
    assert "shut down on 2026-06-30" in warning
    assert "make rehearse STACK=packet" in warning


def test_a_usual_stack_has_no_warnings() -> None:
    assert not list(config.warnings(config.load({"cloud": "local"}, stack="x")))
    assert not list(config.warnings(config.load({"cloud": "gke", "apiAccessCidrs": ["8.8.8.0/24"]}, stack="x")))
