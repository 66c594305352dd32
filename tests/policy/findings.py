"""What the policy pack finds when the genuine engine previews something."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

#: How the engine marks colours in its events.
_COLOURS = re.compile(r"<\{%[^%]*%\}>")


@dataclass(frozen=True)
class Found:
    """A finding: the rule, its level, the name of the resource, and the message."""

    rule: str
    level: str
    resource: str
    message: str


def findings(log: Path) -> list[Found]:
    """Return the findings in a log of the engine's events (``--event-log``)."""
    events: list[dict[str, Any]] = [json.loads(line) for line in log.read_text().splitlines()]
    return [
        Found(
            each["policyName"],
            each["enforcementLevel"],
            each.get("resourceUrn", "").rpartition("::")[2],
            _COLOURS.sub("", each["message"]).strip(),
        )
        for each in (event["policyEvent"] for event in events if "policyEvent" in event)
    ]
