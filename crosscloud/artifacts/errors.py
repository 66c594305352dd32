"""The expected failures of building and publishing artifacts."""

from crosscloud.errors import CrosscloudError


class ArtifactError(CrosscloudError):
    """Something about artifacts that a person can mend."""


class BuildError(ArtifactError):
    """A build that failed: ``words`` are the last lines that the compiler or tool said."""

    def __init__(self, what: str, words: str, log: object = None) -> None:
        self.words = words
        where = f"\nThe whole log: {log}" if log else ""
        super().__init__(f"{what}\n{words}{where}")


class RegistryError(ArtifactError):
    """The local registry can't be started, reached or recognised."""
