"""The configuration as gitlab-ci-local reads it, once for all of a worker's tests."""

from typing import Any

import pytest

from tests.pipeline.configuration import Configuration, Merged


@pytest.fixture(scope="session")
def configuration(tmp_path_factory: pytest.TempPathFactory) -> Configuration:
    return Configuration.copied(tmp_path_factory.mktemp("configuration"))


@pytest.fixture(scope="session")
def release(configuration: Configuration) -> dict[str, dict[str, Any]]:
    return configuration.jobs(CI_PIPELINE_SOURCE="trigger", STACKS="aws local", CHANNELS="head")


@pytest.fixture(scope="session")
def merged(configuration: Configuration, release: object) -> Merged:
    assert release  # it writes the file
    return configuration.read()
