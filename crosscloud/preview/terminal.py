"""A preview on a terminal, in the words of the note."""

from collections import Counter
from typing import TYPE_CHECKING

from crosscloud.preview import diff, summary, words
from crosscloud.preview.markdown import plain
from crosscloud.preview.model import Op, Preview

if TYPE_CHECKING:
    from rich.console import Console

_MADE = (Op.CREATE, Op.IMPORT)
_COLOURS = {"+": "green", "-": "red", "±": "magenta", "~": "yellow"}
#: Lines of the difference that a terminal shows, unless all are asked for.
_LINES = 100
#: Characters of a value there.
_VALUE = 120


def show(preview: Preview, console: "Console", *, full: bool = False) -> None:
    """Print what a preview found; ``full`` shows every line of the difference."""
    said = words.say(preview)
    _headline(preview, console)
    for alarm in summary.alarms(preview, said.lost):
        _item(console, alarm, "bold red")
    for sentence in said.sentences:
        _item(console, sentence)
    for one in summary.grave(preview):
        colour = "red" if one.op is Op.DELETE else "magenta"
        what = f"{'deleted' if one.op is Op.DELETE else 'replaced'} {one.type.rpartition(':')[2]}: {one.shown}"
        _item(console, f"{what} ({one.cause})" if one.cause else what, colour)
    for change in said.releases:
        _item(console, f"{change.title}: {change.shown(change.old)} → {change.shown(change.new)}")
    for resource in said.resources:
        _item(console, resource, "dim")
    _findings(preview, console)
    _errors(preview, console)
    if preview.changed:
        _difference(preview, console, full=full)


def _headline(preview: Preview, console: "Console") -> None:
    from rich.text import Text

    line = Text("==> ", style="bold")
    line.append(f"{preview.stack}: {summary.result(preview)}")
    if preview.policies:
        line.append(f", {summary.policies(preview)}", style="red" if preview.mandatory else "")
    rest = [f"{preview.seconds:.1f} s", f"{preview.counts.same} unchanged"]
    rest += ["the stack is not there yet"] if preview.fresh else []
    rest += ["rehearsal: the cloud is simulated"] if preview.rehearsed else []
    line.append(f"  ({', '.join(rest)})", style="not bold dim")
    console.print(line)


def _item(console: "Console", text: str, style: str = "") -> None:
    console.print(f"  - {plain(text)}".replace("\n", "\n    "), style=style, markup=False)


def _findings(preview: Preview, console: "Console") -> None:
    for finding in [*preview.mandatory, *preview.advisory]:
        about = f" at {finding.resource.rpartition('::')[2]}" if "::" in finding.resource else ""
        level = "mandatory" if finding.mandatory else "advisory"
        text = f"policy {finding.policy} ({level}){about}: {' '.join(plain(finding.message).split())}"
        _item(console, text, "red" if finding.mandatory else "yellow")


def _errors(preview: Preview, console: "Console") -> None:
    for warning in preview.warnings:
        _item(console, f"warning: {warning}", "yellow")
    for error in preview.errors:
        _item(console, f"error: {f'{error.name}: ' if error.name else ''}{error.message}", "red")
    for advice in preview.advice:
        _item(console, f"{advice.about}: {advice.says}", "bold")
        for step in advice.steps:
            console.print(f"      - {plain(step)}", markup=False)


def _difference(preview: Preview, console: "Console", *, full: bool) -> None:
    made = {} if full else Counter(change.type for change in preview.changed if change.op in _MADE)
    rest = [change for change in preview.changed if full or change.op not in _MADE]
    lines = [line for change in rest for line in diff.resource(change, None if full else _VALUE)]
    lines = lines if full else lines[:_LINES]
    console.print()
    for line in [*lines, *(f"+ create {number} {kind}" for kind, number in made.items())]:
        console.print(f"    {line}", style=_COLOURS.get(line[:1], "dim"), markup=False)
    if not full:
        console.print("    (--full shows every resource and line)", style="dim", markup=False)
