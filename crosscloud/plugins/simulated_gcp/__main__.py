"""Serves the simulated Google Cloud to the engine of a rehearsal."""

from crosscloud.plugins.base import main
from crosscloud.plugins.simulated import SimulatedProvider
from crosscloud.plugins.simulated_gcp import resources_gce, resources_gke

#: https://cloud.google.com/compute/docs/troubleshooting/troubleshooting-api-errors
_INTERNAL_ERROR = "googleapi: Error 503: Internal error. Please try again or contact Google Support., backendError"

if __name__ == "__main__":
    main(
        SimulatedProvider(
            "gcp",
            "pulumi_gcp",
            [*resources_gce.RESOURCES, *resources_gke.RESOURCES],
            {**resources_gce.FUNCTIONS, **resources_gke.FUNCTIONS},
            internal_error=_INTERNAL_ERROR,
        )
    )
