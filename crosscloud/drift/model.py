"""What was found of a stack that drifted."""

from dataclasses import dataclass

from crosscloud.preview.model import Change, Preview


@dataclass(frozen=True)
class Drift:
    """What an update would do about a stack as it is in the cloud, and what of that was changed behind its back.

    ``seen`` are resources as the cloud has them: ``delete`` for one that is gone, ``update`` with the properties that
    are not as they were. ``preview`` is of the stack's file and program against what the cloud has.
    """

    seen: tuple[Change, ...]
    preview: Preview

    @property
    def stack(self) -> str:
        """The stack's name."""
        return self.preview.stack

    @property
    def drifts(self) -> bool:
        """Whether an update would change something. What a cloud sets by itself and nobody asked for is no drift."""
        return bool(self.preview.changed)

    @property
    def behind(self) -> list[Change]:
        """What was changed behind the stack's back, as far as an update would put it back."""
        ours = {change.urn for change in self.preview.changed}
        return [change for change in self.seen if change.urn in ours]

    @property
    def unapplied(self) -> list[Change]:
        """What differs although the cloud is as the state has it: the stack's file or program was not applied."""
        seen = {change.urn for change in self.seen}
        return [change for change in self.preview.changed if change.urn not in seen]
