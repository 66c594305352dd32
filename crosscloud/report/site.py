"""Making the site: runs and earlier histories in, pages, badges, logs and the merged history out."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from crosscloud.errors import CrosscloudError
from crosscloud.files import write_text
from crosscloud.report import names, store
from crosscloud.report.badge import badges
from crosscloud.report.cells import Row, count, overall, rows
from crosscloud.report.history import History, merged, of_runs, settled
from crosscloud.report.judge import newest_attempt
from crosscloud.report.logs import Log, log_of
from crosscloud.report.page import Details, Pages, style
from crosscloud.report.read import Run, read
from crosscloud.runs.record import StageStatus

#: Folders of the site that hold nothing but what it writes: what is no longer written there is removed.
OWN = ("badge", "cell", "log", "project")
#: Runs of a cell whose logs are copied, newest first.
LOGGED = 10


class ReportError(CrosscloudError):
    """The site can't be written."""


@dataclass
class Site:
    """A site: its files, the rows of its page, and a line for each thing that could not be read."""

    rows: list[Row]
    files: dict[str, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


def make(runs: Path, output: Path, earlier: Path | None, now: datetime) -> Site:
    """Read the runs and what was kept of earlier ones, and write the site; raise `ReportError` if it can't be written.

    The history that lies in ``output`` is taken along, so that making the page again forgets nothing.
    """
    found = read(runs)
    history, problems = _earlier([output / store.FILE, *([earlier] if earlier else [])], output)
    if earlier and not earlier.exists():
        problems.append(f"there is no history at {earlier}: only what is at hand is shown")
    history = settled(merged(history, of_runs(found.runs, now)), now)
    site = build(history, found.runs, [*problems, *found.problems], now)
    _write(output, site.files)
    return site


def build(history: History, runs: Sequence[Run], problems: Sequence[str], now: datetime) -> Site:
    """Return the site for a history, with checks and logs of those runs whose folders are there."""
    site = Site(rows(history, now), problems=list(problems))
    pages, made = Pages(site.rows, site.problems, now), badges(site.rows)
    folders = {(run.record.cell, run.record.id): run for run in sorted(runs, key=lambda run: run.record.ended)}
    site.files |= {"index.html": pages.index(), "style.css": style(), store.FILE: store.dump(history)}
    for row in site.rows:
        details, logs = _details(row, folders)
        site.files |= {f"cell/{row.cell.name}.html": pages.cell(row, details), **{log.file: log.text for log in logs}}
    for project in names.PROJECTS:
        slug = names.project_slug(project)
        own = [badge for badge in made if badge.file == f"{slug}.svg" or badge.file.startswith(f"{slug}-")]
        site.files[f"project/{slug}.html"] = pages.project(project, own)
    site.files |= {f"badge/{badge.file}": pages.badge(badge) for badge in made}
    everything = overall(count(standing for row in site.rows for standing in row.standings))
    site.files["badge/icon.svg"] = pages.icon(everything)
    return site


def _details(row: Row, folders: Mapping[tuple[str, str], Run]) -> tuple[Details, list[Log]]:
    """Return what the newest run's folder tells, and the logs of failed stages of the last runs."""
    logs: list[Log] = []
    details = Details()
    for entry in row.cell.runs[:LOGGED]:
        run = folders.get((row.cell.name, entry.id))
        if run is None:
            continue
        # A stage that never ended has its log shown too: it tells where a run was cut short.
        stages = [stage for stage in newest_attempt(run.record).stages if stage.status is not StageStatus.PASSED]
        copied = {s.name: log for s in stages if (log := log_of(run.folder, row.cell.name, entry.id, s))}
        logs += copied.values()
        if entry is row.newest:
            details = Details(run.checks or (), copied)
    return details, logs


def _earlier(files: Sequence[Path], output: Path) -> tuple[History, list[str]]:
    """Return the histories that are there as one; one that can't be read is told, and put aside in the site."""
    history, problems = History(), list[str]()
    for file in dict.fromkeys(files):
        if not file.exists():
            continue
        try:
            history = merged(history, store.load(file))
        except store.HistoryError as error:
            problems.append(f"the history {file.name} is not used: {error}. {_put_aside(file, output)}")
    return history, problems


def _put_aside(file: Path, output: Path) -> str:
    """Keep the bytes of a history that can't be read, by their hash: making the page again keeps them once."""
    try:
        content = file.read_bytes()
        aside = output / f"history.unread-{hashlib.sha256(content).hexdigest()[:8]}.json"
        output.mkdir(parents=True, exist_ok=True)
        aside.write_bytes(content)
    except OSError as error:
        return f"It could not be put aside: {error.strerror}"
    return f"Its content is kept as {aside.name}"


def _write(output: Path, files: Mapping[str, str]) -> None:
    """Write the files, each whole or not at all, and remove what an earlier page left in the site's own folders."""
    try:
        # The history last: if writing ends in the middle, the earlier one is still there.
        for name in sorted(files, key=lambda name: name == store.FILE):
            write_text(output / name, files[name])
        for old in [path for folder in OWN for path in sorted((output / folder).rglob("*")) if path.is_file()]:
            if old.relative_to(output).as_posix() not in files:
                old.unlink()
    except OSError as error:
        raise ReportError(f"the page can't be written to {output}: {error.strerror} ({error.filename})") from None
