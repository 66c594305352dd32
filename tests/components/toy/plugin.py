"""The toy cloud's plugin: what it makes exists in the state alone, so that the genuine engine can plan with it."""

import uuid
from collections.abc import Mapping
from typing import Any

from crosscloud.plugins.base import UNKNOWN, Call, Provider, Resource, Values, main


class Thing(Resource):
    """Another size, user-data or zone is another machine."""

    replace_on = ("size", "userData", "zone")

    def create(self, call: Call, inputs: Values) -> tuple[str, Mapping[str, Any]]:
        if call.preview:
            return "", {**inputs, "address": UNKNOWN}
        return uuid.uuid4().hex, {**inputs, "address": "10.0.0.9"}

    def read(self, _call: Call, _id: str, _inputs: Values, outputs: Values) -> Mapping[str, Any] | None:
        return outputs

    def update(
        self, _call: Call, _id: str, _old_inputs: Values, old_outputs: Values, new_inputs: Values
    ) -> Mapping[str, Any]:
        return {**old_outputs, **new_inputs}

    def delete(self, _call: Call, _id: str, _inputs: Values, _outputs: Values) -> None:
        return


if __name__ == "__main__":
    main(Provider("toy", "0.1.0", {f"toy:index:{kind}": Thing() for kind in ("Balancer", "Machine", "Group")}))
