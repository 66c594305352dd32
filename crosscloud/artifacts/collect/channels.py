"""The channels of a release: sets of branches that are tested together."""

from typing import Literal, get_args

Channel = Literal["stable", "head", "alpha"]
CHANNELS: tuple[Channel, ...] = get_args(Channel)
