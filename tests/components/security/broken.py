"""Each line of the checklist broken on purpose: a check that would not notice checks nothing.

The name of a check (a rule of the pack, or a function beside it), a cloud, and what breaks what is made there.
"""

import base64
import copy
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from tests.components.security.program import SSH, Made, Program

Breaking = Callable[[Program], Program]


def changed(kind: str, change: Callable[[Any], Any], *, name: str = "") -> Breaking:
    """Return what changes the inputs of the first resource of a kind (and with ``name`` in its name)."""

    def broken(program: Program) -> Program:
        made = list(program.made)
        index = next(i for i, one in enumerate(made) if one.kind == kind and name in one.name)
        props = copy.deepcopy(made[index].props)
        change(props)
        shown = made[index].shown if props == made[index].props else copy.deepcopy(props)
        made[index] = replace(made[index], props=props, shown=shown)
        return replace(program, made=tuple(made))

    return broken


def added(type_: str, inputs: dict[str, Any]) -> Breaking:
    """Return what adds a resource."""
    return lambda program: replace(program, made=(*program.made, Made(type_, "added", inputs, inputs)))


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

BROKEN: tuple[tuple[str, str, Breaking], ...] = (
    ("api-for-configured-networks", "aws", _aws_rule("0.0.0.0/0", 6443, 6443)),
    ("api_is_open_to_the_configured_networks", "aws", without("SecurityGroupIngressRule", "api-from-198")),
    ("api-for-configured-networks", "azure", _azure_rule("Internet", "6000-7000")),
    ("api-for-configured-networks", "gce", _google_rule("0.0.0.0/0")),
    ("api-for-configured-networks", "gke", _authorize("0.0.0.0/0")),
    (
        "api-for-configured-networks",
        "gke",
        changed("Cluster", lambda i: i.pop("masterAuthorizedNetworksConfig")),
    ),
    ("api-for-configured-networks", "packet", _tag("api-access=0.0.0.0/0")),
    ("nothing-else-open", "aws", _aws_rule("192.0.2.0/24", 30000, 32767)),
    ("nothing-else-open", "azure", _azure_rule("*", "*")),
    ("nothing-else-open", "gce", _google_rule("192.0.2.0/24", "10250")),
    ("nothing-else-open", "gke", _google_rule("0.0.0.0/0", "443")),
    ("ssh-for-configured-networks", "aws", _aws_rule("10.0.0.0/16", 0, 65535)),
    ("ssh-for-configured-networks", "azure", _azure_rule("192.0.2.0/24", "20-30")),
    ("ssh-for-configured-networks", "gce", _google_rule("35.235.240.0/20", "22")),
    ("ssh-for-configured-networks", "gke", _google_rule("35.235.240.0/20")),
    ("ssh-for-configured-networks", "packet", _tag(f"ssh-access={SSH[0]}")),
    ("port_22_is_open_to_the_configured_networks", "gce", without("Firewall", "ssh")),
    (
        "aws-metadata-by-token",
        "aws",
        changed("Instance", lambda i: i["metadataOptions"].update(httpTokens="optional")),
    ),
    (
        "aws-metadata-by-token",
        "aws",
        changed("LaunchTemplate", lambda i: i["metadataOptions"].update(httpPutResponseHopLimit=2)),
    ),
    (
        "gke-metadata-protected",
        "gke",
        changed("NodePool", lambda i: i["nodeConfig"].pop("workloadMetadataConfig")),
    ),
    (
        "gke-no-other-door",
        "gke",
        changed("Cluster", lambda i: i["masterAuthorizedNetworksConfig"].pop("gcpPublicCidrsAccessEnabled")),
    ),
    (
        "gke-no-other-door",
        "gke",
        changed(
            "Cluster", lambda i: i["controlPlaneEndpointsConfig"]["dnsEndpointConfig"].update(allowExternalTraffic=True)
        ),
    ),
    ("google-accounts-own", "gke", changed("NodePool", lambda i: i["nodeConfig"].pop("serviceAccount"))),
    ("google-accounts-own", "gke", changed("Cluster", lambda i: i.pop("nodeConfig"))),
    (
        "gke-no-old-logins",
        "gke",
        changed("Cluster", lambda i: i.update(enableLegacyAbac=True)),
    ),
    ("nothing-else-open", "aws", changed("LoadBalancer", lambda i: i.pop("securityGroups"), name="public")),
    ("nothing-else-open", "gce", changed("Firewall", lambda i: i.pop("sourceTags"), name="kubelet")),
    (
        "gke-no-old-logins",
        "gke",
        changed("Cluster", lambda i: i["masterAuth"].update(username="admin")),
    ),
    (
        "azure-no-passwords",
        "azure",
        changed("VirtualMachine", lambda i: i["osProfile"].update(adminPassword="x")),
    ),
    (
        "azure-no-passwords",
        "azure",
        changed("VirtualMachineScaleSet", lambda i: i["virtualMachineProfile"]["osProfile"].pop("linuxConfiguration")),
    ),
    (
        "azure-subnets-filtered",
        "azure",
        changed("Subnet", lambda i: i.pop("networkSecurityGroup"), name="workers"),
    ),
    (
        "aws-disks-encrypted",
        "aws",
        changed("Instance", lambda i: i["rootBlockDevice"].update(encrypted=False)),
    ),
    ("aws-disks-encrypted", "aws", changed("LaunchTemplate", lambda i: i.pop("blockDeviceMappings"))),
    (
        "azure-disks-managed",
        "azure",
        changed("VirtualMachine", lambda i: i["storageProfile"]["osDisk"].pop("managedDisk")),
    ),
    (
        "google-disks-without-raw-keys",
        "gce",
        changed("Instance", lambda i: i["bootDisk"].update(diskEncryptionKeyRaw="x")),
    ),
    ("identities-narrow", "aws", _policy(_EVERYTHING)),
    ("identities-narrow", "aws", _policy(_ANY_EC2)),
    (
        "identities-narrow",
        "gke",
        changed("IAMMember", lambda i: i.update(role="roles/editor")),
    ),
    (
        "google-accounts-own",
        "gce",
        changed("Instance", lambda i: i["serviceAccount"].update(email="1-compute@developer.gserviceaccount.com")),
    ),
    (
        "identities-narrow",
        "azure",
        added(
            "azure-native:authorization:RoleAssignment",
            {"roleDefinitionId": "/providers/x/8e3af657-a8ff-443c-a75c-2fe8c4bcb635"},
        ),
    ),
    ("everything_that_takes_tags_has_them", "aws", changed("Vpc", lambda i: i.pop("tags"))),
    (
        "everything_that_takes_tags_has_them",
        "aws",
        changed("Instance", lambda i: i["rootBlockDevice"].pop("tags")),
    ),
    ("everything_that_takes_tags_has_them", "azure", changed("NatGateway", lambda i: i.pop("tags"))),
    (
        "everything_that_takes_tags_has_them",
        "gce",
        changed("Instance", lambda i: i["bootDisk"]["initializeParams"].pop("labels")),
    ),
    (
        "everything_that_takes_tags_has_them",
        "gke",
        changed("NodePool", lambda i: i["nodeConfig"].pop("resourceLabels")),
    ),
    ("everything_that_takes_tags_has_them", "packet", changed("Device", lambda i: i.update(tags=["x"]))),
    ("no_secret_is_in_plain_sight", "aws", changed("LaunchTemplate", lambda i: i.update(userData=_PLAIN, x=1))),
    (
        "no_secret_is_in_plain_sight",
        "gce",
        changed("Instance", lambda i: i.update(metadata={"token": "a kubeconfig"})),
    ),
    ("azure-subnets-filtered", "azure", changed("VirtualNetwork", lambda i: i.update(subnets=[{"name": "x"}]))),
    ("the_kubeconfig_is_secret", "azure", lambda program: replace(program, kubeconfig_is_secret=False)),
)
