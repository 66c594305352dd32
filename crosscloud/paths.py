"""Where things lie: the project's root, and the one git-ignored folder that everything is written to."""

import os
from pathlib import Path

#: The checkout: the folder that holds ``Pulumi.yaml``.
ROOT = Path(__file__).resolve().parent.parent
#: The policy pack that previews and updates are held to.
POLICY = ROOT / "policy"


def project() -> Path:
    """Return the folder of the Pulumi project, with its stack files: ``$CROSSCLOUD_PROJECT``, or the checkout.

    A project of its own keeps stacks outside of the checkout; its ``Pulumi.yaml`` names the checkout as ``main``.
    """
    chosen = os.environ.get("CROSSCLOUD_PROJECT")
    return Path(chosen).resolve() if chosen else ROOT


def home() -> Path:
    """Return the folder for all that crosscloud writes: ``$CROSSCLOUD_HOME``, or ``.crosscloud`` in the checkout.

    Each part of the program keeps to a folder of its own below it (``bin``, ``artifacts``, ``machines``, ``state`` …).
    """
    chosen = os.environ.get("CROSSCLOUD_HOME")
    return Path(chosen).resolve() if chosen else ROOT / ".crosscloud"


def tools() -> Path:
    """Return the folder of the engine and the tools (``bin``, ``pulumi/plugins``): ``$CROSSCLOUD_TOOLS``, or `home`.

    The runner image has them where nobody writes, apart from what a stack keeps.
    """
    chosen = os.environ.get("CROSSCLOUD_TOOLS")
    return Path(chosen).resolve() if chosen else home()
