"""Autoscale settings: limits for a scale set. The rehearsal keeps them, and never finds a reason to scale."""

from collections.abc import Iterator, Mapping
from typing import Any

from crosscloud.plugins.base import UNKNOWN, Call, CheckFailure, PluginError, Values
from crosscloud.plugins.simulated_azure_native.base import AzureResource


class AutoscaleSetting(AzureResource):
    """Limits and rules for the number of machines of a scale set."""

    sdk = "pulumi_azure_native.monitor:AutoscaleSetting"
    namespace, named = "Microsoft.Insights/autoscaleSettings", "autoscaleSettingName"
    computed = (*AzureResource.computed, "systemData")
    unmodelled = ("notifications", "predictiveAutoscalePolicy")

    def make(self, call: Call, inputs: Values) -> tuple[str, Mapping[str, Any]]:
        """Its set has to be there now; Azure lets it go later, and leaves settings that lead nowhere."""
        if self.cloud.get("VirtualMachineScaleSet", inputs["targetResourceUri"]) is None:
            raise PluginError(
                self.missing(call, "targetResourceUri", "VirtualMachineScaleSet", inputs["targetResourceUri"])
            )
        return super().make(call, inputs)

    def rules(self, call: Call, new: Values) -> Iterator[CheckFailure]:
        """Hold each profile's limits to each other."""
        yield from super().rules(call, new)
        for index, profile in enumerate(new.get("profiles") or []):
            yield from _limits(f"profiles[{index}].capacity", profile.get("capacity") or {})


def _limits(path: str, capacity: Mapping[str, Any]) -> Iterator[CheckFailure]:
    values = [capacity.get(name) for name in ("minimum", "default", "maximum")]
    if UNKNOWN in values:
        return
    if not all(str(value).isdigit() for value in values):
        yield CheckFailure(path, f"{values}: whole numbers, as texts, are allowed")
        return
    fewest, usual, most = (int(str(value)) for value in values)
    if not fewest <= usual <= most:
        wrong = f"minimum {fewest}, default {usual}, maximum {most}: minimum ≤ default ≤ maximum is allowed"
        yield CheckFailure(path, wrong)
