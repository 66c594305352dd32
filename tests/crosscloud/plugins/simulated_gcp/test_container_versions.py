"""What the simulated GKE offers, and what of it can be booted."""

from pathlib import Path

import pytest

from crosscloud import gke_versions
from crosscloud.plugins.base import Call, PluginError, Values
from crosscloud.plugins.simulated_gcp import container_versions as versions

RELEASE = "".join(
    f"{name}_IMAGE=registry.cncf.ci/{name.lower()}\n{name}_TAG=ci-v1.37.2.03654312.1\n"
    for name in ("ALERT_MANAGER", "COREDNS", "KUBERNETES", "NODE_EXPORTER", "PROMETHEUS")
)
SUPPORT = "".join(f"{name}_IMAGE=registry.cncf.ci/{name}:v1\n" for name in ("ETCD", "PAUSE", "FLANNEL", "FLANNEL_CNI"))


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CROSSCLOUD_HOME", str(tmp_path))
    return tmp_path


def newest(channel: str, prefix: str = "") -> str | None:
    answer = versions.get_engine_versions(Call(urn=""), Values({"versionPrefix": prefix}))
    found: str | None = answer["releaseChannelLatestVersion"].get(channel)
    return found


@pytest.mark.parametrize("channel", versions.CHANNELS)
def test_a_prefix_finds_the_newest_of_those_that_begin_with_it(channel: str) -> None:
    offered = versions.offered(channel)
    assert newest(channel) == offered[0]
    assert newest(channel, "1.34.") == next((one for one in offered if one.startswith("1.34.")), None)
    assert newest(channel, "1.12.") is None


def test_without_a_build_the_release_gets_googles_nearest(home: Path) -> None:
    assert not (home / "release.env").exists()
    assert gke_versions.nearest("1.37.2", lambda prefix: newest("RAPID", prefix)) == "1.37.1-gke.1552000"


def test_what_is_built_here_is_offered_as_build_0_in_the_rapid_channel_alone(home: Path) -> None:
    (home / "release.env").write_text(RELEASE)
    assert gke_versions.nearest("1.37.2", lambda prefix: newest("RAPID", prefix)) == "1.37.2-gke.0"
    assert gke_versions.nearest("1.37.2", lambda prefix: newest("REGULAR", prefix)) == "1.36.4-gke.1495002"


def test_nodes_boot_the_build_of_their_version(home: Path) -> None:
    (home / "release.env").write_text(RELEASE)
    (home / "support.env").write_text(SUPPORT)
    images = versions.images_of("1.37.2-gke.0")
    assert images.kubernetes == "registry.cncf.ci/kubernetes:ci-v1.37.2.03654312.1"
    assert images.etcd == "registry.cncf.ci/ETCD:v1"


def test_a_version_that_is_not_built_is_refused_with_what_is(home: Path) -> None:
    with pytest.raises(PluginError, match="nothing is built"):
        versions.images_of("1.37.2-gke.0")
    (home / "release.env").write_text(RELEASE)
    with pytest.raises(PluginError, match=r"GKE would run 1.36.4-gke.1495002.*v1.37.2.*rapid"):
        versions.images_of("1.36.4-gke.1495002")
    with pytest.raises(PluginError, match="the images etcd, pause, flannel, flannel_cni are not built"):
        versions.images_of("1.37.2-gke.0")


def test_defaults_and_targets_are_offered_themselves() -> None:
    answer = versions.get_engine_versions(Call(urn=""), Values({}))
    for channel in versions.CHANNELS:
        assert answer["releaseChannelDefaultVersion"][channel] in versions.offered(channel)
    assert answer["latestMasterVersion"] == answer["validMasterVersions"][0]


def test_googles_dns_is_not_taken_for_the_releases(home: Path) -> None:
    (home / "release.env").write_text(RELEASE)
    assert versions.dns_image() == "gke.gcr.io/coredns:ci-v1.37.2.03654312.1"
