"""Which parts of the clouds' SDKs the program names."""

import ast
from collections.abc import Iterator
from pathlib import Path

from crosscloud import paths

#: The SDKs that are worth making smaller.
SDKS = ("pulumi_aws", "pulumi_azure_native", "pulumi_gcp", "pulumi_kubernetes")
_CODE = ("components", "crosscloud", "policy")


def used() -> list[str]:
    """Return a line for each part of an SDK that the program names, such as ``pulumi_aws ec2``."""
    files = [file for folder in _CODE for file in (paths.ROOT / folder).rglob("*.py")]
    sources = (file.read_text() for file in files)
    found = {pair for source in sources if "pulumi_" in source for pair in named(source)}
    return sorted(f"{sdk} {part}" for sdk, part in found if sdk in SDKS and _is_package(sdk, part))


def named(source: str) -> Iterator[tuple[str, str]]:
    """Yield SDK and part for each attribute, import, or token (``pulumi_aws.ec2:Vpc``) in a module's source."""
    tree = ast.parse(source)
    aliases = {
        each.asname or each.name: each.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for each in node.names
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            package, _, rest = node.module.partition(".")
            yield from ((package, rest.partition(".")[0] or each.name) for each in node.names)
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in aliases:
            yield aliases[node.value.id], node.attr
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.startswith(SDKS):
            package, _, rest = node.value.partition(".")
            yield package, rest.partition(":")[0].partition(".")[0]


def _is_package(sdk: str, part: str) -> bool:
    from importlib.util import find_spec

    spec = find_spec(sdk)
    places = spec.submodule_search_locations if spec else None
    return bool(part and places and (Path(places[0]) / part).is_dir())
