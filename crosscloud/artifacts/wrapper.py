"""The folder that a build is made in: a go.mod that requires the project, and the recipe's sources if it has one."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from crosscloud.artifacts import gomod, modules
from crosscloud.artifacts.catalogue.model import Build, Project

RECIPES = Path(__file__).parent / "recipes"


@dataclass(frozen=True)
class Source:
    """A build at a version: the module it is from (None for a recipe of ours) and what its templates know."""

    build: Build
    module: modules.Module | None
    values: dict[str, str]

    @property
    def requires(self) -> dict[str, str]:
        """Module path → version, as the go.mod requires them."""
        own = {self.module.path: self.module.version} if self.module else {}
        return own | {path: version.format(**self.values) for path, version in self.build.requires.items()}

    @property
    def ldflags(self) -> str:
        """The linker's flags: no symbol table, and the version stamped in."""
        stamps = [f"-X '{symbol}={value.format(**self.values)}'" for symbol, value in self.build.stamp.items()]
        static = ["-linkmode external", '-extldflags "-static"'] if self.build.cgo else []
        return " ".join(["-s", "-w", *stamps, *static])


def source(project: Project, build: Build, version: str) -> Source:
    """Return the source of ``build`` for the project's ``version``, downloading its module if need be."""
    module = modules.lookup(build.module, build.version or version) if build.module else None
    number = project.public_version(module.version if module else version)
    major, minor, *_ = [*number.split("."), "", ""]
    values = {
        "version": f"v{number}",
        "number": number,
        "major": major,
        "minor": minor,
        "revision": module.revision if module else "",
        "date": module.time if module else "",
    }
    return Source(build, module, values)


def write(folder: Path, source: Source) -> None:
    """Write the wrapper module of ``source`` into the new folder ``folder``."""
    build = source.build
    if build.recipe:
        shutil.copytree(RECIPES / build.recipe, folder)
    else:
        folder.mkdir(parents=True)
    upstream = Path(source.module.go_mod).read_text() if source.module else ""
    staging = gomod.staging_version(source.module.version) if source.module and build.staging else None
    # The name is in the binaries of recipes: it must not depend on where they are built.
    name = f"crosscloud.dev/{build.recipe or 'wrapper'}"
    (folder / "go.mod").write_text(gomod.render(name, source.requires, upstream, staging_version=staging))
