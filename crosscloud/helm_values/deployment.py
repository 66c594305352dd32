"""What one project's module says about itself: its chart, and where its helm release lives."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from crosscloud.config import StackConfig
    from crosscloud.release import Image, Release


@dataclass(frozen=True)
class Deployment:
    """A chart, pinned, and the helm release made of it.

    ``chart`` is the chart's name in ``repository`` and the name of its folder among the bundled ones; ``version`` is
    the upstream version that the values were tried with. ``name`` and ``namespace`` are those of the helm release.
    """

    name: str
    namespace: str
    chart: str
    repository: str
    version: str
    #: Whether the namespace is made (and removed) with the release; ``kube-system`` is there in any cluster.
    own_namespace: bool = False


class HelmProject(Protocol):
    """The shape of a module in this package."""

    @property
    def DEPLOYMENT(self) -> Deployment:  # noqa: N802 - a module's constant, seen as a property
        """The chart, and the helm release made of it."""

    def images(self, release: "Release", /) -> "dict[str, Image]":
        """Return the images of the release that this project runs, by the name that the release file gives them."""

    def values(self, release: "Release", config: "StackConfig", /) -> dict[str, Any]:
        """Return the chart's values: plain JSON types, never a null."""
