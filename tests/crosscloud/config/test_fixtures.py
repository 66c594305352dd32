"""Each stack file beside this one says in its name what must become of it: ``<cloud>.{happy,error}.<what>.yaml``.

An ``error`` file ends with comments, each one problem exactly as a person reads it, and all of them. Run the test with
``CROSSCLOUD_UPDATE_GOLDEN=1`` to write them anew, and read the difference.
"""

import json
import os
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from ruamel.yaml import YAML

from crosscloud import config
from crosscloud.config.schema import json_schema

FOLDER = Path(__file__).parent
UPDATE = os.environ.get("CROSSCLOUD_UPDATE_GOLDEN") == "1"
HAPPY = sorted(FOLDER.glob("*.happy.*.yaml"))
#: Editors see the file's own types, so a block that is written as text is wrong to them, as it should be.
IN_AN_EDITOR = [file for file in HAPPY if file.name.split(".")[2] not in ("values-as-text", "empty-block")]
ERROR = sorted(FOLDER.glob("*.error.*.yaml"))


def values_of(file: Path) -> dict[str, Any]:
    values: dict[str, Any] = YAML(typ="safe").load(file)["config"]
    return values


def as_the_engine_gives(values: dict[str, Any]) -> dict[str, str]:
    """Return the values as the engine passes them to a program: strings, JSON for whatever is none."""
    return {
        key: "" if value is None else value if isinstance(value, str) else json.dumps(value)
        for key, value in values.items()
    }


def problems_of(file: Path, values: dict[str, Any]) -> list[str]:
    with pytest.raises(config.ConfigErrors) as caught:
        config.load(values, stack="test", stack_file=file)
    return [str(problem).replace(f"{file.parent}{os.sep}", "") for problem in caught.value.problems]


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run where no file of the fixtures lies, so that only the stack file's folder can make paths right."""
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("file", HAPPY, ids=lambda file: file.stem)
def test_a_happy_stack_is_loaded(file: Path) -> None:
    stack = config.load(values_of(file), stack="test", stack_file=file)

    assert stack.cloud == file.name.split(".")[0]
    assert stack == config.load(as_the_engine_gives(values_of(file)), stack="test", stack_file=file)


@pytest.mark.parametrize("file", ERROR, ids=lambda file: file.stem)
def test_an_error_is_told_with_line_and_key_and_what_is_allowed(file: Path) -> None:
    found = problems_of(file, values_of(file))
    body = [line for line in file.read_text().splitlines() if not line.startswith("#")]
    if UPDATE:
        file.write_text("\n".join([*body, *(f"# {problem}" for problem in found)]) + "\n")

    expected = [line[2:] for line in file.read_text().splitlines() if line.startswith("# ")]
    assert found == expected
    assert problems_of(file, as_the_engine_gives(values_of(file))) == expected


@pytest.mark.parametrize("file", IN_AN_EDITOR, ids=lambda file: file.stem)
def test_a_happy_stack_is_valid_in_an_editor(file: Path) -> None:
    jsonschema.validate({"config": values_of(file)}, json_schema())


def test_every_cloud_has_happy_and_error_stacks() -> None:
    clouds = {"local", "existing", "aws", "azure", "gce", "gke", "packet"}

    assert clouds <= {file.name.split(".")[0] for file in HAPPY}
    assert clouds <= {file.name.split(".")[0] for file in ERROR}
