"""How the engine is asked for a part of a stack."""

#: The resources that wait for a cluster; what they give is needed by everything inside of it.
_WAITING = ("crosscloud:index:ClusterAccess", "crosscloud:index:Node", "crosscloud:index:NodeGroup")


def without_cluster() -> tuple[str, ...]:
    """Return the arguments that leave out what needs a cluster that answers, for rehearsals without machines."""
    patterns = [f"--exclude=**{kind}::**" for kind in _WAITING]
    return (*patterns, "--exclude-dependents")
