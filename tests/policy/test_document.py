"""docs/policies.md is held to the pack, and the pack to the schema of stacks.

``CROSSCLOUD_UPDATE_GOLDEN=1`` writes the document anew.
"""

import os
import re

import pytest
import yaml

from crosscloud.config.stacks import STACKS
from crosscloud.config.suggestions import keys
from crosscloud.paths import ROOT
from policy.documentation import updated
from policy.pack import NAME
from policy.rules import RULES
from policy.rules.rule import ALL_CLOUDS, Rule

DOCUMENT = ROOT / "docs" / "policies.md"


def test_the_documents_table_is_the_packs() -> None:
    text = updated(DOCUMENT.read_text())
    if os.environ.get("CROSSCLOUD_UPDATE_GOLDEN") == "1":
        DOCUMENT.write_text(text)
    assert DOCUMENT.read_text() == text


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_finding_ends_with_a_key_of_each_of_its_clouds_or_with_the_files_to_mend(rule: Rule) -> None:
    if rule.line == 11:  # a secret may be of the stack's file or of the program
        assert rule.mend.startswith("Set it as a secret: `pulumi config set --secret`")
        return
    assert rule.mend.startswith(
        f"Set crosscloud:{rule.key} " if rule.key else "No key of the stack's file changes this"
    )
    files = re.findall(r"[\w/]+\.py", rule.mend)
    assert all((ROOT / file).is_file() for file in files)
    for cloud in rule.clouds:
        known = {".".join(map(str, path)) for path in keys(STACKS[cloud])}
        assert files or any(key == rule.key or key.startswith(f"{rule.key}.") for key in known), cloud


def test_every_line_about_resources_has_a_rule() -> None:
    assert {rule.line for rule in RULES} == set(range(1, 13))


def test_names_are_unique_and_clouds_are_known() -> None:
    assert len({rule.name for rule in RULES}) == len(RULES)
    assert {cloud for rule in RULES for cloud in rule.clouds} <= set(STACKS)
    assert set(ALL_CLOUDS) == set(STACKS)


def test_the_pack_has_the_name_that_its_file_gives_it() -> None:
    assert yaml.safe_load((ROOT / "policy" / "PulumiPolicy.yaml").read_text())["name"] == NAME
