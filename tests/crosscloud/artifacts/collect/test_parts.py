"""A part of a release is the project's own lines, all of them and no others."""

import pytest

from crosscloud.artifacts.collect import catalogue, parts
from crosscloud.artifacts.collect.catalogue import Wanted
from crosscloud.problems import ProblemsError
from crosscloud.release import Image

COREDNS = next(one for one in catalogue.wanted("head", {}) if one.prefix == "COREDNS")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("COREDNS_IMAGE=r.test/x\n", "release.env:1: COREDNS_TAG: is missing beside COREDNS_IMAGE"),
        ("COREDNS_TAG=v1\n", "release.env:1: COREDNS_IMAGE: is missing beside COREDNS_TAG"),
        ("", "COREDNS_IMAGE and COREDNS_TAG: are missing: the file is about this project"),
        ("COREDNS_IMAGE=r.test/x\nCOREDNS_TAG=\n", "release.env:2: COREDNS_TAG: is empty"),
        ("COREDNS_IMAGE=r.test/x\nCOREDNS_TAG=latest\n", "'latest' names a different image every day"),
        ("COREDNS_IMAGE=r.test/x:v1\nCOREDNS_TAG=v1\n", "carries a tag or digest"),
        ("COREDNS_IMAGE=r.test/x\nCOREDNS_TAG=v1\nCOREDNS_DIGEST=sha256:12\n", "is not a digest"),
        (
            "COREDNS_IMAGE=r.test/x\nCOREDNS_TAG=v1\nKUBERNETES_TAG=v2\n",
            "release.env:3: KUBERNETES_TAG: belongs to another project (only lines of COREDNS)",
        ),
        ("COREDNS_IMAGE=r.test/x\nCOREDNS_TAG=v1\nTOKEN=x\n", "release.env:3: TOKEN: names no project"),
        ("COREDNS_IMAGE=r.test/x\nCOREDNS_TAG=v1\nCOREDNS_TAG=v2\n", "release.env:3: COREDNS_TAG: is already set on"),
        (
            "COREDNS_IMAGE=r.test/x\nCOREDNS_TAG=v1@sha256:12\n",
            "release.env:2: COREDNS_TAG: 'v1@sha256:12' is not a tag",
        ),
        ("COREDNS_IMAGE=r.test/x\nCOREDNS_TA", "release.env:2: COREDNS_TA: is not an assignment"),
        ("<html>\n", "is not an assignment"),
    ],
)
def test_what_is_wrong_with_a_projects_file_is_said_with_its_line(text: str, said: str) -> None:
    with pytest.raises(ProblemsError) as caught:
        parts.read(text, COREDNS)
    lines = [str(problem) for problem in caught.value.problems]
    assert any(said in line for line in lines), lines
    assert all(line.startswith("coredns/coredns@master release.env:") for line in lines)


def test_comments_quotes_and_exports_are_as_in_a_whole_release() -> None:
    text = "# built by job 5713\nexport COREDNS_IMAGE='r.test/x'\nCOREDNS_TAG=\"v1\"\n"
    assert parts.read(text, COREDNS) == Image("r.test/x", "v1")


def test_lines_may_end_as_on_windows() -> None:
    assert parts.read("COREDNS_IMAGE=r.test/x\r\nCOREDNS_TAG=v1\r\n", COREDNS) == Image("r.test/x", "v1")


def test_every_project_has_its_own_prefix() -> None:
    for one in catalogue.wanted("head", {}):
        assert parts.read(f"{one.prefix}_IMAGE=r.test/x\n{one.prefix}_TAG=v1\n", one) == Image("r.test/x", "v1")


def test_a_wanted_part_is_named_by_project_and_branch() -> None:
    assert str(Wanted("COREDNS", "COREDNS", "coredns/coredns", "master")) == "coredns/coredns@master"
