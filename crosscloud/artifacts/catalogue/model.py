"""The shape of a catalogue entry: what is compiled, how it is stamped, and what its image holds."""

from collections.abc import Mapping
from dataclasses import dataclass, field

#: Numeric, so that Kubernetes can check ``runAsNonRoot``: Debian's and Prometheus' nobody, and distroless' nonroot.
NOBODY = 65534
NONROOT = 65532


@dataclass(frozen=True)
class Build:
    """One ``go build``: commands that share a build list.

    Templates know ``{version}`` (``v3.7.3``), ``{number}`` (``3.7.3``), ``{major}``, ``{minor}``, ``{revision}`` (empty
    when the module proxy does not tell it) and ``{date}`` (the version's own time, so that builds are reproducible).
    """

    #: Binary's name → package; ``.`` is the recipe's own package.
    commands: Mapping[str, str]
    #: The module that the commands are from; None for a recipe that needs only ``requires``.
    module: str | None = None
    #: The module's version; None is the project's.
    version: str | None = None
    #: Folder below ``recipes/`` with a main package of ours.
    recipe: str | None = None
    #: Further modules (path → version template).
    requires: Mapping[str, str] = field(default_factory=dict)
    #: Symbol → template, set by the linker.
    stamp: Mapping[str, str] = field(default_factory=dict)
    #: Needs the C compiler; linked statically all the same.
    cgo: bool = False
    #: Local ``replace`` lines of the module's go.mod stand for published modules ``v0.<minor>.<patch>``.
    staging: bool = False
    #: Binary's name → its arguments that make it print its version, checked after the build.
    says_version: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class File:
    """A file of the image: ``text``, or ``source`` (a path inside the main module)."""

    path: str
    text: str = ""
    source: str | None = None
    mode: int = 0o644
    owner: int = 0


@dataclass(frozen=True)
class Image:
    """What an image holds beside the base files, and how it starts."""

    repository: str
    #: Binary's name → its path in the image.
    binaries: Mapping[str, str]
    entrypoint: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    user: int = 0
    workdir: str = "/"
    ports: tuple[str, ...] = ()
    #: Path → owner's id.
    folders: Mapping[str, int] = field(default_factory=dict)
    #: Path → target.
    links: Mapping[str, str] = field(default_factory=dict)
    files: tuple[File, ...] = ()
    #: Paths of binaries that may bind ports below 1024 without being root (a file capability).
    bind_service: tuple[str, ...] = ()


@dataclass(frozen=True)
class Project:
    """One project: its versions, its builds and its image."""

    name: str
    title: str
    #: The version of channel ``stable``; the project's own form, as the Go module has it.
    stable: str
    builds: tuple[Build, ...]
    image: Image
    #: Prefix of its variables in release.env or support.env.
    variable: str
    #: Address of the sources; empty for a recipe of ours.
    source: str
    #: In release.env, with channels; otherwise in support.env, pinned.
    released: bool = False
    #: Seconds a first build takes on two cores: the longest is begun first.
    seconds: int = 10
    #: Prometheus' modules are v0.315.0 where the product is 3.15.0.
    zero_major: bool = False

    def public_version(self, version: str) -> str:
        """Return the product's version (``3.15.0``) for a module version (``v0.315.0``), without the ``v``."""
        number = version.removeprefix("v")
        if not self.zero_major:
            return number
        _, packed, rest = number.split(".", 2)
        return f"{int(packed) // 100}.{int(packed) % 100}.{rest}"
