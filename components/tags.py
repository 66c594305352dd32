"""The tags (Google says labels) of everything in a cloud that takes them: its cluster, its owner, its expiry."""

import re

import pulumi

from crosscloud.config import CloudSettings

#: Google's longest value of a label, the shortest of the clouds' limits:
#: https://cloud.google.com/resource-manager/docs/labels-overview
_LONGEST = 63


def tags(config: CloudSettings) -> dict[str, str]:
    """Return a stack's tags: cluster, stack, owner, expiry (``none`` where there is none), managed-by, and its own.

    All keys and values keep to Google's rule for labels, the strictest of the clouds'. The stack's own tags come last,
    so that they can say otherwise.
    """
    return {
        "cluster": config.name,
        "stack": label(pulumi.get_stack()),
        "owner": config.owner,
        "expiry": config.expiry or "none",
        "managed-by": "crosscloud",
        **config.tags,
    }


def label(text: str) -> str:
    """Return a text as a label's value: lower case, and a hyphen for what is no letter, digit, hyphen or underscore."""
    return re.sub(r"[^a-z0-9_-]", "-", text.lower())[:_LONGEST]
