"""The checks as a person sees them: a table that fills up on a terminal, a line a check elsewhere."""

import re
import threading
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from crosscloud.e2e.model import Check, Result, Status
from crosscloud.e2e.runner import Run
from crosscloud.provenance import told
from crosscloud.runs.record import Source

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.live import Live

_STYLE = {Status.PASSED: "green", Status.FAILED: "bold red", Status.ERROR: "bold magenta"}
#: A digest, and as much of it as tells it from others; the report has all of it.
_DIGEST = re.compile(r"(sha256:[0-9a-f]{12})[0-9a-f]{52}")
#: Lines of a reason that are shown; the report has them all.
SHOWN = 8


class Progress:
    """Shows the checks while they run. Use it as a context manager and give ``tell`` to the runner."""

    def __init__(self, checks: Sequence[Check], console: "Console") -> None:
        self._checks, self._console = checks, console
        self._results: dict[str, Result] = {}
        self._lock = threading.Lock()
        self._live: Live | None = None

    def __enter__(self) -> "Progress":
        if self._console.is_terminal:
            from rich.live import Live

            self._live = Live(get_renderable=self._table, console=self._console, refresh_per_second=8)
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live:
            self._live.stop()

    def tell(self, check: Check, result: Result | None) -> None:
        """Take note of a check that ended; off a terminal it is printed at once, so that a log grows with the run."""
        if result is None:
            return
        with self._lock:
            self._results[check.name] = result
            if not self._live:
                self._console.print(plain(result), highlight=False, markup=False, soft_wrap=True)

    def _table(self) -> "RenderableType":
        with self._lock:
            return table(self._checks, dict(self._results))


def table(checks: Sequence[Check], results: dict[str, Result]) -> "RenderableType":
    """Return the table: check, result, seconds, and what was seen or why it failed; a spinner for what still runs."""
    from rich import box
    from rich.spinner import Spinner
    from rich.table import Table
    from rich.text import Text

    made = Table(box=box.SIMPLE_HEAD, pad_edge=False, expand=False)
    made.add_column("Check", no_wrap=True)
    made.add_column("Result", no_wrap=True)
    made.add_column("Time", no_wrap=True, justify="right")
    made.add_column("What was seen", overflow="fold")
    for check in checks:
        result = results.get(check.name)
        if result is None:
            made.add_row(check.name, Spinner("dots"), "", Text(check.title, style="dim"))
        else:
            style = _STYLE[result.status]
            made.add_row(
                check.name, Text(result.status, style=style), f"{result.seconds:.1f} s", Text("\n".join(lines(result)))
            )
    return made


def plain(result: Result) -> str:
    """Return a check's result as lines of a log, every line of it indented under the first."""
    first, *rest = lines(result)
    head = f"{result.status.upper():<6}  {result.check.name:<18}  {result.seconds:5.1f} s  {first}"
    return "\n".join([head, *(f"{'':37}{line}" for line in rest)])


def lines(result: Result) -> list[str]:
    """Return what is worth reading of a result: digests short, and no control characters, whoever's words they are."""
    found = [_DIGEST.sub(r"\1", line) for line in _worth_reading(result)]
    return ["".join(c if c.isprintable() else "\ufffd" for c in line) for line in found]


def _worth_reading(result: Result) -> list[str]:
    if result.status is Status.PASSED:
        return result.seen or [result.check.title]
    found = result.reason.splitlines() or ["no reason given"]
    if result.status is Status.ERROR:
        return [f"this check is broken: {found[-1]}", "the report (--junit) has the traceback"]
    if len(found) <= SHOWN:
        return found
    # The last line says how long was waited.
    return [*found[: SHOWN - 2], f"… and {len(found) - SHOWN + 1} more (all in --junit)", found[-1]]


def sources_told(sources: Mapping[str, Source]) -> list[str]:
    """Return a line for each image whose origin is known, under a heading; nothing if none is."""
    if not sources:
        return []
    width = max(len(name) for name in sources)
    return ["where it comes from:", *(f"  {name:<{width}}  {told(source)}" for name, source in sources.items())]


def summary(run: Run) -> str:
    """Return the last line: how many checks passed, in which time, and what was left behind."""
    passed = sum(result.status is Status.PASSED for result in run.results)
    text = f"{passed} of {len(run.results)} checks passed in {run.seconds:.1f} s"
    return f"{text}\n{run.leftovers}" if run.leftovers else text
