"""What breaks each rule of the pack, as resources that have names: ``<rule>-<number>``."""

from functools import cache
from pathlib import Path
from typing import Any

import yaml

_TABLE = Path(__file__).with_name("broken.yaml")


@cache
def broken() -> dict[str, dict[str, Any]]:
    """Return the resources that break rules, by name; an entry ``stack`` holds outputs of the stack instead."""
    table: dict[str, list[dict[str, Any]]] = yaml.safe_load(_TABLE.read_text())
    return {f"{rule}-{number}": each for rule, many in table.items() for number, each in enumerate(many)}


def rule_of(name: str) -> str:
    return name.rpartition("-")[0]
