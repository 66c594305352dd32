"""What ``words.yaml`` holds, checked when it is read."""

from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict

_FILE = Path(__file__).parent / "words.yaml"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Sentence(_Part):
    """How a change of one key is said: of a value (``says``), or of a list (``added``, ``removed``)."""

    says: str = ""
    fewer: str = ""
    added: str = ""
    removed: str = ""
    machines: bool = False


class Words(_Part):
    """The whole file; its comments tell what each part is."""

    config: dict[str, Sentence]
    silent: list[str]
    machines: list[str]
    groups: dict[str, list[str]]
    bookkeeping: list[str]
    projects: dict[str, str]


@cache
def words() -> Words:
    """Return what the file holds."""
    from ruamel.yaml import YAML

    return Words.model_validate(YAML(typ="safe").load(_FILE))
