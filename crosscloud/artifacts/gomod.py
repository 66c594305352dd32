"""The go.mod of the small module that a build is made in: it requires the project's module at the version wanted.

A module's ``replace``, ``exclude`` and ``godebug`` lines count only where it is the main module, so what upstream
builds with is copied from its own go.mod.
"""

import re

from crosscloud.artifacts.errors import ArtifactError

_BLOCK = re.compile(r"^(?P<verb>replace|exclude|godebug)\s*\((?P<lines>.*?)^\)", re.M | re.S)
_SINGLE = re.compile(r"^(?P<verb>replace|exclude|godebug|go)[ \t]+(?P<line>[^(\n]+)$", re.M)
#: The language version of a recipe that needs no module.
DEFAULT_GO = "1.24.0"


def render(name: str, requires: dict[str, str], upstream: str = "", *, staging_version: str | None = None) -> str:
    """Return the text of a go.mod for module ``name``.

    ``requires``: module path → version. ``upstream``: the text of the project's own go.mod. ``staging_version``: what
    its local replacements (``k8s.io/api => ./staging/…``) stand for; without it they are left out, because the module's
    own ``require`` lines then name the published versions.
    """
    lines = directives(upstream)
    go_version = (lines.get("go") or [DEFAULT_GO])[0]
    parts = [f"module {name}", f"go {go_version}"]
    parts += [f"godebug {line}" for line in lines.get("godebug", [])]
    parts += [f"require {path} {version}" for path, version in sorted(requires.items())]
    parts += [f"exclude {line}" for line in lines.get("exclude", [])]
    replaced = [replacement(line, staging_version) for line in lines.get("replace", [])]
    parts += [f"replace {line}" for line in replaced if line]
    return "\n\n".join(parts[:2]) + "\n\n" + "\n".join(parts[2:]) + "\n"


def directives(text: str) -> dict[str, list[str]]:
    """Return a go.mod's go, godebug, exclude and replace lines, without comments, by their verb."""
    text = re.sub(r"//.*", "", text)
    found: dict[str, list[str]] = {}
    for block in _BLOCK.finditer(text):
        lines = [line.strip() for line in block["lines"].splitlines() if line.strip()]
        found.setdefault(block["verb"], []).extend(lines)
    for single in _SINGLE.finditer(text):
        found.setdefault(single["verb"], []).append(single["line"].strip())
    return found


def replacement(line: str, staging_version: str | None) -> str | None:
    """Return a ``replace`` line as it holds outside of the module's own folder; None when it means nothing there."""
    old, _, new = (part.strip() for part in line.partition("=>"))
    if not new.startswith("."):
        return line
    return f"{old} => {old.split()[0]} {staging_version}" if staging_version else None


def staging_version(version: str) -> str:
    """Return the version of Kubernetes' published staging modules (``v0.37.2``) for a Kubernetes version (``v1.37.2``).

    A pseudo-version of a branch has a counterpart with another hash: the go command then asks for ``master``.
    """
    if re.fullmatch(r"v\d+\.\d+\.\d+-.*\d{14}-[0-9a-f]{12}", version):
        return "master"
    major, dot, rest = version.removeprefix("v").partition(".")
    if major != "1" or not dot:
        raise ArtifactError(f"Kubernetes version {version!r} is not of the form v1.<minor>.<patch>")
    return f"v0.{rest}"
