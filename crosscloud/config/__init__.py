"""A stack's configuration: one typed schema for all clouds, and errors that say file, line, key and what is allowed."""

from crosscloud.config.advice import warnings
from crosscloud.config.engine import load_from_pulumi
from crosscloud.config.findings import ConfigErrors
from crosscloud.config.loading import load
from crosscloud.config.stacks import (
    AwsStack,
    AzureStack,
    CloudSettings,
    CloudStack,
    ClusterStack,
    ExistingStack,
    GceStack,
    GkeStack,
    LocalStack,
    PacketStack,
    SelfManagedStack,
    Stack,
    StackConfig,
)

__all__ = [
    "AwsStack",
    "AzureStack",
    "CloudSettings",
    "CloudStack",
    "ClusterStack",
    "ConfigErrors",
    "ExistingStack",
    "GceStack",
    "GkeStack",
    "LocalStack",
    "PacketStack",
    "SelfManagedStack",
    "Stack",
    "StackConfig",
    "load",
    "load_from_pulumi",
    "warnings",
]
