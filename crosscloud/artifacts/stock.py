"""What has been built, and what is known of the heads, without asking anyone."""

from crosscloud.artifacts.builder import Artifact
from crosscloud.artifacts.catalogue.model import Project
from crosscloud.artifacts.files import read_json
from crosscloud.artifacts.versions import order
from crosscloud.paths import home


def built(project: Project) -> list[Artifact]:
    """Return the finished builds of ``project``, newest version first."""
    records = [read_json(path) for path in (home() / "artifacts" / project.name).glob("*/done.json")]
    found = [Artifact(**record) for record in records if record]
    return sorted(found, key=lambda one: (order(one.version), one.key), reverse=True)


def known_head(project: Project) -> str:
    """Return the product version that was last found as the project's head; ``?`` when none was looked for."""
    version = read_json(home() / "artifacts" / "heads.json").get(project.name, {}).get("version")
    return project.public_version(version) if version else "?"
