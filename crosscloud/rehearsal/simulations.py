"""The clouds that can be rehearsed, and what stands for each: one line a cloud."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from crosscloud import paths
from crosscloud.errors import CrosscloudError


class NoRehearsalError(CrosscloudError):
    """The stack's cloud has no simulation."""


@dataclass(frozen=True)
class Simulation:
    """What stands for a cloud's API.

    ``provider`` is the name of the Pulumi provider, ``package`` the folder in ``crosscloud/plugins`` with the plugin of
    that name. ``defaults`` are settings that a rehearsal makes up where the stack's file leaves them to an account.
    """

    cloud: str
    provider: str
    package: str
    defaults: Mapping[str, Any] = field(default_factory=dict)

    @property
    def folder(self) -> Path:
        """The folder that holds the plugin's executable."""
        return paths.ROOT / "crosscloud" / "plugins" / self.package

    def service(self) -> Any | None:
        """Return the module of what runs beside the plugin (``start(folder)``, ``stop(folder)``), if there is one."""
        return self._module("service")

    def leftovers(self, settings: Mapping[str, Any]) -> Iterator[str]:
        """Yield what is left in the memory of that service, for a stack with these settings.

        It has to be asked within the rehearsal; a plugin's module ``leftovers`` does it, where there is one.
        """
        if module := self._module("leftovers"):
            yield from module.leftovers(settings)

    def _module(self, part: str) -> Any | None:
        name = f"crosscloud.plugins.{self.package}.{part}"
        return import_module(name) if find_spec(name) else None


_GOOGLE = {"gcp:project": "crosscloud-rehearsal"}
SIMULATIONS: dict[str, Simulation] = {
    "aws": Simulation("Amazon Web Services", "aws", "simulated_aws"),
    "azure": Simulation("Microsoft Azure", "azure-native", "simulated_azure_native"),
    "gce": Simulation("Google Compute Engine", "gcp", "simulated_gcp", _GOOGLE),
    "gke": Simulation("Google Kubernetes Engine", "gcp", "simulated_gcp", _GOOGLE),
    "packet": Simulation("Equinix Metal", "equinix-metal", "simulated_equinix_metal"),
}


def simulation_of(cloud: str) -> Simulation:
    """Return what stands for a cloud; raise `NoRehearsalError` where nothing does."""
    if cloud not in SIMULATIONS:
        raise NoRehearsalError(
            f"there is nothing to rehearse for {cloud}: no cloud's API is behind it, so `make up` is the real thing. "
            f"Rehearsed are {', '.join(SIMULATIONS)}"
        )
    found = SIMULATIONS[cloud]
    if not found.folder.is_dir():
        raise NoRehearsalError(f"the simulation of {found.cloud} is missing: {found.folder.relative_to(paths.ROOT)}")
    return found
