"""Image references are read by the grammar that registries and container runtimes share."""

import pytest

from crosscloud import reference

DIGEST = "sha256:" + "0123456789abcdef" * 4


@pytest.mark.parametrize(
    ("text", "name", "tag", "digest"),
    [
        ("coredns", "coredns", None, None),
        ("coredns:v1", "coredns", "v1", None),
        ("localhost:5001/a/b:v1", "localhost:5001/a/b", "v1", None),
        (f"registry.k8s.io/pause:3.10@{DIGEST}", "registry.k8s.io/pause", "3.10", DIGEST),
        (f"Registry.Example.ORG/a__b/c--d.e_f@{DIGEST}", "Registry.Example.ORG/a__b/c--d.e_f", None, DIGEST),
        ("test:5000", "test", "5000", None),
    ],
)
def test_a_valid_reference_is_taken_apart(text: str, name: str, tag: str | None, digest: str | None) -> None:
    assert reference.parse(text) == reference.Reference(name, tag, digest)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Uppercase",
        "a//b",
        "/a",
        "a/",
        "a..b",
        "a___b",
        "-a",
        "a:",
        "a:-v1",
        "a b",
        "a\n",
        "a:v1\n",
        "https://registry.cncf.ci/a",
        "a@sha256:0123",
        f"a@{DIGEST}0",
        f"a@{DIGEST.upper()}",
        f"a:{'v' * 129}",
        "a" * 256,
        "é",
        "a:\N{ARABIC-INDIC DIGIT ONE}",
    ],
)
def test_what_the_grammar_does_not_know_is_no_reference(text: str) -> None:
    assert reference.parse(text) is None


def test_the_longest_name_and_tag_are_valid() -> None:
    assert reference.parse(f"{'a' * 255}:{'v' * 128}") is not None
