"""What can be built: one entry a project. Adding a project is adding an entry to one of the lists here."""

from crosscloud.artifacts.catalogue.model import Project
from crosscloud.artifacts.catalogue.release import RELEASE
from crosscloud.artifacts.catalogue.support import SUPPORT
from crosscloud.artifacts.errors import ArtifactError

__all__ = ["PROJECTS", "RELEASE", "SUPPORT", "select"]

#: Every project, the five of a release first.
PROJECTS: tuple[Project, ...] = (*RELEASE, *SUPPORT)


def select(names: list[str]) -> list[Project]:
    """Return the named projects in the catalogue's order; all of them when ``names`` is empty.

    Raises ArtifactError that lists every unknown name and the known ones.
    """
    known = {project.name: project for project in PROJECTS}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise ArtifactError(f"unknown project {', '.join(unknown)}; known: {', '.join(known)}")
    return [project for project in PROJECTS if not names or project.name in names]
