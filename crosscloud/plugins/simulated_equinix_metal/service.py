"""What runs beside the plugin: the metros' routers, which the plugin starts itself; they end with their networks."""

from pathlib import Path

from crosscloud.plugins.simulated_equinix_metal import routers


def start(_folder: Path) -> dict[str, str]:
    """Start nothing: routers come with the first device of their metro."""
    return {}


def stop(folder: Path) -> None:
    """End the routers of a rehearsal; none there is no error."""
    routers.stop_all(folder)
