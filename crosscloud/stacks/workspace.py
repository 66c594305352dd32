"""Where stacks live: the project's folder with their files, the engine's settings, and what else is kept of them."""

from dataclasses import dataclass
from pathlib import Path

from crosscloud import container, paths
from crosscloud.engine.environment import pulumi_environment

#: The project's name where its ``Pulumi.yaml`` does not tell it.
_NAME = "crosscloud"


class Workspace:
    """The user's own project, with the backend that the user has chosen or that is made below the project's folder."""

    @property
    def project(self) -> Path:
        """The folder of ``Pulumi.yaml`` and of the stacks' files."""
        return paths.project()

    @property
    def home(self) -> Path:
        """The folder below which kubeconfigs (``clusters``) and reports (``reports``) are kept."""
        return paths.home()

    @property
    def name(self) -> str:
        """The project's name, which is part of every resource's URN and of the path of its locks."""
        from ruamel.yaml import YAML

        file = self.project / "Pulumi.yaml"
        document = YAML(typ="safe").load(file) if file.exists() else None
        return str((document or {}).get("name", _NAME))

    def environment(self) -> dict[str, str]:
        """Return the variables that Pulumi runs with here."""
        environment = pulumi_environment()
        container.ensure_backend_lasts(environment.get("PULUMI_BACKEND_URL", ""))
        return environment


@dataclass(frozen=True)
class Apart(Workspace):
    """A folder of its own, for a stack that is made of a user's: the project is in ``project``, the rest beside it."""

    folder: Path

    @property
    def project(self) -> Path:
        """The folder of its own ``Pulumi.yaml`` and stack file."""
        return self.folder / "project"

    @property
    def home(self) -> Path:
        """Kubeconfig and report lie beside the project."""
        return self.folder


#: What stacks belong to unless something else is said.
OWN = Workspace()
