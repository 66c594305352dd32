"""The form of the file that says where a release's images come from; `crosscloud.provenance` reads it."""

import json

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from crosscloud.runs.record import Source


class Provenance(BaseModel):
    """The file's content. ``projects`` is keyed by the variables' prefix (``COREDNS``); ``release`` is ``sha256:…``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    collected: AwareDatetime
    channel: str
    gitlab: str
    release: str = Field(pattern=r"^sha256:[0-9a-f]{64}$")
    projects: dict[str, Source]


def render(provenance: Provenance) -> str:
    """Return the text of the file."""
    return json.dumps(provenance.model_dump(mode="json", exclude_none=True), indent=2) + "\n"
