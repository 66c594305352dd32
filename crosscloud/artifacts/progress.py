"""What a person sees of a run: one live line a project on a terminal, plain lines elsewhere."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from crosscloud.artifacts.catalogue.model import Project
from crosscloud.artifacts.run import Published
from crosscloud.errors import CrosscloudError

#: Seconds after which a build is worth a line of its own where there is no live picture.
_SOON = 2.0


def elapsed(seconds: float) -> str:
    """Return a duration as people read it: ``0.4 s``, ``12 s``, ``4 min 52 s``."""
    if seconds < 10:  # noqa: PLR2004 - one more digit for short ones
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"


class Progress:
    """A reporter (see run.Reporter) that draws on ``console``."""

    def __init__(self, console: Console, projects: list[Project]) -> None:
        self.console = console
        self.failures: list[tuple[Project, CrosscloudError]] = []
        self._titles = {project.name: project.title for project in projects}
        self._states: dict[str, tuple[str, str]] = {project.name: ("waiting", "") for project in projects}
        self._began: dict[str, float] = {}
        self._lock = threading.Lock()
        self._spinner = Spinner("dots", style="cyan")

    @contextmanager
    def shown(self) -> Iterator[None]:
        """Draw while the block runs, then say what failed."""
        if self.console.is_terminal:
            with Live(get_renderable=self._draw, console=self.console, refresh_per_second=8):
                yield
        else:
            yield

    def started(self, project: Project, version: str) -> None:
        """Note that a project's build begins."""
        self._began[project.name] = time.monotonic()
        with self._lock:
            self._states[project.name] = ("building", project.public_version(version))
        if not self.console.is_terminal:  # a line for what takes long; what is there already is said at its end
            later = threading.Timer(_SOON, self._say_building, (project,))
            later.daemon = True
            later.start()

    def finished(self, project: Project, published: Published) -> None:
        """Note that a project is built and published."""
        artifact = published.artifact
        state = "unchanged" if artifact.reused else "built"
        self._ended(project, state, f"{artifact.version}  {artifact.key[:8]}")

    def failed(self, project: Project, error: CrosscloudError) -> None:
        """Note a failure; its words are shown at once where there is no live picture, else by `words`."""
        self.failures.append((project, error))
        self._ended(project, "failed", "")

    def words(self) -> None:
        """Print what each failure said."""
        for project, error in self.failures:
            self.console.print(Text(f"\n{project.title}: ", style="bold red") + Text(str(error)), soft_wrap=True)

    def _ended(self, project: Project, state: str, detail: str) -> None:
        with self._lock:
            since = self._began.get(project.name, time.monotonic())
            detail = f"{detail}  {elapsed(time.monotonic() - since)}"
            self._states[project.name] = (state, detail)
        self._say(project, state, detail)

    def _say_building(self, project: Project) -> None:
        with self._lock:
            state, detail = self._states[project.name]
        if state == "building":
            self._say(project, state, detail)

    def _say(self, project: Project, state: str, detail: str) -> None:
        if not self.console.is_terminal:
            self.console.print(f"    {project.title}: {state} {detail}".rstrip(), highlight=False, soft_wrap=True)

    def _draw(self) -> RenderableType:
        styles = {
            "waiting": "dim",
            "building": "cyan",
            "built": "green",
            "unchanged": "green dim",
            "failed": "bold red",
        }
        table = Table.grid(padding=(0, 2))
        with self._lock:
            for name, (state, detail) in self._states.items():
                running = state == "building"
                mark: RenderableType = self._spinner if running else {"waiting": "·", "failed": "✗"}.get(state, "✓")
                shown = f"{detail}  {elapsed(time.monotonic() - self._began[name])}" if running else detail
                table.add_row(mark, self._titles[name], Text(state, style=styles[state]), shown)
        return Group(table)
