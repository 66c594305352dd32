"""A home and a project of its own for each test, with the stacks ``local`` and ``aws`` and a release."""

from pathlib import Path

import pytest

from crosscloud.release import PROJECTS
from crosscloud.stacks.pulumi import Stack

STACKS = {
    "local": "config:\n  crosscloud:cloud: local\n  crosscloud:releaseFile: release.env\n",
    "aws": """\
encryptionsalt: v1:salt
config:
  crosscloud:cloud: aws
  crosscloud:apiAccessCidrs: [203.0.113.7/32]
  crosscloud:aws: {region: eu-central-1}
  crosscloud:chartSource: {path: charts}
  aws:region: eu-central-1
  aws:secretKey: {secure: AAABBB}
""",
}


def release(tag: str = "v1.37.2") -> str:
    """Return a release file's text."""
    return "".join(f"{p}_IMAGE=registry.test/{p.lower()}\n{p}_TAG={tag}\n" for p in PROJECTS)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The home; no command of the engine is run."""
    project = tmp_path / "project"
    (project / "charts").mkdir(parents=True)
    (project / "Pulumi.yaml").write_text("name: crosscloud\nruntime: python\n")
    for name, text in STACKS.items():
        (project / f"Pulumi.{name}.yaml").write_text(text)
    (project / "release.env").write_text(release())
    monkeypatch.setenv("CROSSCLOUD_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("CROSSCLOUD_PROJECT", str(project))
    for name in ("CI_PIPELINE_ID", "CI_PIPELINE_URL", "CI_COMMIT_SHA", "CROSSCLOUD_RUNS", "CROSSCLOUD_REHEARSE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(Stack, "exists", lambda _: False)
    return tmp_path / "home"
