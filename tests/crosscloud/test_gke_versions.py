"""Which version of GKE's is taken for a release's Kubernetes."""

import pytest

from crosscloud.gke_versions import Newest, NoVersionError, kubernetes_of, nearest

#: Some of what the rapid channel offered on 2026-10-08, newest first.
OFFERED = (
    "1.38.0-gke.2743000+preview",
    "1.37.1-gke.1552000",
    "1.37.0-gke.3503000",
    "1.36.4-gke.2326000",
    "1.36.4-gke.2304000",
    "1.36.2-gke.1000000",
    "1.35.8-gke.1919000",
)


def channel(*versions: str) -> Newest:
    """Answer as the provider does: with the first that begins with the prefix."""
    return lambda prefix: next((version for version in versions if version.startswith(prefix)), None)


@pytest.mark.parametrize(
    ("asked", "taken"),
    [
        pytest.param("1.37.1", "1.37.1-gke.1552000", id="the very patch"),
        pytest.param("1.36.4", "1.36.4-gke.2326000", id="the newest build of the very patch"),
        pytest.param("1.37.2", "1.37.1-gke.1552000", id="a patch that is not offered yet: the one before"),
        pytest.param("1.36.3", "1.36.2-gke.1000000", id="a patch between two: the lower one"),
        pytest.param("1.36.1", "1.35.8-gke.1919000", id="below all patches of its minor: the minor below"),
        pytest.param("1.38.0", "1.37.1-gke.1552000", id="a minor that only alpha clusters have: the minor below"),
        pytest.param("1.41.3", "1.37.1-gke.1552000", id="minors ahead: the highest below"),
        pytest.param("1.35.2", "1.35.8-gke.1919000", id="below all there is, in its minor: the patch above"),
        pytest.param("1.33.9", "1.35.8-gke.1919000", id="below all there is: the lowest minor"),
        pytest.param("1.37.2-rc.1", "1.37.1-gke.1552000", id="a release candidate counts as its release"),
        pytest.param("v1.37.1", "1.37.1-gke.1552000", id="a leading v is fine"),
    ],
)
def test_the_nearest_version_offered_is_taken(asked: str, taken: str) -> None:
    assert nearest(asked, channel(*OFFERED)) == taken


def test_patch_10_is_not_taken_for_patch_1() -> None:
    assert nearest("1.37.1", channel("1.37.10-gke.100", "1.37.1-gke.100")) == "1.37.1-gke.100"
    assert nearest("1.3.1", channel("1.37.10-gke.100", "1.3.0-gke.100")) == "1.3.0-gke.100"


def test_few_questions_are_asked() -> None:
    asked: list[str] = []
    answer = channel(*OFFERED)

    def counting(prefix: str) -> str | None:
        asked.append(prefix)
        return answer(prefix)

    nearest("1.37.14", counting)
    assert len(asked) <= 3, asked


def test_a_channel_without_anything_near_is_an_error_that_names_the_version() -> None:
    with pytest.raises(NoVersionError, match=r"1\.20\.0"):
        nearest("1.20.0", channel(*OFFERED))
    with pytest.raises(NoVersionError, match="latest is no Kubernetes version"):
        nearest("latest", channel(*OFFERED))


def test_the_kubernetes_version_is_what_stands_before_the_build() -> None:
    assert kubernetes_of("1.37.1-gke.1552000") == "1.37.1"
