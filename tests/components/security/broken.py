"""Each line of the checklist broken on purpose: a check that would not notice checks nothing."""

import base64
import copy
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from tests.components.security import checks
from tests.components.security.checks import Check
from tests.components.security.program import SSH, Made, Program

Breaking = Callable[[Program], Program]


def changed(kind: str, change: Callable[[dict[str, Any]], Any], *, name: str = "") -> Breaking:
    """Return what changes the inputs of the first resource of a kind (and with ``name`` in its name)."""

    def broken(program: Program) -> Program:
        made = list(program.made)
        index = next(i for i, one in enumerate(made) if one.kind == kind and name in one.name)
        inputs = copy.deepcopy(made[index].inputs)
        change(inputs)
        shown = made[index].shown if inputs == made[index].inputs else copy.deepcopy(inputs)
        made[index] = replace(made[index], inputs=inputs, shown=shown)
        return replace(program, made=tuple(made))

    return broken


def added(type_: str, inputs: dict[str, Any]) -> Breaking:
    """Return what adds a resource."""
    return lambda program: replace(program, made=(*program.made, Made("", type_, "added", inputs, inputs)))


def without(kind: str, name: str) -> Breaking:
    """Return what leaves out the resources of a kind with ``name`` in their names."""
    return lambda program: replace(
        program, made=tuple(one for one in program.made if not (one.kind == kind and name in one.name))
    )


def _aws_rule(source: str, first: int, last: int) -> Breaking:
    rule = {"cidrIpv4": source, "fromPort": first, "toPort": last, "ipProtocol": "tcp"}
    return added("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", rule)


def _azure_rule(source: str, ports: str) -> Breaking:
    rule = {"direction": "Inbound", "access": "Allow", "protocol": "Tcp"}
    rules = [{**rule, "sourceAddressPrefix": source, "destinationPortRange": ports}]
    return added("azure-native:network:NetworkSecurityGroup", {"securityRules": rules})


def _google_rule(source: str, *ports: str) -> Breaking:
    allows = [{"protocol": "tcp", **({"ports": list(ports)} if ports else {})}]
    return added("gcp:compute/firewall:Firewall", {"allows": allows, "sourceRanges": [source]})


def _authorize(cidr: str) -> Breaking:
    return changed("Cluster", lambda i: i["masterAuthorizedNetworksConfig"]["cidrBlocks"].append({"cidrBlock": cidr}))


def _tag(word: str) -> Breaking:
    return changed("Device", lambda i: i["tags"].append(word))


def _policy(statement: dict[str, Any]) -> Breaking:
    return added("aws:iam/rolePolicy:RolePolicy", {"policy": json.dumps({"Statement": [statement]})})


_EVERYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}
_ANY_EC2 = {"Effect": "Allow", "Action": ["ec2:*"], "Resource": "*"}
_PLAIN = base64.b64encode(b"#cloud-config\n").decode()

BROKEN: tuple[tuple[Check, str, Breaking], ...] = (
    (checks.api_is_for_the_configured_networks, "aws", _aws_rule("0.0.0.0/0", 6443, 6443)),
    (checks.api_is_for_the_configured_networks, "aws", without("SecurityGroupIngressRule", "api-from-198")),
    (checks.api_is_for_the_configured_networks, "azure", _azure_rule("Internet", "6000-7000")),
    (checks.api_is_for_the_configured_networks, "gce", _google_rule("0.0.0.0/0")),
    (checks.api_is_for_the_configured_networks, "gke", _authorize("0.0.0.0/0")),
    (
        checks.api_is_for_the_configured_networks,
        "gke",
        changed("Cluster", lambda i: i.pop("masterAuthorizedNetworksConfig")),
    ),
    (checks.api_is_for_the_configured_networks, "packet", _tag("api-access=0.0.0.0/0")),
    (checks.nothing_else_is_open, "aws", _aws_rule("192.0.2.0/24", 30000, 32767)),
    (checks.nothing_else_is_open, "azure", _azure_rule("*", "*")),
    (checks.nothing_else_is_open, "gce", _google_rule("192.0.2.0/24", "10250")),
    (checks.nothing_else_is_open, "gke", _google_rule("0.0.0.0/0", "443")),
    (checks.nothing_else_is_open, "packet", _tag("api-access=0.0.0.0/0")),
    (checks.port_22_is_closed, "aws", _aws_rule("10.0.0.0/16", 0, 65535)),
    (checks.port_22_is_closed, "azure", _azure_rule("192.0.2.0/24", "20-30")),
    (checks.port_22_is_closed, "gce", _google_rule("35.235.240.0/20", "22")),
    (checks.port_22_is_closed, "gke", _google_rule("35.235.240.0/20")),
    (checks.port_22_is_closed, "packet", _tag(f"ssh-access={SSH[0]}")),
    (checks.port_22_is_open_to_the_configured_networks, "gce", _google_rule("192.0.2.0/24", "22")),
    (
        checks.metadata_needs_a_token_and_stays_on_the_machine,
        "aws",
        changed("Instance", lambda i: i["metadataOptions"].update(httpTokens="optional")),
    ),
    (
        checks.metadata_needs_a_token_and_stays_on_the_machine,
        "aws",
        changed("LaunchTemplate", lambda i: i["metadataOptions"].update(httpPutResponseHopLimit=2)),
    ),
    (
        checks.google_protects_metadata_and_has_no_old_logins,
        "gke",
        changed("NodePool", lambda i: i["nodeConfig"].pop("workloadMetadataConfig")),
    ),
    (
        checks.google_protects_metadata_and_has_no_old_logins,
        "gke",
        changed("Cluster", lambda i: i.update(enableLegacyAbac=True)),
    ),
    (
        checks.google_protects_metadata_and_has_no_old_logins,
        "gke",
        changed("Cluster", lambda i: i["masterAuth"].update(username="admin")),
    ),
    (
        checks.azure_takes_no_password,
        "azure",
        changed("VirtualMachine", lambda i: i["osProfile"].update(adminPassword="x")),
    ),
    (
        checks.azure_takes_no_password,
        "azure",
        changed("VirtualMachineScaleSet", lambda i: i["virtualMachineProfile"]["osProfile"].pop("linuxConfiguration")),
    ),
    (
        checks.every_subnet_has_a_security_group,
        "azure",
        changed("Subnet", lambda i: i.pop("networkSecurityGroup"), name="workers"),
    ),
    (
        checks.disks_of_aws_are_encrypted,
        "aws",
        changed("Instance", lambda i: i["rootBlockDevice"].update(encrypted=False)),
    ),
    (checks.disks_of_aws_are_encrypted, "aws", changed("LaunchTemplate", lambda i: i.pop("blockDeviceMappings"))),
    (
        checks.disks_are_of_a_kind_that_is_always_encrypted,
        "azure",
        changed("VirtualMachine", lambda i: i["storageProfile"]["osDisk"].pop("managedDisk")),
    ),
    (
        checks.disks_are_of_a_kind_that_is_always_encrypted,
        "gce",
        changed("Instance", lambda i: i["bootDisk"].update(diskEncryptionKeyRaw="x")),
    ),
    (checks.identities_may_do_no_more_than_they_need, "aws", _policy(_EVERYTHING)),
    (checks.identities_may_do_no_more_than_they_need, "aws", _policy(_ANY_EC2)),
    (
        checks.identities_may_do_no_more_than_they_need,
        "gke",
        changed("IAMMember", lambda i: i.update(role="roles/editor")),
    ),
    (
        checks.identities_may_do_no_more_than_they_need,
        "gce",
        changed("Instance", lambda i: i["serviceAccount"].update(email="1-compute@developer.gserviceaccount.com")),
    ),
    (
        checks.identities_may_do_no_more_than_they_need,
        "azure",
        added(
            "azure-native:authorization:RoleAssignment",
            {"roleDefinitionId": "/providers/x/8e3af657-a8ff-443c-a75c-2fe8c4bcb635"},
        ),
    ),
    (checks.everything_that_takes_tags_has_them, "aws", changed("Vpc", lambda i: i.pop("tags"))),
    (
        checks.everything_that_takes_tags_has_them,
        "aws",
        changed("Instance", lambda i: i["rootBlockDevice"].pop("tags")),
    ),
    (checks.everything_that_takes_tags_has_them, "azure", changed("NatGateway", lambda i: i.pop("tags"))),
    (
        checks.everything_that_takes_tags_has_them,
        "gce",
        changed("Instance", lambda i: i["bootDisk"]["initializeParams"].pop("labels")),
    ),
    (
        checks.everything_that_takes_tags_has_them,
        "gke",
        changed("NodePool", lambda i: i["nodeConfig"].pop("resourceLabels")),
    ),
    (checks.everything_that_takes_tags_has_them, "packet", changed("Device", lambda i: i.update(tags=["x"]))),
    (checks.no_secret_is_in_plain_sight, "aws", changed("LaunchTemplate", lambda i: i.update(userData=_PLAIN, x=1))),
    (
        checks.no_secret_is_in_plain_sight,
        "gce",
        changed("Instance", lambda i: i.update(metadata={"token": "a kubeconfig"})),
    ),
    (checks.the_kubeconfig_is_secret, "azure", lambda program: replace(program, kubeconfig_is_secret=False)),
)
