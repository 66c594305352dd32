"""A release whose CoreDNS is said to come from a branch."""

from datetime import UTC, datetime
from pathlib import Path

from crosscloud import provenance
from crosscloud.runs.provenance import Provenance, render
from crosscloud.runs.record import Source

SOURCE = Source(
    project="coredns/coredns",
    branch="master",
    commit="97c730ab" + "0" * 32,
    pipeline=5713,
    url="https://gitlab.test/coredns/coredns/-/pipelines/5713",
    finished=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
)
#: The source in one line.
TOLD = "coredns/coredns@master 97c730ab, pipeline 5713"


def collected(release_file: Path) -> None:
    """Write beside a release file that its CoreDNS comes from there."""
    told = Provenance(
        collected=datetime(2026, 1, 2, tzinfo=UTC),
        channel="head",
        gitlab="https://gitlab.test",
        release=provenance.digest_of(release_file.read_text()),
        projects={"COREDNS": SOURCE},
    )
    provenance.file_of(release_file).write_text(render(told))
