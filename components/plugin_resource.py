"""What the types of our own provider plugin share, as Pulumi resources."""

import re
from collections.abc import Mapping, Sequence

import pulumi
from pulumi import Input, ResourceOptions

#: Resources whose removal is a matter of seconds still wait for what may take minutes: machines boot, pods are evicted.
_TIMEOUTS = pulumi.CustomTimeouts(create="15m", delete="5m")


class PluginResource(pulumi.CustomResource):
    """A resource of our own plugin; ``kind`` is its type, ``outputs`` are those that its inputs do not name."""

    def __init__(
        self, kind: str, name: str, inputs: Mapping[str, Input[object]], outputs: Sequence[str], opts: ResourceOptions
    ) -> None:
        """Register it, with ``inputs`` by their names in Python."""
        # An output has to be named among the properties to be read afterwards, with no value of its own.
        properties = {**dict.fromkeys(outputs), **inputs}
        defaults = ResourceOptions(custom_timeouts=_TIMEOUTS)
        super().__init__(f"crosscloud:index:{kind}", name, properties, ResourceOptions.merge(defaults, opts))

    def translate_input_property(self, prop: str) -> str:
        """Give the plugin's names to Python's: ``user_data`` is ``userData``."""
        return re.sub(r"_([a-z])", lambda match: match[1].upper(), prop)

    def translate_output_property(self, prop: str) -> str:
        """Give Python's names to the plugin's: ``bootLog`` is ``boot_log``."""
        return re.sub(r"([A-Z])", lambda match: f"_{match[1].lower()}", prop)
