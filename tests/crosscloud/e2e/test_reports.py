"""The report and the table: what machines and people read."""

import io
import re
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree

import pytest
from rich.console import Console

from crosscloud.e2e import junit, provenance, table
from crosscloud.e2e.model import Check, Result, Status
from crosscloud.e2e.runner import Run
from tests.provenance import SOURCE, TOLD

from .fakes import digest, release
from .healthy import cluster

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
CHECKS = tuple(Check(name, f"{name} holds", lambda _: []) for name in ("nodes", "images", "dns", "alerts"))
LONG = "\n".join([*(f"no answer {number}" for number in range(40)), "(waited 90 s)"])
RUN = Run(
    [
        Result(CHECKS[0], Status.PASSED, 0.42, ["2 nodes Ready, Kubernetes v1.37.2"]),
        Result(CHECKS[1], Status.FAILED, 1.5, reason="coredns: <wrong> & \x1b[31m bad\nsecond line"),
        Result(CHECKS[2], Status.FAILED, 90.04, reason=LONG),
        Result(CHECKS[3], Status.ERROR, 0.01, reason="Traceback …\n  File\nZeroDivisionError: oops"),
    ],
    91.25,
)


def suite(run: Run = RUN) -> ElementTree.Element:
    text = junit.render(run, {"cluster": "blue", "KUBERNETES_TAG": "v1"}, now=NOW)
    found = ElementTree.fromstring(text).find("testsuite")  # noqa: S314 - it was written just now
    assert found is not None
    return found


def test_every_check_is_a_test_case_with_its_time() -> None:
    cases = suite().findall("testcase")
    assert [(c.get("classname"), c.get("name"), c.get("time")) for c in cases] == [
        ("crosscloud.e2e", "nodes", "0.420"),
        ("crosscloud.e2e", "images", "1.500"),
        ("crosscloud.e2e", "dns", "90.040"),
        ("crosscloud.e2e", "alerts", "0.010"),
    ]


def test_the_counts_are_those_of_the_cases() -> None:
    found = suite()
    assert {key: found.get(key) for key in ("tests", "failures", "errors", "skipped", "time", "timestamp")} == {
        "tests": "4",
        "failures": "2",
        "errors": "1",
        "skipped": "0",
        "time": "91.250",
        "timestamp": "2026-01-02T03:02:33+00:00",
    }


def test_failures_have_their_reason_and_errors_their_last_line() -> None:
    _, failed, long, broken = suite().findall("testcase")
    failure, error, full = failed.find("failure"), broken.find("error"), long.find("failure")
    assert failure is not None
    assert error is not None
    assert full is not None
    assert failure.get("message") == "coredns: <wrong> & \ufffd[31m bad"
    assert (failure.text or "").endswith("second line")
    assert error.get("message") == "ZeroDivisionError: oops"
    assert full.text == LONG


def test_a_case_that_passed_says_what_was_seen() -> None:
    first = suite().findall("testcase")[0]
    assert first.find("failure") is None
    assert first.findtext("system-out") == "nodes holds\n2 nodes Ready, Kubernetes v1.37.2"


def test_the_report_says_where_it_comes_from() -> None:
    found = {p.get("name"): p.get("value") for p in suite().iterfind("properties/property")}
    assert found == {"cluster": "blue", "KUBERNETES_TAG": "v1"}


def test_what_was_left_behind_is_an_error_of_the_suite() -> None:
    found = suite(Run(RUN.results[:1], 1.0, leftovers="namespace x is not gone"))
    assert found.get("errors") == "1"
    assert found.findtext("system-err") == "namespace x is not gone"


def test_the_order_of_elements_is_the_one_that_the_schema_of_jenkins_asks_for() -> None:
    found = suite()
    assert [child.tag for child in found] == ["properties", *["testcase"] * 4]
    assert [child.tag for child in found.findall("testcase")[1]] == ["failure", "system-out"]


def test_the_report_is_written_into_a_new_folder(tmp_path: Path) -> None:
    path = tmp_path / "reports of today" / "junit.xml"
    junit.write(path, RUN, {})
    assert ElementTree.parse(path).getroot().tag == "testsuites"  # noqa: S314 - it was written just now


def test_provenance_is_the_releases_lines_the_clusters_version_and_its_nodes() -> None:
    from crosscloud import kubeconfig

    pem = "-----BEGIN CERTIFICATE-----\n"
    config = kubeconfig.build("blue", server="https://192.0.2.10:6443", ca=pem, certificate=pem, key=pem)
    told = provenance.provenance(cluster(), config, release())
    assert told["cluster"] == "blue"
    assert told["nodes"] == "cp, worker"
    assert told["kubernetes"] == "v1.37.2"
    assert told["ALERT_MANAGER_TAG"] == "ci-v0.28.1.fd07e315.6097"
    assert told["COREDNS_DIGEST"] == digest("coredns")
    assert not any("PEM" in value or "BEGIN" in value for value in told.values())


def test_provenance_says_where_an_image_is_from_if_that_is_known() -> None:
    from crosscloud import kubeconfig

    pem = "-----BEGIN CERTIFICATE-----\n"
    config = kubeconfig.build("blue", server="https://192.0.2.10:6443", ca=pem, certificate=pem, key=pem)
    told = provenance.provenance(cluster(), config, release(), {"coredns": SOURCE})
    assert {name: value for name, value in told.items() if name.endswith("_SOURCE")} == {
        "COREDNS_SOURCE": f"{TOLD}, https://gitlab.test/coredns/coredns/-/pipelines/5713"
    }


def test_the_log_says_where_the_images_are_from_if_that_is_known() -> None:
    sources = {"coredns": SOURCE, "node_exporter": SOURCE.model_copy(update={"project": "prometheus/node_exporter"})}
    assert table.sources_told(sources) == [
        "where it comes from:",
        f"  coredns        {TOLD}",
        "  node_exporter  prometheus/node_exporter@master 97c730ab, pipeline 5713",
    ]
    assert table.sources_told({}) == []


def printed(*, terminal: bool, width: int = 100) -> str:
    out = io.StringIO()
    console = Console(file=out, force_terminal=terminal, width=width, color_system=None, legacy_windows=False)
    with table.Progress(CHECKS, console) as progress:
        for result in RUN.results:
            progress.tell(result.check, None)
            progress.tell(result.check, result)
    return out.getvalue()


def test_off_a_terminal_each_check_is_a_line_of_text_without_control_characters() -> None:
    text = printed(terminal=False)
    assert text == (
        "PASSED  nodes                 0.4 s  2 nodes Ready, Kubernetes v1.37.2\n"
        "FAILED  images                1.5 s  coredns: <wrong> & \ufffd[31m bad\n"
        "                                     second line\n"
        "FAILED  dns                  90.0 s  no answer 0\n"
        + "".join(f"{'':37}no answer {number}\n" for number in range(1, 6))
        + f"{'':37}… and 34 more (all in --junit)\n"
        f"{'':37}(waited 90 s)\n"
        "ERROR   alerts                0.0 s  this check is broken: ZeroDivisionError: oops\n"
        "                                     the report (--junit) has the traceback\n"
    )


def test_on_a_terminal_a_table_ends_with_every_check() -> None:
    text = printed(terminal=True)
    last = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text[text.rindex("Check") :])
    rows = [line.strip() for line in last.splitlines() if line.strip()]
    assert rows[0] == "Check    Result     Time   What was seen"
    assert rows[2] == "nodes    passed    0.4 s   2 nodes Ready, Kubernetes v1.37.2"
    assert rows[-2] == "alerts   error     0.0 s   this check is broken: ZeroDivisionError: oops"


def test_digests_are_short_in_the_table_and_whole_in_the_report() -> None:
    result = Result(CHECKS[1], Status.FAILED, 1.0, reason=f"runs x@{digest('coredns')}")
    assert table.lines(result) == ["runs x@sha256:000000000000"]
    failure = suite(Run([result], 1.0)).find("testcase/failure")
    assert failure is not None
    assert failure.text == f"runs x@{digest('coredns')}"


def test_a_check_that_still_runs_shows_what_it_is_about() -> None:
    out = io.StringIO()
    Console(file=out, width=100, color_system=None).print(table.table(CHECKS, {}))
    assert "dns holds" in out.getvalue()


@pytest.mark.parametrize(
    ("run", "text"),
    [
        (RUN, "1 of 4 checks passed in 91.2 s"),
        (Run(RUN.results[:1], 1.0, "namespace x"), "1 of 1 checks passed in 1.0 s\nnamespace x"),
    ],
)
def test_the_summary_counts_and_names_leftovers(run: Run, text: str) -> None:
    assert table.summary(run) == text
