"""The toy cloud, added for a test: one line in the registry of clusters, one in that of stacks."""

import pytest

from components import CLOUDS
from crosscloud.config import stacks
from tests.components.toy.config import ToyStack
from tests.components.toy.double import Engine, use


@pytest.fixture
def toy(monkeypatch: pytest.MonkeyPatch) -> Engine:
    monkeypatch.setitem(CLOUDS, "toy", "tests.components.toy.component:ToyCluster")
    monkeypatch.setitem(stacks.STACKS, "toy", ToyStack)
    engine = Engine()
    use(engine)
    return engine
