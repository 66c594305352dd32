"""The checks, in the order in which they are shown. Adding a project is adding a line here."""

from crosscloud.e2e.checks import alerts, dns, images, network, node_metrics, nodes, prometheus
from crosscloud.e2e.model import Check

CHECKS: tuple[Check, ...] = (
    nodes.CHECK,
    images.CHECK,
    network.CHECK,
    dns.CHECK,
    prometheus.TARGETS,
    prometheus.QUERIES,
    node_metrics.CHECK,
    alerts.CHECK,
)
