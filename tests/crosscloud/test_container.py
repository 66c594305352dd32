"""What the runner image asks of whoever starts it, and what it leaves to them."""

import os
import stat
from pathlib import Path

import pytest
import yaml

from crosscloud import container, paths, provenance
from crosscloud.container import ContainerError
from tests.provenance import SOURCE, collected

MOUNTS = """\
22 1 254:0 / / rw,relatime - overlay overlay rw
23 22 254:0 /volumes/state /state rw,relatime - ext4 /dev/vda rw
24 22 254:0 /somewhere /a\\040place rw,relatime - ext4 /dev/vda rw
"""


@pytest.mark.parametrize(
    ("folder", "mount"),
    [("/state", "/state"), ("/state/project", "/state"), ("/stateless", "/"), ("/a place/x", "/a place"), ("/", "/")],
)
def test_a_folder_is_on_the_mount_that_is_nearest_to_it(folder: str, mount: str) -> None:
    assert container.mount_of(Path(folder), MOUNTS) == Path(mount)


@pytest.fixture
def mounted(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The process is in a container, and these folders are volumes."""
    volumes: list[Path] = []
    monkeypatch.setenv(container.ACTIVE, "yes")
    monkeypatch.delenv("GITLAB_CI", raising=False)

    def mount_of(folder: Path) -> Path:
        return next((volume for volume in volumes if folder.is_relative_to(volume)), Path("/"))

    monkeypatch.setattr(container, "mount_of", mount_of)
    return volumes


def test_a_state_that_ends_with_the_container_is_refused_with_both_ways_out(mounted: list[Path]) -> None:
    with pytest.raises(ContainerError, match=r"PULUMI_BACKEND_URL.*-v crosscloud-state:/state"):
        container.ensure_lasting(Path("/state"))
    assert mounted == []


def test_a_state_on_a_volume_lasts(mounted: list[Path], tmp_path: Path) -> None:
    mounted.append(tmp_path)
    container.ensure_lasting(tmp_path)


def test_the_volume_of_a_pipelines_job_is_no_place_for_a_state(
    mounted: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mounted.append(tmp_path)
    monkeypatch.setenv("GITLAB_CI", "true")
    with pytest.raises(ContainerError, match="a job's own volume may be another one the next time"):
        container.ensure_lasting(tmp_path)


def test_a_backend_that_is_a_folder_has_to_be_on_a_volume_too(mounted: list[Path], tmp_path: Path) -> None:
    with pytest.raises(ContainerError, match="mount a volume there"):
        container.ensure_backend_lasts(f"file://{tmp_path}/a%20state")
    container.ensure_backend_lasts("s3://states")
    mounted.append(tmp_path / "a state")
    container.ensure_backend_lasts(f"file://{tmp_path}/a%20state")


def test_elsewhere_a_state_may_be_anywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(container.ACTIVE, raising=False)
    container.ensure_lasting(Path("/nowhere"))


def test_a_folder_that_may_not_be_written_to_is_told_with_the_user_that_may(
    mounted: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mounted.append(tmp_path)
    monkeypatch.setenv(container.OUT, str(tmp_path))
    monkeypatch.setattr(os, "access", lambda *_: False)
    owner = tmp_path.stat()
    with pytest.raises(ContainerError, match=f"--user {owner.st_uid}:{owner.st_gid}"):
        container.ensure_out("aws")


def test_a_folder_of_the_stack_that_another_user_made_is_told_before_anything_is_done(
    mounted: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mounted.append(tmp_path)
    monkeypatch.setenv(container.OUT, str(tmp_path))
    monkeypatch.setattr(os, "access", lambda path, _: path != tmp_path / "aws")
    container.ensure_out("aws")
    (tmp_path / "aws").mkdir()
    with pytest.raises(ContainerError, match="aws, where the kubeconfig goes, belongs to user"):
        container.ensure_out("aws")


def test_a_kubeconfig_that_can_not_be_taken_back_is_an_expected_error(
    mounted: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mounted.append(tmp_path)
    monkeypatch.setenv(container.OUT, str(tmp_path))
    (tmp_path / "aws" / "kubeconfig").mkdir(parents=True)  # no file: root can't remove it so either
    with pytest.raises(ContainerError, match=r"stack aws is gone, but its kubeconfig in .* can't be removed: Is a dir"):
        container.take_back("aws")


def test_the_kubeconfig_is_handed_out_for_its_owner_alone_and_taken_back(
    mounted: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, own = tmp_path / "out", tmp_path / "kubeconfig"
    out.mkdir()
    own.write_text("kind: Config\n")
    mounted.append(out)
    monkeypatch.setenv(container.OUT, str(out))
    for text in ("kind: Config\n", "kind: Config # a newer one\n"):
        own.write_text(text)
        path = container.hand_out("aws", own)
        assert path == out / "aws" / "kubeconfig"
        assert path.read_text() == text
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert [each.name for each in path.parent.iterdir()] == ["kubeconfig"]
    assert "only in the container" not in container.ways_in("aws", path)
    container.take_back("aws")
    assert list(out.iterdir()) == []
    container.take_back("aws")  # nothing there is no error


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to somebody else")
def test_what_root_hands_out_belongs_to_whom_the_folder_belongs(
    mounted: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, own = tmp_path / "out", tmp_path / "kubeconfig"
    out.mkdir()
    os.chown(out, 1234, 2345)
    own.touch()
    mounted.append(out)
    monkeypatch.setenv(container.OUT, str(out))
    path = container.hand_out("aws", own)
    assert {(each.stat().st_uid, each.stat().st_gid) for each in (path, path.parent)} == {(1234, 2345)}


def test_without_a_folder_for_it_the_kubeconfig_stays_and_it_is_said_how_to_have_it(
    mounted: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(container.OUT, "/out")
    assert container.hand_out("aws", tmp_path / "kubeconfig") == tmp_path / "kubeconfig"
    assert '-v "$PWD/out:/out"' in container.ways_in("aws", tmp_path / "kubeconfig")
    assert mounted == []


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the project of a container whose user has mounted stack files."""
    monkeypatch.setenv("CROSSCLOUD_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("CROSSCLOUD_PROJECT", str(tmp_path / "state" / "project"))
    monkeypatch.setenv(container.STACKS, str(tmp_path / "config"))
    (tmp_path / "config").mkdir()
    return tmp_path / "state" / "project"


def test_the_project_has_the_images_stacks_and_on_top_of_them_the_users(project: Path, tmp_path: Path) -> None:
    (tmp_path / "config" / "Pulumi.aws.yaml").write_text("config: {crosscloud:cloud: aws}\n")
    (tmp_path / "config" / "Pulumi.mine.yaml").write_text("config: {crosscloud:cloud: gce}\n")
    container.prepare_project()
    assert (project / "Pulumi.aws.yaml").read_text() == "config: {crosscloud:cloud: aws}\n"
    assert (project / "Pulumi.gce.yaml").read_text() == (paths.ROOT / "Pulumi.gce.yaml").read_text()
    assert (project / "release.env").exists()
    document = yaml.safe_load((project / "Pulumi.yaml").read_text())
    assert document["main"] == str(paths.ROOT)
    assert all(Path(plugin["path"]).is_dir() for plugin in document["plugins"]["providers"])


def test_a_release_of_the_users_own_comes_with_where_it_is_from(project: Path, tmp_path: Path) -> None:
    release = tmp_path / "config" / "release.env"
    release.write_text("COREDNS_IMAGE=registry.test/coredns\nCOREDNS_TAG=v1\n")
    collected(release)
    container.prepare_project()
    assert provenance.load(project / "release.env") == {"coredns": SOURCE}
    provenance.forget(release)
    container.prepare_project()
    assert not provenance.file_of(project / "release.env").exists()


def test_a_stack_is_known_later_without_its_file_being_mounted_again(project: Path, tmp_path: Path) -> None:
    mine = tmp_path / "config" / "Pulumi.aws.yaml"
    mine.write_text("config: {crosscloud:cloud: aws, aws:region: eu-west-1}\n")
    container.prepare_project()
    mine.unlink()
    container.prepare_project()
    assert "eu-west-1" in (project / "Pulumi.aws.yaml").read_text()
