"""What runs beside a simulated plugin, such as the server that keeps the rules of AWS."""

from crosscloud.rehearsal.place import Place
from crosscloud.rehearsal.simulations import Simulation


def start_service(simulation: Simulation, place: Place) -> None:
    """Start what the simulation of a cloud needs, unless it runs; the engine's environment then leads to it."""
    if service := simulation.service():
        place.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        place.remember(service.start(place.folder))


def stop_service(simulation: Simulation, place: Place) -> None:
    """End what `start_service` started; nothing there is no error."""
    if (service := simulation.service()) and place.folder.is_dir():
        service.stop(place.folder)
