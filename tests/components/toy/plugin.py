"""The toy cloud's plugin: what it makes exists in the state alone, so that the genuine engine can plan with it."""

import os
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from crosscloud.plugins.base import UNKNOWN, Call, Provider, Resource, Values, main


def note(call: Call, what: str) -> None:
    """Write what happens to a resource, and when, to the file that ``$TOY_NOTES`` names."""
    if file := os.environ.get("TOY_NOTES"):
        with Path(file).open("a") as notes:
            notes.write(f"{what} {call.type.rpartition(':')[2]} {call.name}\n")


class Thing(Resource):
    """Another size, user-data or zone is another machine."""

    replace_on = ("size", "userData", "zone")

    def create(self, call: Call, inputs: Values) -> tuple[str, Mapping[str, Any]]:
        if call.preview:
            return "", {**inputs, "address": UNKNOWN}
        note(call, "create")
        return uuid.uuid4().hex, {**inputs, "address": "10.0.0.9"}

    def read(self, _call: Call, _id: str, _inputs: Values, outputs: Values) -> Mapping[str, Any] | None:
        return outputs

    def update(
        self, call: Call, _id: str, _old_inputs: Values, old_outputs: Values, new_inputs: Values
    ) -> Mapping[str, Any]:
        if not call.preview:
            note(call, "update")
        return {**old_outputs, **new_inputs}

    def delete(self, call: Call, _id: str, _inputs: Values, _outputs: Values) -> None:
        note(call, "delete")


if __name__ == "__main__":
    main(Provider("toy", "0.1.0", {f"toy:index:{kind}": Thing() for kind in ("Balancer", "Machine", "Group")}))
