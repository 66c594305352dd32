"""Where things lie: the project's root, and the one git-ignored folder that everything is written to."""

import os
from pathlib import Path

#: The checkout: the folder that holds ``Pulumi.yaml``.
ROOT = Path(__file__).resolve().parent.parent


def home() -> Path:
    """Return the folder for everything that crosscloud writes: ``$CROSSCLOUD_HOME``, or ``.crosscloud`` in the checkout.

    Each part of the program keeps to a folder of its own below it (``bin``, ``artifacts``, ``machines``, ``state`` …).
    """
    chosen = os.environ.get("CROSSCLOUD_HOME")
    return Path(chosen).resolve() if chosen else ROOT / ".crosscloud"
