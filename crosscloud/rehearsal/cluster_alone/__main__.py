"""The checkout's own program for rehearsals without machines: the same, but nothing is deployed into the cluster.

Leaving that out by the engine's ``--exclude`` would not do: a provider is made in any case, and its state would refer
to the kubeconfig of a cluster that was left out.
"""

import runpy
import sys
from pathlib import Path
from types import ModuleType

_ROOT = Path(__file__).resolve().parents[3]


class CrossProject:
    """Stands in for what is deployed."""

    prometheus = None

    def __init__(self, *_: object) -> None:
        """Deploy nothing."""


stand_in = ModuleType("components.cross_project")
stand_in.CrossProject = CrossProject  # type: ignore[attr-defined]
sys.modules[stand_in.__name__] = stand_in
sys.path.insert(0, str(_ROOT))
runpy.run_path(str(_ROOT / "__main__.py"), run_name="__main__")
