"""What a rehearsal has on this host and in the simulated cloud's memory."""

from crosscloud.plugins.simulated.cloud import Cloud
from crosscloud.rehearsal.place import Place


def things(place: Place) -> list[str]:
    """Return one line for each thing of a rehearsal that is there: empty after a destroy that forgot nothing."""
    return [f"{record} in the simulated cloud" for record in Cloud(place.folder / "cloud").records()]


def purge(_place: Place) -> list[str]:
    """Remove everything of a rehearsal from this host, and say what was removed."""
    return []
