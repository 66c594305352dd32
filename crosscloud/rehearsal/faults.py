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

    @property
    def name(self) -> str:
        """The fault without its zone."""
        return self.text.partition("=")[0]

    @property
    def may_pass(self) -> bool:
        """Tell whether `up` may also get through by waiting, which is the right thing to do about slowness."""
        return self.name == "slow-load-balancer"


FAULTS = {
    "no-capacity": "the cloud has no machine of the asked size left (in that zone, or in all)",
    "api-error": "the cloud's API answers one request in the middle with an error of its own",
    "no-boot": "the first machine is made and never boots",
    "slow-load-balancer": "every load balancer takes a minute before it is there",
    "engine-crash": "the engine is killed in the middle of its work",
}
#: Those that `up` notices by waiting in vain: for how many minutes, less than a cloud deserves.
BOOT_MINUTES = {"no-boot": 1}
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
    return BOOT_MINUTES.get(fault.name) if fault else None
