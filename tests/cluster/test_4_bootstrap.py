"""What must hold when the bootstrap of a cluster fails."""

import time

import pytest

from tests.cluster.project import TestStack

pytestmark = [pytest.mark.cluster, pytest.mark.engine, pytest.mark.machines]


def test_a_failed_bootstrap_ends_up_soon_with_the_boot_log_in_the_error(own_stack: TestStack) -> None:
    own_stack.configure(images={"etcd": "registry.cncf.ci/etcd-io/etcd:nowhere"})
    started = time.monotonic()
    output = own_stack.pulumi("up", "--yes", "--skip-preview", "--suppress-progress", check=False)
    assert time.monotonic() - started < 60
    assert "registry.cncf.ci/etcd-io/etcd:nowhere can't be pulled: not found" in output, output
    assert "BOOTSTRAP FAILED while: pulling" in output
    assert f"the last lines of the boot log of {own_stack.name}-control-plane-0" in output
