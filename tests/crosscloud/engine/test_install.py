"""Which engine is taken."""

import re
from pathlib import Path

import pytest

from crosscloud import paths
from crosscloud.engine import install, tools
from crosscloud.engine.tools import CRANE, HELM, PULUMI, Tool, ToolError


def command(folder: Path, says: str) -> str:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "pulumi"
    path.write_text(f"#!/bin/sh\necho '{says}'\n")
    path.chmod(0o755)
    return str(path)


@pytest.mark.parametrize(
    ("says", "expected"),
    [("v3.230.0", (3, 230, 0)), ("v3.220.0-alpha.1", (3, 220, 0)), ("nonsense", (0,))],
)
def test_the_version_of_an_engine_is_what_it_says(tmp_path: Path, says: str, expected: tuple[int, ...]) -> None:
    assert install.version(command(tmp_path, says)) == expected


def test_an_engine_that_does_not_run_has_no_version(tmp_path: Path) -> None:
    assert install.version(str(tmp_path / "nothing")) == (0,)


@pytest.mark.parametrize("tool", [PULUMI, HELM, CRANE], ids=lambda tool: tool.name)
def test_each_tool_is_pinned_with_its_checksums(tool: Tool) -> None:
    assert tool.version().startswith("v")
    assert (tool.module / "go.sum").stat().st_size > 0
    assert not re.search(r"https?://", (tool.module / "go.sum").read_text()), (
        "a lock file holds no address of a download"
    )


def test_a_build_that_fails_says_the_compilers_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    monkeypatch.setenv("CROSSCLOUD_HOME", str(tmp_path / "home"))
    module = tmp_path / "toolchain" / "broken"
    module.mkdir(parents=True)
    (module / "go.mod").write_text("module example.com/broken\n\ngo 1.21\n\nrequire example.com/broken/x v1.0.0\n")
    (module / "go.sum").touch()
    (module / "main.go").write_text("package main\n\nfunc main() { undefined() }\n")
    with pytest.raises(ToolError, match="broken could not be built"):
        tools.install(Tool("broken", "example.com/broken/x/y"))
    assert not (tmp_path / "home" / "bin" / "broken").exists()
