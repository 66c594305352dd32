"""A shell for looking at a rehearsal that is kept: its engine, its kubeconfig, and a prompt that says what it is."""

import os
import shlex
import sys
from pathlib import Path
from typing import NoReturn

from crosscloud.errors import CrosscloudError
from crosscloud.rehearsal.place import Place, place_of, rehearsed
from crosscloud.stacks.files import kubeconfig_file


def environment(place: Place) -> dict[str, str]:
    """Return the variables of the shell of a rehearsal."""
    stack = place.folder.name
    variables = {**place.environment(), "CROSSCLOUD_STACK": stack}
    config = kubeconfig_file(stack, place)
    if config.exists():
        variables["KUBECONFIG"] = str(config)
    return variables


def start(stack: str) -> NoReturn:
    """Replace this process by the user's shell, in the rehearsal's project."""
    place = place_of(stack)
    if not rehearsed(stack).file.exists():
        raise CrosscloudError(
            f"there is no rehearsal of stack {stack}; `crosscloud rehearse --stack {stack} --keep` makes one to keep"
        )
    program = os.environ.get("SHELL") or "/bin/sh"
    variables = environment(place)
    arguments = prompting(place, program, variables)
    if sys.stdin.isatty():
        print(f"REHEARSAL of stack {stack}: try `pulumi stack -s {stack}`, `kubectl get nodes`; leave it with `exit`.")
    os.chdir(place.project)
    os.execvpe(program, [program, *arguments], variables)  # noqa: S606  # the user's own shell


def prompting(place: Place, program: str, variables: dict[str, str]) -> list[str]:
    """Make the shell's prompt begin with REHEARSAL, after what its user's own files make of it.

    Returns the program's arguments; ``variables`` get what it has to be told by its environment.
    """
    sign = f"REHEARSAL {place.folder.name}"
    kind = Path(program).name
    if kind == "bash":
        file = place.folder / "bashrc"
        file.write_text(f'[ -f ~/.bashrc ] && . ~/.bashrc\nPS1="[{sign}] $PS1"\n')
        return ["--rcfile", str(file), "-i"]
    if kind == "zsh":
        folder = place.folder / "zsh"
        folder.mkdir(exist_ok=True)
        before = shlex.quote(os.environ.get("ZDOTDIR") or str(Path.home()))
        (folder / ".zshrc").write_text(
            f'ZDOTDIR={before}; [ -f {before}/.zshrc ] && . {before}/.zshrc\nPS1="[{sign}] $PS1"\n'
        )
        variables["ZDOTDIR"] = str(folder)
        return ["-i"]
    if kind == "fish":
        save = "functions -c fish_prompt crosscloud_prompt"
        return ["-i", "-C", f"{save}; function fish_prompt; echo -n '[{sign}] '; crosscloud_prompt; end"]
    variables["PS1"] = f"[{sign}] $ "
    return ["-i"]
