"""The table of docs/policies.md, made from the rules; a test holds the committed one to it."""

import re

from policy.rules import RULES
from policy.rules.rule import ALL_CLOUDS, Rule

_HEAD = "| rule | line | level | clouds | what holds | what mends it |\n| --- | --- | --- | --- | --- | --- |\n"
_PART = re.compile(r"(<!-- rules -->\n).*?(<!-- end -->)", re.DOTALL)


def updated(document: str) -> str:
    """Return the document with its table made anew."""
    if not _PART.search(document):
        raise ValueError("docs/policies.md has no part 'rules'")
    table = _HEAD + "".join(map(_row, RULES))
    return _PART.sub(lambda match: f"{match[1]}{table}{match[2]}", document)


def _row(rule: Rule) -> str:
    clouds = "all" if rule.clouds == ALL_CLOUDS else ", ".join(rule.clouds)
    mends = [f"crosscloud:{rule.key}"] if rule.key else re.findall(r"[\w/]+\.py|pulumi config set --secret", rule.mend)
    mended = ", ".join(f"`{each}`" for each in mends)
    return f"| `{rule.name}` | {rule.line} | {rule.level.value} | {clouds} | {rule.says} | {mended} |\n"
