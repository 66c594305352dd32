"""What can be made to go wrong in the first ``up`` of a rehearsal, on request."""

from dataclasses import dataclass

from crosscloud.errors import CrosscloudError


class UnknownFaultError(CrosscloudError):
    """There is no such fault."""


class NoFailureError(CrosscloudError):
    """The fault was there, and ``up`` did not notice."""


@dataclass(frozen=True)
class Fault:
    """A fault as it was asked for (``no-capacity=us-east-1a``), and what it is in words."""

    text: str
    says: str


FAULTS = {
    "no-capacity": "the cloud has no machine of the asked size left (in that zone, or in all)",
    "api-error": "the cloud's API answers one request in the middle with an error of its own",
    "no-boot": "the first machine is made and never boots",
    "slow-load-balancer": "the load balancer leads nowhere for longer than `up` waits for it",
    "engine-crash": "the engine is killed in the middle of its work",
}
#: Those for which it matters how long `up` waits: in minutes, so that nobody waits as long as a cloud deserves.
BOOT_MINUTES = {"no-boot": 1, "slow-load-balancer": 1}
#: The only fault with something after a ``=``.
_WITH_ZONE = "no-capacity"


def parse(text: str) -> Fault:
    """Read a fault as the command line gives it; raise `UnknownFaultError` with what there is."""
    name, equals, zone = text.partition("=")
    if name not in FAULTS or (equals and (name != _WITH_ZONE or not zone)):
        listed = "\n".join(f"  {each:<20}{says}" for each, says in FAULTS.items())
        raise UnknownFaultError(
            f"there is no fault {text!r}; there are\n{listed}\nno-capacity may name a zone: no-capacity=us-east-1a"
        )
    says = FAULTS[name]
    return Fault(text, f"{says.partition(' (')[0]} in {zone}" if zone else says)


def boot_minutes(fault: Fault | None) -> int | None:
    """Return how many minutes a machine may take to boot under a fault, if that fault makes it matter."""
    return BOOT_MINUTES.get(fault.text.partition("=")[0]) if fault else None
