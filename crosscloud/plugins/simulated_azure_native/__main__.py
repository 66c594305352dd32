"""Serves the simulated Azure to the engine of a rehearsal."""

from crosscloud.plugins.base import main
from crosscloud.plugins.simulated import SimulatedProvider
from crosscloud.plugins.simulated_azure_native.resources import resources

#: https://learn.microsoft.com/azure/azure-resource-manager/troubleshooting/common-deployment-errors
_INTERNAL_ERROR = (
    'Status=500 Code="InternalServerError" Message="Encountered internal server error. Diagnostic information: '
    "timestamp '20261122T000000Z'\""
)

if __name__ == "__main__":
    main(SimulatedProvider("azure-native", "pulumi_azure_native", resources(), internal_error=_INTERNAL_ERROR))
