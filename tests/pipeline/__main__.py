"""``python -m tests.pipeline``: a pipeline on this machine, from a push to the page, with an account of it."""

import argparse
import sys

from crosscloud.cells.faults import KNOWN
from crosscloud.runs.record import Record, StageStatus
from tests.pipeline import account
from tests.pipeline.whole import Wishes, default_output, pipeline

IMAGE = "image"


def main() -> int:
    """Run it; return the exit status: 0 if everything that was not made to fail passed."""
    parser = argparse.ArgumentParser(prog="tests.pipeline", description=__doc__)
    parser.add_argument("--fault", choices=[*KNOWN, IMAGE], help="what goes wrong, on purpose")
    parser.add_argument("--cell", default="local-head", help="in which cell (image: in that cell's channel)")
    parser.add_argument("--channels", default="head", help="separated by spaces")
    parser.add_argument("--stacks", default="local aws", help="separated by spaces")
    chosen = parser.parse_args()
    faults = {chosen.cell: chosen.fault} if chosen.fault else {}
    wishes = Wishes(tuple(chosen.stacks.split()), tuple(chosen.channels.split()), faults=faults)
    account.head(
        [
            (
                "stubbed",
                "GitLab (tests/gitlab), with the five CNCF projects and a release.env on each of their branches",
            ),
            ("its runner", "gitlab-ci-local; jobs run in this machine's shell, each in a checkout of its own"),
            ("simulated", "Amazon Web Services, in the cells of aws: a rehearsal, docs/rehearsal.md"),
            ("genuine", ".gitlab-ci.yml, the commands, the engine, machines, clusters, checks, page"),
            *([("FAULT", f"{chosen.fault} in {chosen.cell}, on purpose")] if chosen.fault else []),
        ]
    )
    told = account.Account()
    with pipeline(wishes, default_output(), told) as result:
        account.cells(list(result.records.values()))
        told.say(f"page: {result.page / 'index.html'}")
        told.say(f"log:  {default_output() / 'pipeline.log'}")
        return _status(wishes, result.records, faults, page=result.page.is_dir())


def _status(wishes: Wishes, records: dict[str, Record], faults: dict[str, str], *, page: bool) -> int:
    hit = [cell for cell in records for broken in faults if _is_hit(cell, broken, faults[broken])]
    for cell in [each.name for each in wishes.cells]:
        if not (record := records.get(cell)):
            print(f"nothing is known of cell {cell}", file=sys.stderr)
            return 1
        failed = [stage.name for stage in record.stages if stage.status is StageStatus.FAILED]
        destroyed = any(stage.name == "destroy" and stage.name not in failed for stage in record.stages)
        if not destroyed or bool(failed) != (cell in hit):
            print(f"cell {cell} is not as it should be: {failed or 'nothing failed'}", file=sys.stderr)
            return 1
    return 0 if page else 1


def _is_hit(cell: str, broken: str, fault: str) -> bool:
    return cell.rpartition("-")[2] == broken.rpartition("-")[2] if fault == IMAGE else cell == broken


if __name__ == "__main__":
    sys.exit(main())
