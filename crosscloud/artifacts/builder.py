"""One project: from a version to an image on disk. What is there already is not made again."""

import json
import os
import shutil
import subprocess
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from crosscloud.artifacts import image, keys, layer, wrapper
from crosscloud.artifacts.catalogue.model import Project
from crosscloud.artifacts.errors import BuildError
from crosscloud.artifacts.tools import BUILD_ENVIRONMENT, go, run
from crosscloud.files import read_json, write_json
from crosscloud.locking import locked
from crosscloud.paths import home

#: Seconds that a binary has to print its version.
VERSION_PATIENCE = 20


@dataclass(frozen=True)
class Artifact:
    """A finished build. ``version`` is the product's, without ``v``; ``seconds`` what it took to make."""

    project: str
    version: str
    module_version: str
    key: str
    digest: str
    go: str
    seconds: float
    reused: bool = False

    @property
    def folder(self) -> Path:
        """Return where it is kept: ``bin/``, ``image/`` (an OCI layout), ``build.log`` and ``done.json``."""
        return home() / "artifacts" / self.project / f"{self.version}-{self.key[:8]}"

    def tag(self, job: str) -> str:
        """Return the tag of CI job ``job``, as ``ci-v1.15.0.97c730ab.5713``."""
        return f"ci-v{self.version}.{self.key[:8]}.{job}".replace("+", "_")


def build(project: Project, version: str, go_version: str, registry: str) -> Artifact:
    """Build ``project`` at module version ``version``, or take what was built from the same ingredients before.

    ``registry`` is host:port of the local registry, where crane puts the image together. Raises BuildError with the
    compiler's words. A build that was interrupted leaves only a folder that the next one removes.
    """
    sources = [wrapper.source(project, build, version) for build in project.builds]
    key = keys.build_key(project, sources, go_version)
    planned = Artifact(project.name, project.public_version(version), version, key, "", go_version, 0)
    if done := finished(planned):
        return done
    with locked(home() / "artifacts" / ".locks" / project.name):
        return finished(planned) or _make(project, sources, planned, registry)


def finished(planned: Artifact) -> Artifact | None:
    """Return the finished build of a planned one; None when there is none, or parts of it are gone."""
    record = read_json(planned.folder / "done.json")
    if record.get("key") != planned.key or not (planned.folder / "image" / "index.json").exists():
        return None
    if image.digest(planned.folder / "image") != record["digest"]:
        return None
    return Artifact(**{**record, "reused": True})


def _make(project: Project, sources: list[wrapper.Source], planned: Artifact, registry: str) -> Artifact:
    began = time.monotonic()
    place = home() / "artifacts" / ".work" / project.name
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    # A name of its own each time: a compiler that outlived its killed parent must not write into this build. When a
    # build fails its folder stays until the next one, for the error names the log in it.
    work = Path(tempfile.mkdtemp(dir=place))
    work.chmod(0o755)
    (work / "bin").mkdir()
    with (work / "build.log").open("a") as log:
        for index, source in enumerate(sources):
            _compile(project, source, work / f"{project.name}-{index}", work / "bin", log)
        content = _write_layer(project, sources[0], work)
        told = sources[0].values
        labels = image.labels(project, planned.version, told["revision"], told["date"], planned.key)
        staged = f"{registry}/{image.STAGING}:{planned.key[:16]}"
        digest = image.make(content, image.configuration(project, labels), staged, work / "image", log)
    for index in range(len(sources)):
        shutil.rmtree(work / f"{project.name}-{index}")
    content.unlink()
    artifact = Artifact(**{**asdict(planned), "digest": digest, "seconds": round(time.monotonic() - began, 1)})
    write_json(work / "done.json", asdict(artifact))
    shutil.rmtree(artifact.folder, ignore_errors=True)
    artifact.folder.parent.mkdir(parents=True, exist_ok=True)
    work.replace(artifact.folder)
    shutil.rmtree(place, ignore_errors=True)
    return artifact


def _compile(project: Project, source: wrapper.Source, place: Path, target: Path, log: IO[str]) -> None:
    wrapper.write(place, source)
    build = source.build
    environment = {**BUILD_ENVIRONMENT, "CGO_ENABLED": str(int(build.cgo))}
    what = f"{project.title} {source.values['number']} can't be built"
    if source.module and not build.recipe:
        wanted = f"{source.module.path}@{source.module.version}"
        run([go(), "get", wanted], what=what, cwd=place, env=environment, log=log)
    for name, package in build.commands.items():
        command: list[str | Path] = [go(), "build", "-ldflags", source.ldflags, "-o", target / name, package]
        log.write(f"# {name}: {json.dumps([str(word) for word in command[1:]])}\n")
        log.flush()
        run(command, what=what, cwd=place, env=environment, log=log)
    for name, arguments in build.says_version.items():
        _check_version(target / name, arguments, source.values["number"])


def _check_version(binary: Path, arguments: tuple[str, ...], number: str) -> None:
    """See that a binary tells its version: a symbol that was renamed upstream would go unnoticed otherwise."""
    said = subprocess.run(
        [binary, *arguments],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=VERSION_PATIENCE,
        check=False,
        env={"PATH": os.environ.get("PATH", ""), "HOME": "/nonexistent"},
    )
    text = said.stdout + said.stderr
    if number not in text:
        call = " ".join([binary.name, *arguments])
        raise BuildError(f"`{call}` does not tell version {number}; it says:", text.strip())


def _write_layer(project: Project, main: wrapper.Source, work: Path) -> Path:
    module = Path(main.module.folder) if main.module else None
    binaries = {name: work / "bin" / name for name in project.image.binaries}
    path = work / "layer.tar.zst"
    layer.write(path, layer.entries(project.image, binaries, module), image.seconds(main.values["date"]))
    return path
