"""``kubectl`` of the release: a link to the command that its Kubernetes image holds, for the user's shell."""

from pathlib import Path

from crosscloud import paths
from crosscloud.release import Release


def link_kubectl(release: Release) -> None:
    """Link ``bin/kubectl`` to the build that the release names; nothing where that build isn't on this machine."""
    from crosscloud.artifacts import catalogue, stock

    link = paths.home() / "bin" / "kubectl"
    for artifact in stock.built(catalogue.select(["kubernetes"])[0]):
        command = artifact.folder / "bin" / "hyperkube"
        if artifact.key[:8] in release.kubernetes.tag and command.exists():
            _link(link, command)
            return


def _link(link: Path, target: Path) -> None:
    if link.is_symlink() and link.readlink() == target:
        return
    link.unlink(missing_ok=True)
    link.symlink_to(target)
