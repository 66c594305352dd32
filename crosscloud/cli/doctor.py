"""``crosscloud doctor``: what this machine has, what it lacks, and how to get it."""

import os
import platform
import shutil
import sys

import typer

from crosscloud import paths
from crosscloud.cli.for_tests import for_tests
from crosscloud.engine.environment import is_embedded, search_path
from crosscloud.engine.install import MINIMUM, version
from crosscloud.machines.requirements import Requirement, requirements


def doctor() -> None:
    """Show what this machine has for each part of the work; exit status 1 if something is missing.

    What only the tests need is shown, and may be missing.
    """
    from rich import box
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False)
    complete = True
    parts = {"tools": tools(), "machines": requirements(), "for the tests alone": for_tests()}
    for title, found in parts.items():
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
        for heading in (title, "", "found", "how to get it"):
            table.add_column(heading, overflow="fold")
        for one in found:
            table.add_row(one.name, "[green]ok[/]" if one.ok else "[red]missing[/]", one.state, one.remedy)
            complete = complete and (one.ok or found is parts["for the tests alone"])
        console.print(table)
    console.print("everything is there" if complete else "something is missing; the last column says how to get it")
    raise typer.Exit(0 if complete else 1)


def tools() -> list[Requirement]:
    """Return what building and deploying need."""
    return [_python(), _pulumi(), *[_tool(name) for name in ("helm", "crane", "kubectl")], _go(), _compiler()]


def _python() -> Requirement:
    return Requirement("Python", sys.version_info >= (3, 11), platform.python_version(), "")


def _pulumi() -> Requirement:
    found = shutil.which("pulumi", path=search_path())
    wanted = ".".join(map(str, MINIMUM))
    if not found:
        return Requirement("pulumi", False, "not found", "`make setup` installs or builds it")
    number = version(found)
    kind = "built from its Go modules" if is_embedded() else "Pulumi's release"
    ok = number >= MINIMUM
    state = f"{'.'.join(map(str, number))} ({kind})"
    return Requirement("pulumi", ok, state, "" if ok else f"{wanted} or newer; `make setup` brings one")


def _tool(name: str) -> Requirement:
    found = shutil.which(name, path=search_path())
    remedy = "`make up` builds it with the release" if name == "kubectl" else "`make setup` builds it"
    return Requirement(name, bool(found), _short(found) if found else "not found", "" if found else remedy)


def _go() -> Requirement:
    own = paths.home() / "go" / "bin" / "go"
    found = shutil.which("go") or (str(own) if os.access(own, os.X_OK) else None)
    return Requirement("go", bool(found), _short(found) if found else "not found", "" if found else "`make setup`")


def _compiler() -> Requirement:
    found = shutil.which("gcc") or shutil.which("cc")
    return Requirement(
        "C compiler",
        bool(found),
        _short(found) if found else "not found",
        "" if found else "apt-get install gcc libc6-dev",
    )


def _short(path: str) -> str:
    """Name a path below the checkout by its relative part."""
    root = f"{paths.ROOT}{os.sep}"
    return path.removeprefix(root)
