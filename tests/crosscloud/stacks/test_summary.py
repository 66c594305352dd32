"""What is said after `up`: the images that were deployed, and where they come from as far as that is known."""

from typing import Any

from rich.console import Console

from crosscloud import provenance
from crosscloud.runs.record import Source
from crosscloud.stacks import summary
from tests.provenance import SOURCE, TOLD

DIGEST = "sha256:" + "0123456789abcdef" * 4


def outputs(**sources: Source) -> dict[str, Any]:
    """Return what the program exports of a release."""
    return {
        "release": {"coredns": f"registry.test/coredns@{DIGEST}", "node_exporter": "registry.test/exporter:ci-v1.12.1"},
        "releaseTags": {"coredns": "ci-v1.15.0", "node_exporter": "ci-v1.12.1"},
        "releaseSources": provenance.as_outputs(sources),
    }


def lines(told: dict[str, Any]) -> list[str]:
    console = Console(width=120)
    with console.capture() as capture:
        console.print(summary.images(told))
    return [" ".join(line.split()) for line in capture.get().splitlines() if line.strip()]


def test_without_sources_there_is_no_column_for_them() -> None:
    found = lines(outputs())
    assert found[0] == "image tag digest"
    assert f"coredns ci-v1.15.0 {DIGEST[:19]}" in found
    assert "node-exporter ci-v1.12.1 not known" in found


def test_each_image_whose_source_is_known_says_it() -> None:
    found = lines(outputs(coredns=SOURCE))
    assert found[0] == "image tag digest from"
    assert f"coredns ci-v1.15.0 {DIGEST[:19]} {TOLD}" in found
    assert "node-exporter ci-v1.12.1 not known" in found
