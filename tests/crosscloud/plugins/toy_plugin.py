"""A plugin with one resource, which the tests of the base run as a process of its own."""

import sys
import time
from collections.abc import Mapping
from typing import Any

from crosscloud.plugins.base import (
    UNKNOWN,
    Call,
    CheckFailure,
    PartialFailure,
    PluginError,
    Provider,
    Resource,
    Secret,
    Values,
    main,
)


class Toy(Resource):
    """Does what its input ``act`` says."""

    replace_on = frozenset({"name"})

    def check(self, _call: Call, _old: Values, new: Values) -> tuple[Mapping[str, Any], list[CheckFailure]]:
        failures = [CheckFailure("size", "must be 1 to 9")] if new.get("size") == 0 else []
        return {**new, "filled": "in"}, failures

    def create(self, call: Call, inputs: Values) -> tuple[str, Mapping[str, Any]]:
        if call.preview:
            return "", {**inputs, "made": UNKNOWN}
        act = inputs.get("act")
        if act == "sleep":
            time.sleep(60)
        if act == "crash":
            raise ValueError("boom")
        if act == "refuse":
            raise PluginError("the toy is broken: mend it")
        outputs = {**inputs, "made": Secret("inside"), "size": inputs.get("size", 0)}
        if act == "half":
            raise PartialFailure("toy-1", outputs, ["a wheel is missing", "the paint is wet"])
        return "toy-1", outputs

    def read(self, _call: Call, resource_id: str, _inputs: Values, outputs: Values) -> Mapping[str, Any] | None:
        return None if resource_id == "gone" else outputs

    def update(
        self, _call: Call, _id: str, _old_inputs: Values, old_outputs: Values, new_inputs: Values
    ) -> Mapping[str, Any]:
        return {**old_outputs, **new_inputs}

    def delete(self, _call: Call, _id: str, _inputs: Values, _outputs: Values) -> None:
        return


class ToyProvider(Provider):
    """Says goodbye where a test can see it."""

    def close(self) -> None:
        sys.stderr.write("closed\n")
        sys.stderr.flush()


if __name__ == "__main__":
    main(ToyProvider("toy", "1.0.0", {"toy:index:Toy": Toy()}))
