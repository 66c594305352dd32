"""The stub, and a private project in it, seen through python-gitlab."""

from collections.abc import Iterator

import pytest

from tests.gitlab import Stub, gitlab_stub, model
from tests.gitlab.seen import DEV, PATH
from tests.gitlab.setup import ProjectSetup


@pytest.fixture
def stub() -> Iterator[Stub]:
    with gitlab_stub() as stub:
        yield stub


@pytest.fixture
def project(stub: Stub) -> ProjectSetup:
    """Make a private project whose developer has the token `dev`."""
    project = stub.project(PATH, visibility="private")
    stub.token(DEV, user="dev", access={PATH: model.Access.DEVELOPER})
    return project
