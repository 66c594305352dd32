"""How the engine is asked for a part of a stack."""

#: The resources that wait for a cluster that answers.
_WAITING = ("crosscloud:index:ClusterAccess", "crosscloud:index:Node", "crosscloud:index:NodeGroup")


def without_cluster() -> tuple[str, ...]:
    """Return the arguments that leave out what needs a cluster that answers, for rehearsals without machines."""
    return (*(f"--exclude=**{kind}::**" for kind in _WAITING), "--exclude-dependents")
