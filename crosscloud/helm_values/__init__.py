"""A release, turned into helm values: one module and one function per project that is deployed by helm.

Each module offers ``DEPLOYMENT`` (which chart, under which name, in which namespace), ``images(release)`` (what it
runs) and ``values(release, config)`` (what the chart is given), the same for the upstream chart and the bundled one.
"""

from crosscloud.helm_values import coredns, prometheus
from crosscloud.helm_values.deployment import Deployment, HelmProject

#: The projects that the cross-project stage deploys, in the order in which they are shown. One line adds a project.
PROJECTS: tuple[HelmProject, ...] = (coredns, prometheus)

__all__ = ["PROJECTS", "Deployment", "HelmProject", "coredns", "prometheus"]
