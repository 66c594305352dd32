"""The permissions that docs/clouds/aws.md lists are enough for what a rehearsal asks of AWS, and no blank cheque."""

import json
import re
from fnmatch import fnmatchcase
from typing import Any

from crosscloud import paths

PREFIXES = {"ec2": "ec2", "elbv2": "elasticloadbalancing", "autoscaling": "autoscaling", "iam": "iam"}
#: What AWS does by itself, and the simulation in its place: a deployer needs no permission for it.
BY_ITSELF = {
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "autoscaling:AttachInstances",
    "autoscaling:DetachInstances",
}
#: In-place changes that the program has replaced instead: see ``replace_on_changes`` in components/aws_machines.py.
NOT_DONE = {"ec2:StopInstances", "ec2:StartInstances"}


def statements() -> list[dict[str, Any]]:
    page = (paths.ROOT / "docs/clouds/aws.md").read_text()
    policy = re.search(r"```json\n(.*?)```", page, re.DOTALL)
    assert policy is not None
    found: list[dict[str, Any]] = json.loads(policy[1])["Statement"]
    return found


def actions() -> list[str]:
    listed = [one["Action"] for one in statements()]
    return [action for each in listed for action in ([each] if isinstance(each, str) else each)]


def asked() -> set[str]:
    """Return the operations that the plugin's sources name, as IAM calls them."""
    folder = paths.ROOT / "crosscloud/plugins/simulated_aws"
    sources = "\n".join(file.read_text() for file in folder.glob("*.py"))
    sources = sources.replace("SecurityGroup{self.direction}", "SecurityGroupIngress")
    sources = sources.replace("SecurityGroup{direction}", "SecurityGroupEgress")
    calls = re.findall(r'(?:ask|gone_is_fine)\(\s*"(\w+)",\s*f?"(\w+)"', sources)
    assert len(calls) > 60
    return {f"{PREFIXES[service]}:{operation}" for service, operation in calls}


def test_they_cover_what_is_asked() -> None:
    allowed = actions()
    needed = asked() - BY_ITSELF - NOT_DONE
    assert [one for one in sorted(needed) if not any(fnmatchcase(one, action) for action in allowed)] == []


def test_only_reading_is_allowed_as_a_whole() -> None:
    assert {action for action in actions() if "*" in action} == {
        "ec2:Describe*",
        "elasticloadbalancing:Describe*",
        "autoscaling:Describe*",
    }


def test_identities_are_the_clusters_own_and_go_to_machines_alone() -> None:
    for one in statements():
        given = one["Action"] if isinstance(one["Action"], list) else [one["Action"]]
        places = one["Resource"] if isinstance(one["Resource"], list) else [one["Resource"]]
        if any(action.startswith("iam:") for action in given) and given != ["iam:CreateServiceLinkedRole"]:
            assert all(re.fullmatch(r"arn:aws:iam::ACCOUNT:(role|instance-profile)/NAME-\*", place) for place in places)
        if "iam:PassRole" in given:
            assert one["Condition"] == {"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}
