"""What GKE decides by itself, and what a stack's file may say about it."""

from typing import Any

import pytest

from crosscloud import config
from crosscloud.config import ConfigErrors


def wrong(**values: Any) -> list[str]:
    stack = {"cloud": "gke", "apiAccessCidrs": ["203.0.113.0/24"], **values}
    with pytest.raises(ConfigErrors) as caught:
        config.load(stack, stack="demo", files=False)
    return [str(problem) for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("values", "said"),
    [
        pytest.param({"serviceCidr": "10.96.0.0/15"}, "10.96.0.0/15 is too large for GKE", id="services beyond a /16"),
        pytest.param({"serviceCidr": "10.96.0.0/28"}, "10.96.0.0/28 is too small for GKE", id="services below a /27"),
        pytest.param({"dnsServiceIp": "10.96.0.10"}, "10.96.0.10 is held by GKE's own DNS", id="the tenth address"),
        pytest.param({"clusterDomain": "demo.test"}, "demo.test is not the domain of GKE's DNS", id="another domain"),
        pytest.param({"gke": {"controlPlaneCidr": "172.16.0.0/24"}}, "172.16.0.0/24 is not a /28", id="a wide one"),
        pytest.param(
            {"gke": {"controlPlaneCidr": "10.0.8.0/28"}},
            "10.0.8.0/28 overlaps with crosscloud:gke.networkCidr, 10.0.0.0/16",
            id="a control plane among the nodes",
        ),
    ],
)
def test_what_gke_would_refuse_is_refused_before_anything_is_made(values: dict[str, Any], said: str) -> None:
    problems = wrong(**values)
    assert len(problems) == 1
    assert said in problems[0]


def test_the_defaults_fit_gke_and_each_other() -> None:
    stack = config.load({"cloud": "gke", "apiAccessCidrs": ["203.0.113.0/24"]}, stack="demo", files=False)
    assert isinstance(stack, config.GkeStack)
    assert (stack.dns_service_ip, stack.gke.control_plane_cidr) == ("10.96.0.11", "172.16.0.0/28")
    assert stack.gke.deletion_protection is False
    assert stack.allow_cluster_replacement is False
