"""The base of the simulated clouds. How to write a plugin:

    from crosscloud.plugins.base import main
    from crosscloud.plugins.simulated import Allow, RecordedResource, SimulatedProvider, data, fabric, faults

    class Subnet(RecordedResource):          # its record is kept; a SimulatedResource keeps nothing by itself
        sdk = "pulumi_azure_native.network:Subnet"       # gives its token, its inputs and their types
        computed = ("etag",)                 # not known in a preview of its creation
        replace_on = frozenset({"subnetName"})
        references = {"networkSecurityGroup.id": "NetworkSecurityGroup"}     # that record has to exist
        unique = ("subnetName",)
        def rules(self, call, new): ...      # yield CheckFailure(path, reason): more than types
        def identify(self, call, inputs): return f"/subscriptions/…/{inputs['subnetName']}"
        def make(self, call, inputs):        # what happens on the host, idempotent by key
            made, outputs = super().make(call, inputs)
            fabric.network(made, outputs["addressPrefix"])
            return made, outputs

    main(SimulatedProvider("azure-native", "pulumi_azure_native", [Subnet(), …], {"azure-native:…:getX": answer}))

A test holds each class to its SDK: ``assert not list(declared(Subnet()))``.
"""

from crosscloud.plugins.simulated import fabric, faults, rehearsal
from crosscloud.plugins.simulated.cloud import Cloud, Record
from crosscloud.plugins.simulated.fabric import OPERATOR, Allow
from crosscloud.plugins.simulated.machine import RecordedMachine
from crosscloud.plugins.simulated.provider import SimulatedProvider
from crosscloud.plugins.simulated.recorded import RecordedResource, declared
from crosscloud.plugins.simulated.resource import SimulatedResource
from crosscloud.plugins.simulated.schema import describe
from crosscloud.plugins.simulated.tables import data
from crosscloud.plugins.simulated.values import at

__all__ = [
    "OPERATOR",
    "Allow",
    "Cloud",
    "Record",
    "RecordedMachine",
    "RecordedResource",
    "SimulatedProvider",
    "SimulatedResource",
    "at",
    "data",
    "declared",
    "describe",
    "fabric",
    "faults",
    "rehearsal",
]
