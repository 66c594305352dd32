"""Apply what was reviewed: what a preview was made of, kept as digests, and compared again before anything is changed.

then = record(stack)                     # before the preview; `then.save(file)` goes with it
now = record(stack, like=then)           # before the update
moved(then, now)                         # ["config: crosscloud:workers.count was changed"]
"""

from crosscloud.review.model import MovedError, Part, Review, ReviewError, moved
from crosscloud.review.recording import record

__all__ = ["MovedError", "Part", "Review", "ReviewError", "moved", "record"]
