"""Why a project's part of a release can't be had."""

from crosscloud.errors import CrosscloudError

#: What it takes to read a project's pipelines and artifacts: docs.gitlab.com/user/permissions (CI/CD).
NEEDS = "the role Reporter in the project, and the scope read_api"


class UncollectedError(CrosscloudError):
    """A project's part of the release can't be had: ``wrong`` says why, ``allowed`` what would be right."""

    def __init__(self, wrong: str, allowed: str = "") -> None:
        self.wrong, self.allowed = wrong, allowed
        super().__init__(f"{wrong} ({allowed})" if allowed else wrong)
