"""The types and functions of Compute Engine that rehearsals model."""

from collections.abc import Mapping, Sequence

from crosscloud.plugins.simulated import SimulatedResource
from crosscloud.plugins.simulated.provider import Function

#: One object a type.
RESOURCES: Sequence[SimulatedResource] = ()
#: What answers a function, by its token: "gcp:compute/getZones:getZones".
FUNCTIONS: Mapping[str, Function] = {}
