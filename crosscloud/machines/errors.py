"""The failures of machines, networks and load balancers."""

from crosscloud.errors import CrosscloudError


class MachineError(CrosscloudError):
    """A machine, a network, a load balancer or their image could not be made, changed or removed."""
