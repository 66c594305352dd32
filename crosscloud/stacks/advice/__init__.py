"""What to do about an ``up`` that failed: what failed, of which size, in which zone, and what else to try.

The engine writes its events to a file; the errors among them are matched against what is known of each cloud. That is
``<cloud>.yaml`` in this folder, a list of

    - match: "InsufficientInstanceCapacity.*capacity for (?P<size>[a-z0-9.]+)"  # a regular expression, in the error
      says: "AWS has no {size} left in {zone}."           # {size}, {zone}, {resource}, {stack}, and the named groups
      try:                                                # what to do, the most promising first
        - "leave {zone} out of crosscloud:aws.zones"
      source: https://docs.aws.amazon.com/…               # where the error is described

The first entry that matches counts; ``common.yaml`` comes after the cloud's own. A step that names a field of which
nothing is known is left out. What the error does not name of ``size`` and ``zone`` is taken from the inputs of
the resource that failed, and the size at last from the stack's configuration.
"""

from crosscloud.stacks.advice.telling import advised

__all__ = ["advised"]
