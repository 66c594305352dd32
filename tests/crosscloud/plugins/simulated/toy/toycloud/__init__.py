"""An SDK as Pulumi generates them, with three resources."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, Optional

import pulumi

# Forward references, `Optional` and the long form of `super` are what the generated SDKs have.
# ruff: noqa: UP008, UP045


class Protocol(StrEnum):
    TCP = "tcp"
    UDP = "udp"


@pulumi.input_type
class RuleArgs:
    ports: pulumi.Input[Sequence[pulumi.Input[int]]] = pulumi.property("ports")
    protocol: Optional[pulumi.Input["Protocol"]] = pulumi.property("protocol", default=None)


@pulumi.input_type
class NetworkArgs:
    cidr_block: pulumi.Input[str] = pulumi.property("cidrBlock")
    name: Optional[pulumi.Input[str]] = pulumi.property("name", default=None)
    rules: Optional[pulumi.Input[Sequence[pulumi.Input["RuleArgs"]]]] = pulumi.property("rules", default=None)
    tags: Optional[pulumi.Input[Mapping[str, pulumi.Input[str]]]] = pulumi.property("tags", default=None)


@pulumi.input_type
class MetadataOptionsArgs:
    http_tokens: Optional[pulumi.Input[str]] = pulumi.property("httpTokens", default=None)
    hop_limit: Optional[pulumi.Input[int]] = pulumi.property("hopLimit", default=None)


@pulumi.input_type
class MachineArgs:
    network_id: pulumi.Input[str] = pulumi.property("networkId")
    size: pulumi.Input[str] = pulumi.property("size")
    metadata_options: Optional[pulumi.Input["MetadataOptionsArgs"]] = pulumi.property("metadataOptions", default=None)
    tags: Optional[pulumi.Input[Mapping[str, pulumi.Input[str]]]] = pulumi.property("tags", default=None)
    user_data: Optional[pulumi.Input[str]] = pulumi.property("userData", default=None)


@pulumi.input_type
class VolumeArgs:
    size: pulumi.Input[int] = pulumi.property("size")


class Network(pulumi.CustomResource):
    pulumi_type = "toycloud:index/network:Network"
    cidr_block: pulumi.Output[str] = pulumi.property("cidrBlock")
    name: pulumi.Output[str] = pulumi.property("name")
    rules: pulumi.Output[Any] = pulumi.property("rules")
    tags: pulumi.Output[Any] = pulumi.property("tags")
    arn: pulumi.Output[str] = pulumi.property("arn")

    def __init__(self, name: str, inputs: Mapping[str, Any], opts: Optional[pulumi.ResourceOptions] = None) -> None:
        super().__init__(self.pulumi_type, name, {**inputs, "arn": None}, opts)


class Machine(pulumi.CustomResource):
    network_id: pulumi.Output[str] = pulumi.property("networkId")
    size: pulumi.Output[str] = pulumi.property("size")
    user_data: pulumi.Output[str] = pulumi.property("userData")
    address: pulumi.Output[str] = pulumi.property("address")

    def __init__(__self__, name: str, inputs: Mapping[str, Any], opts: Optional[pulumi.ResourceOptions] = None) -> None:  # noqa: N805
        super(Machine, __self__).__init__(
            "toycloud:index/machine:Machine",
            name,
            {**inputs, "address": None},
            opts,
        )


class Volume(pulumi.CustomResource):
    pulumi_type = "toycloud:index/volume:Volume"

    def __init__(self, name: str, inputs: Mapping[str, Any], opts: Optional[pulumi.ResourceOptions] = None) -> None:
        super().__init__(self.pulumi_type, name, inputs, opts)
