"""Releases as people write them: tags of CI and plain ones, with and without digests."""

import hashlib

from crosscloud.release import Image, Release

VERSIONS = {
    "alertmanager": ("registry.cncf.ci/prometheus/alertmanager", "0.28.1"),
    "coredns": ("registry.cncf.ci/coredns/coredns", "1.15.0"),
    "kubernetes": ("registry.cncf.ci/kubernetes/hyperkube", "1.37.2"),
    "node_exporter": ("registry.cncf.ci/prometheus/node_exporter", "1.12.1"),
    "prometheus": ("registry.cncf.ci/prometheus/prometheus", "3.15.0"),
}


def release(tag: str, *, digests: bool) -> Release:
    """Make a release whose tags are ``tag`` with each project's version put in."""
    return Release(
        **{
            project: Image(
                name,
                tag.format(version=version),
                f"sha256:{hashlib.sha256(project.encode()).hexdigest()}" if digests else None,
            )
            for project, (name, version) in VERSIONS.items()
        }
    )


#: By the name of the golden file.
RELEASES = {
    "ci-digest": release("ci-v{version}.fd07e315.6097", digests=True),
    "ci-tag": release("ci-v{version}.fd07e315.6097", digests=False),
    "plain-digest": release("v{version}", digests=True),
    "plain-tag": release("{version}", digests=False),
    "master-tag": release("ci-master.fd07e315.6097", digests=False),
}
