"""A simulated cloud of two types, as the plugins of clouds are written."""

from collections.abc import Iterator, Mapping
from ipaddress import IPv4Network
from typing import Any

from crosscloud.plugins.base import UNKNOWN, Call, CheckFailure, Values, main
from crosscloud.plugins.simulated import RecordedResource, SimulatedProvider, faults


class Network(RecordedResource):
    sdk = "toycloud:Network"
    computed = ("arn",)
    replace_on = frozenset({"cidrBlock", "name"})
    autoname = "name"
    unique = ("name",)

    def rules(self, _call: Call, new: Values) -> Iterator[CheckFailure]:
        if new["cidrBlock"] is not UNKNOWN and IPv4Network(new["cidrBlock"]).prefixlen < 16:
            yield CheckFailure("cidrBlock", "is larger than a /16")

    def identify(self, _call: Call, inputs: Values) -> str:
        return f"networks/{inputs['name']}"

    def outputs(self, _call: Call, resource_id: str, _inputs: Values) -> Mapping[str, Any]:
        return {"arn": f"arn:{resource_id}"}


class Machine(RecordedResource):
    sdk = "toycloud:Machine"
    computed = ("address",)
    replace_on = frozenset({"networkId", "size"})
    references = {"networkId": "Network"}  # noqa: RUF012

    def make(self, call: Call, inputs: Values) -> tuple[str, Mapping[str, Any]]:
        faults.capacity("zone-a", "NoCapacity: there are no machines of that size in zone-a")
        return super().make(call, inputs)

    def outputs(self, _call: Call, _id: str, _inputs: Values) -> Mapping[str, Any]:
        return {"address": "10.0.0.4"}


if __name__ == "__main__":
    images = {"toycloud:index/getImage:getImage": lambda _call, arguments: {"id": f"image-{arguments['name']}"}}
    main(SimulatedProvider("toycloud", "toycloud", [Network(), Machine()], images))
