"""Runs the plugin: ``python -m crosscloud.plugins.kubernetes ENGINE_ADDRESS``."""

from crosscloud.plugins.base import main
from crosscloud.plugins.kubernetes.provider import KubernetesProvider

main(KubernetesProvider())
